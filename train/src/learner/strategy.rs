//! Truncated backpropagation as a training strategy of burn-train.

use std::sync::Arc;

use burn_train::{
    Learner, SupervisedLearningStrategy, SupervisedTrainingEventProcessor, TrainLoader,
    TrainingComponents, TrainingStrategy, ValidLoader,
};
use recurra_cells::SeededRng;

use super::SequenceLearner;
use super::run::Run;
use crate::{Error, Regularization, TrainingConfig};

/// What a [`TruncatedBpttStrategy`] does to gradients and passes; optimiser and learning rate are the learner's own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StrategyConfig {
    /// The highest global norm of the gradients, above 0; infinite, which is the default, for no clipping.
    pub max_norm: f64,
    /// The highest absolute value of a gradient, above 0; infinite, which is the default, for no clipping. It is applied
    /// before `max_norm`.
    pub max_value: f64,
    /// What keeps the model from learning its text by heart; nothing by default.
    pub regularization: Regularization,
    /// How many steps in a row may be skipped because something is not finite, before the training is given up; 20 by
    /// default.
    pub max_skipped: usize,
}

impl Default for StrategyConfig {
    fn default() -> Self {
        let TrainingConfig {
            max_norm,
            max_value,
            regularization,
            max_skipped,
            ..
        } = TrainingConfig::default();
        Self {
            max_norm,
            max_value,
            regularization,
            max_skipped,
        }
    }
}

impl StrategyConfig {
    /// Says which field is out of its range, if one is.
    pub fn validate(&self) -> Result<(), Error> {
        let Self {
            max_norm,
            max_value,
            regularization,
            max_skipped,
        } = *self;
        let config = TrainingConfig {
            max_norm,
            max_value,
            regularization,
            max_skipped,
            ..TrainingConfig::default()
        };
        config.validate()
    }
}

/// Truncated backpropagation (Williams and Peng 1990) as burn-train's learner takes it, for any [`SequenceLearner`].
///
/// - The state is carried detached from window to window, in training and in validation, from the initial state at an
///   epoch's start, and where rows [begin](crate::SequenceWindow::begins) a sequence.
/// - `SupervisedTraining::grads_accumulation(k)` makes one update of `k` windows, by the mean over all valid steps, and
///   another of what is left at the end of an epoch.
/// - A step whose loss or gradients are not finite is skipped, and the learning rate's schedule with it; the metrics are told
///   of its loss. After too many in a row the training stops, and the reason of `LearningResult::interrupted` says where
///   that began.
/// - What is dropped in an epoch depends on the seed and the epoch alone, so that a run that goes on from burn-train's
///   checkpoint is the one that never stopped.
///
/// All is computed on the device of the learner's model. `SupervisedTraining::gradient_checkpointing` has no effect on a
/// strategy of one's own: build the model on a device that does it instead.
#[derive(Clone, Debug)]
pub struct TruncatedBpttStrategy {
    config: StrategyConfig,
    seed: u64,
}

impl TruncatedBpttStrategy {
    /// A strategy whose masks are drawn from `seed`.
    ///
    /// # Errors
    ///
    /// If a field of `config` is out of its range.
    pub fn new(config: StrategyConfig, seed: u64) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self { config, seed })
    }
}

impl<M: SequenceLearner> From<TruncatedBpttStrategy> for TrainingStrategy<M> {
    fn from(strategy: TruncatedBpttStrategy) -> Self {
        Self::Custom(Arc::new(strategy))
    }
}

impl<M: SequenceLearner> SupervisedLearningStrategy<M> for TruncatedBpttStrategy {
    fn fit(
        &self,
        components: TrainingComponents<M>,
        learner: Learner<M>,
        train: TrainLoader<M>,
        valid: ValidLoader<M>,
        starting_epoch: usize,
    ) -> (M, SupervisedTrainingEventProcessor<M>) {
        let device = learner.model().device();
        let train = train.to_device(&device);
        let valid = valid.to_device(&device.inner());
        let epochs = starting_epoch..=components.num_epochs;
        let mut run = Run::new(learner, self.config, components);
        for epoch in epochs {
            let rng = SeededRng::for_stream(self.seed, epoch as u64);
            run.train(&*train, epoch, rng);
            if run.is_interrupted() {
                break;
            }
            run.validate(&*valid, epoch);
            if run.end_epoch(epoch).is_break() {
                break;
            }
        }
        run.finish()
    }
}
