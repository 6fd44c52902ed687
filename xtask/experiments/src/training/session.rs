//! One cell while it trains: its weights, the best of them so far, and what was seen.

use std::time::Instant;

use recurra_train::checkpoint::{self, Best, Checkpoint};
use recurra_train::{LossScaler, SequenceModel, SequenceWindow, StepReport, TruncatedBptt};

use super::{History, Measures, Plan, Reading, Trained};
use crate::cells::CellKind;
use crate::error::Error;
use crate::metrics::Line;

/// The sections of a checkpoint that are a session's besides its training's.
const BEST: &str = "best";
const HISTORY: &str = "history";

const VALIDATED: &str = "training ends with a validation";

/// One cell in training under one seed.
pub struct Session<M: SequenceModel> {
    cell: CellKind,
    pub seed: u64,
    variant: String,
    measures: Measures,
    pub plan: Plan,
    training: TruncatedBptt<M>,
    /// The weights of the best validation so far.
    best: Option<M>,
    pub history: History,
}

/// What a session does not measure itself; the fields are those of [`Trained`].
pub struct Facts {
    pub parameters: usize,
    pub seconds: f64,
    pub peak_bytes: usize,
}

impl<M: SequenceModel> Session<M> {
    /// Begins a session.
    pub fn new(
        (cell, seed, variant): (CellKind, u64, &str),
        (measures, plan): (Measures, Plan),
        training: TruncatedBptt<M>,
    ) -> Self {
        Self {
            cell,
            seed,
            variant: variant.to_owned(),
            measures,
            plan,
            training,
            best: None,
            history: History::default(),
        }
    }

    /// Its name among those of a run: `lstm-1`, or `lstm-1-VARIANT`.
    pub fn name(&self) -> String {
        let (cell, seed) = (self.cell.name(), self.seed);
        match self.variant.as_str() {
            "" => format!("{cell}-{seed}"),
            variant => format!("{cell}-{seed}-{variant}"),
        }
    }

    /// Its name to be read: `lstm seed 1`.
    pub fn label(&self) -> String {
        format!("{} seed {}", self.trained(), self.seed)
    }

    /// Cell and variant, as a line of `metrics.jsonl` names them.
    fn trained(&self) -> String {
        match self.variant.as_str() {
            "" => self.cell.name().to_owned(),
            variant => format!("{}-{variant}", self.cell.name()),
        }
    }

    /// Writes down weights, optimiser, carried state and generators, the weights of the best validation, and the history.
    pub fn record(&self, checkpoint: &mut Checkpoint) -> Result<(), Error> {
        self.training.record(checkpoint)?;
        if let Some(best) = &self.best {
            checkpoint.set_tensors(BEST, checkpoint::parameters(best))?;
        }
        checkpoint.set_value(HISTORY, &self.history)?;
        Ok(())
    }

    /// Goes on from what was recorded.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let history: History = checkpoint.value(HISTORY)?;
        self.training.restore(checkpoint)?;
        self.best = match history.best {
            Some(_) => {
                let weights = checkpoint.tensors(BEST)?;
                Some(checkpoint::set_parameters(self.model(), weights)?)
            }
            None => None,
        };
        self.history = history;
        Ok(())
    }

    /// The model of now, for use: with averaged weights once they are averaged.
    pub fn model(&self) -> M {
        self.training.model_for_use()
    }

    /// Whether [`model`](Self::model) has averaged weights.
    pub fn is_averaging(&self) -> bool {
        self.training.is_averaging()
    }

    /// How many steps have changed the weights.
    pub fn updates(&self) -> usize {
        self.training.updates()
    }

    /// How many steps have not changed the weights, because loss or gradients were not finite.
    pub fn skipped(&self) -> usize {
        self.training.steps() - self.training.updates()
    }

    /// What losses are scaled by, where they are.
    pub fn loss_scale(&self) -> Option<f64> {
        self.training.scaler().map(LossScaler::scale)
    }

    /// Makes a step.
    pub fn step(
        &mut self,
        reading: &Reading<M::Window>,
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        let begun = Instant::now();
        if reading.begins {
            self.training.reset_state();
        }
        let report = self
            .training
            .train_windows(&reading.windows, learning_rate)?;
        let read = reading.windows.iter().map(M::Window::valid_steps).sum();
        self.history.add(report.loss, read, begun.elapsed());
        Ok(report)
    }

    /// Keeps `model` if its validation after `step` is the best so far.
    pub fn judge(&mut self, step: usize, valid: f64, model: M) {
        self.history.valid.push((step, valid));
        self.training.observe_validation(match self.measures.best {
            Best::Lowest => valid,
            Best::Highest => -valid,
        });
        if self.is_averaging() {
            self.history.averaged_from.get_or_insert(step);
        }
        let is_best = |best| self.measures.is_better(valid, best);
        if self.history.best.is_none_or(is_best) {
            self.history.best = Some(valid);
            self.best = Some(model);
        }
    }

    /// A line of `metrics.jsonl` about `step`.
    pub fn line(&self, step: usize) -> Line {
        let line = Line::new(&self.trained(), self.seed, step);
        match self.plan.epoch_of(step) {
            Some(epoch) => line.with("epoch", epoch),
            None => line,
        }
    }

    /// What the session came to, after at least one validation: the best model, and the facts.
    pub fn end(self, facts: Facts) -> (M, Trained) {
        let trained = Trained {
            cell: self.cell,
            seed: self.seed,
            measures: self.measures,
            plan: self.plan,
            parameters: facts.parameters,
            valid: self.history.best.expect(VALIDATED),
            seconds: facts.seconds,
            peak_bytes: facts.peak_bytes,
            skipped: self.skipped(),
            history: self.history,
        };
        (self.best.expect(VALIDATED), trained)
    }
}
