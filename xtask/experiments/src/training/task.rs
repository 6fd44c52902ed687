//! What a training is told.

use burn::tensor::Device;
use recurra_cells::SeededRng;
use recurra_train::checkpoint::Best;
use recurra_train::{SequenceModel, TrainingConfig};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cells::CellKind;
use crate::error::Error;

/// One cell's training: the model, what it reads, and how it is judged.
pub trait Task {
    type Model: SequenceModel;

    /// How far the data has been read. A checkpoint has it, generators included.
    type Place: Serialize + DeserializeOwned;

    /// What is measured, and under which names.
    const MEASURES: Measures;

    /// The cell that is trained.
    fn cell(&self) -> CellKind;

    /// Which of several trainings of the cell under one seed it is; by default there is one, which has no name.
    fn variant(&self) -> &str {
        ""
    }

    /// How long it takes.
    fn plan(&self) -> Plan;

    /// What the training of the model is told.
    fn training(&self) -> TrainingConfig;

    /// The model before training.
    fn init(&self, device: &Device, rng: &mut SeededRng) -> Self::Model;

    /// Where reading begins.
    fn begin(&self, seed: u64) -> Self::Place;

    /// What the next step reads.
    fn next(
        &self,
        place: &mut Self::Place,
    ) -> Result<Reading<<Self::Model as SequenceModel>::Window>, Error>;

    /// The learning rate of a step on these windows, after `updates` updates of the weights.
    fn learning_rate(
        &self,
        updates: usize,
        windows: &[<Self::Model as SequenceModel>::Window],
    ) -> f64;

    /// How good a model is on the validation part.
    fn validate(&self, model: &Self::Model) -> Result<f64, Error>;
}

/// What a step of training reads.
pub struct Reading<W> {
    /// At least one, each the continuation of the one before; the gradient is a mean over them.
    pub windows: Vec<W>,
    /// Whether they begin sequences, and so do not continue what the step before read. Where that is always so, this is full
    /// backpropagation.
    pub begins: bool,
}

/// What is measured, and under which names.
#[derive(Clone, Copy, Debug)]
pub struct Measures {
    /// The training loss, a mean over time steps, in `metrics.jsonl`.
    pub train: &'static str,
    /// The validation, in `metrics.jsonl`.
    pub valid: &'static str,
    /// The validation's unit, to be read: `nats per token`.
    pub unit: &'static str,
    /// Which validation is the best.
    pub best: Best,
    /// Time steps read a second, in `metrics.jsonl`.
    pub rate: &'static str,
    /// What a time step is, to be read: `tokens`.
    pub counted: &'static str,
}

impl Measures {
    /// Whether validation `new` is better than `old`: a NaN never is, and anything is better than a NaN.
    pub fn is_better(&self, new: f64, old: f64) -> bool {
        match self.best {
            _ if new.is_nan() => false,
            _ if old.is_nan() => true,
            Best::Lowest => new < old,
            Best::Highest => new > old,
        }
    }
}

/// How long a training is and what happens on the way, in steps, each at least 1.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// All steps. The last is followed by a validation and a checkpoint in any case.
    pub steps: usize,
    /// From one validation to the next; each is followed by a checkpoint.
    pub validate_every: usize,
    /// From one checkpoint to the next.
    pub checkpoint_every: usize,
    /// From one point of the curves to the next.
    pub point_every: usize,
    /// The steps of a pass over the data, if that is what people count; otherwise they count steps.
    pub epoch: Option<usize>,
}

impl Plan {
    /// Whether `step` is followed by a validation.
    pub fn validates(&self, step: usize) -> bool {
        step == self.steps || step.is_multiple_of(self.validate_every)
    }

    /// The epoch that `step` is in, counted from 1.
    pub fn epoch_of(&self, step: usize) -> Option<usize> {
        self.epoch.map(|epoch| step.div_ceil(epoch))
    }

    /// `step` as people count it: `step 30` or `epoch 3`.
    pub fn name_of(&self, step: usize) -> String {
        match self.epoch_of(step) {
            Some(epoch) => format!("epoch {epoch}"),
            None => format!("step {step}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures(best: Best) -> Measures {
        Measures {
            train: "train_loss",
            valid: "valid_loss",
            unit: "nats per token",
            best,
            rate: "tokens_per_second",
            counted: "tokens",
        }
    }

    #[test]
    fn the_better_validation_is_lower_or_higher_and_never_nan() {
        let (lowest, highest) = (measures(Best::Lowest), measures(Best::Highest));
        assert!(lowest.is_better(1.0, 2.0) && !lowest.is_better(2.0, 1.0));
        assert!(highest.is_better(2.0, 1.0) && !highest.is_better(1.0, 2.0));
        for measures in [lowest, highest] {
            assert!(!measures.is_better(1.0, 1.0));
            assert!(measures.is_better(1.0, f64::NAN) && !measures.is_better(f64::NAN, 1.0));
            assert!(!measures.is_better(f64::NAN, f64::NAN));
        }
    }

    #[test]
    fn steps_are_counted_as_people_do() {
        let mut plan = Plan {
            steps: 10,
            validate_every: 4,
            checkpoint_every: 1,
            point_every: 1,
            epoch: None,
        };
        let validated: Vec<usize> = (1..=10).filter(|&step| plan.validates(step)).collect();
        assert_eq!(validated, [4, 8, 10]);
        assert_eq!(plan.name_of(8), "step 8");
        plan.epoch = Some(4);
        assert_eq!(
            [8, 9].map(|step| plan.name_of(step)),
            ["epoch 2", "epoch 3"]
        );
    }
}
