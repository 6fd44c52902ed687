//! A training as sections of a checkpoint, and back.

use recurra_cells::{NetworkState, RecurrentState, SeededRng};
use serde::{Deserialize, Serialize};

use super::diagnosis::Skipped;
use super::{Averaging, TruncatedBptt};
use crate::checkpoint::{self, Checkpoint};
use crate::{
    Error, LossScaler, LossScalerState, NonMonotonicTrigger, Optimizer, SequenceModel,
    WeightAverage, cast_weights,
};

/// The sections of a checkpoint that are a training's.
const MODEL: &str = "model";
const OPTIMIZER: &str = "optimizer";
const AVERAGE: &str = "average";
const STATE: &str = "state";
const TRAINING: &str = "training";

/// The values that a training goes on from.
#[derive(Serialize, Deserialize)]
struct Progress {
    steps: usize,
    updates: usize,
    skipped: Skipped,
    rng: SeededRng,
    /// `B` of the carried state, if there is one.
    batch_size: Option<usize>,
    averaging: Option<AveragingProgress>,
    scaler: Option<LossScalerState>,
}

/// An averaging, but for the averages.
#[derive(Serialize, Deserialize)]
struct AveragingProgress {
    trigger: NonMonotonicTrigger,
    updates: usize,
}

impl<M: SequenceModel> TruncatedBptt<M> {
    /// Writes down all that [`restore`](Self::restore) needs: weights, what the optimiser remembers, averaged weights, the
    /// carried state, the generator, and the counts of steps.
    ///
    /// # Errors
    ///
    /// If something of it cannot be stored.
    pub fn record(&self, checkpoint: &mut Checkpoint) -> Result<(), Error> {
        let model = self.model();
        checkpoint.set_tensors(MODEL, checkpoint::parameters(model))?;
        if let Optimizer::Adam(adam) = &self.optimizer {
            checkpoint.set_tensors(OPTIMIZER, checkpoint::adam_tensors(model, adam.moments())?)?;
        }
        if let Some(Averaging { average, .. }) = &self.averaging {
            checkpoint.set_tensors(AVERAGE, checkpoint::named(model, average.means())?)?;
        }
        if let Some(state) = &self.state {
            checkpoint.set_tensors(STATE, checkpoint::network_state_tensors(state))?;
        }
        checkpoint.set_value(TRAINING, &self.progress())
    }

    fn progress(&self) -> Progress {
        Progress {
            steps: self.steps,
            updates: self.updates,
            skipped: self.skipped.clone(),
            rng: self.rng.clone(),
            batch_size: self.state.as_ref().and_then(batch_size),
            averaging: self.averaging.as_ref().map(|averaging| AveragingProgress {
                trigger: averaging.trigger.clone(),
                updates: averaging.average.updates(),
            }),
            scaler: self.scaler.as_ref().map(LossScaler::state),
        }
    }

    /// Goes on from what [`record`](Self::record) has written, bit for bit, on the model's device. The model and the
    /// configuration must be those of the recorded training, whatever the weights are.
    ///
    /// # Errors
    ///
    /// If a section is missing or does not fit the model; everything is then as it was.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let progress: Progress = checkpoint.value(TRAINING)?;
        let model = checkpoint::set_parameters(self.model().clone(), checkpoint.tensors(MODEL)?)?;
        let state = match progress.batch_size {
            Some(batch_size) => {
                let tensors = checkpoint.tensors(STATE)?;
                let cast = cast_weights(model.clone(), self.config.precision);
                let like = cast.initial_state(batch_size);
                Some(checkpoint::set_network_state(like, tensors)?)
            }
            None => None,
        };
        let averaging = match progress.averaging {
            Some(AveragingProgress { trigger, updates }) => {
                let means = checkpoint::identified(&model, checkpoint.tensors(AVERAGE)?)?;
                let average = WeightAverage::restore(updates, means);
                Some(Averaging { trigger, average })
            }
            None => None,
        };
        let mut scaler = self.scaler.clone();
        if let (Some(scaler), Some(state)) = (&mut scaler, progress.scaler) {
            scaler.set_state(state)?;
        }
        if let Optimizer::Adam(adam) = &mut self.optimizer {
            let tensors = checkpoint.tensors(OPTIMIZER)?;
            adam.set_moments(checkpoint::adam_moments(&model, tensors)?);
        }
        self.model = Some(model);
        self.state = state;
        self.averaging = averaging;
        self.scaler = scaler;
        self.rng = progress.rng;
        self.steps = progress.steps;
        self.updates = progress.updates;
        self.skipped = progress.skipped;
        Ok(())
    }
}

/// `B` of a network's state.
fn batch_size<S: RecurrentState>(state: &NetworkState<S>) -> Option<usize> {
    let state = state.states().next()?;
    Some(state.hidden().dims()[0])
}
