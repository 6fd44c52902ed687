//! Truncated backpropagation through time (Williams and Peng 1990): gradients flow through a window, the state flows on.

mod config;
pub(crate) mod diagnosis;
pub(crate) mod gradient_sum;
mod model;
pub(crate) mod pass;
mod record;
mod step;

pub use config::TrainingConfig;
pub use model::{Pass, SequenceModel, SequenceWindow, WindowLoss};

use std::borrow::Borrow;
use std::iter;

use recurra_cells::{NetworkState, SeededRng};

use crate::{Error, LossScaler, NonMonotonicTrigger, Optimizer, WeightAverage};
use diagnosis::Skipped;

const AT_HOME: &str = "the model is away only while the optimiser has it";

/// What one step of training saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// The mean loss of a valid step, before the update and without penalties: of a language model, the cross-entropy in
    /// nats per token.
    pub loss: f64,
    /// The global norm of the gradients, before clipping by it.
    pub grad_norm: f64,
    /// Whether the weights were updated. They are not where loss or norm is not finite.
    pub updated: bool,
}

/// A model in training, with its optimiser and the state at the end of the last window.
///
/// Gradients flow through one window; the values of the state flow on, detached. Each window must continue the one before,
/// row by row, until [`reset_state`](Self::reset_state) or where its rows [begin](SequenceWindow::begins) a sequence. Full
/// backpropagation is the same with windows as long as the sequences.
///
/// ```
/// # use burn::tensor::Device;
/// # use recurra_cells::{LstmConfig, RecurrentConfig, SeededRng};
/// # use recurra_train::{LanguageModelConfig, TokenWindow, TrainingConfig, TruncatedBptt};
/// # let mut rng = SeededRng::new(1);
/// # let config = LanguageModelConfig::new(5, 4, RecurrentConfig::new(LstmConfig::new(8)));
/// # let model = config.init(&Device::default(), &mut rng);
/// # let windows = [TokenWindow::new(vec![0, 1, 2], vec![1, 2, 3], [1, 3])];
/// let mut training = TruncatedBptt::new(model, TrainingConfig::default(), rng)?;
/// for window in &windows {
///     let report = training.train_window(window, 1e-3)?;
///     println!("{:.4} nats per token", report.loss);
/// }
/// # Ok::<(), recurra_train::Error>(())
/// ```
pub struct TruncatedBptt<M: SequenceModel> {
    /// Given to the optimiser whole: of a clone it would have to copy every weight in every step.
    model: Option<M>,
    optimizer: Optimizer,
    state: Option<NetworkState<M::State>>,
    config: TrainingConfig,
    rng: SeededRng,
    steps: usize,
    updates: usize,
    skipped: Skipped,
    averaging: Option<Averaging>,
    scaler: Option<LossScaler>,
}

/// NT-ASGD: the weights are averaged from where validation stalls on.
struct Averaging {
    trigger: NonMonotonicTrigger,
    average: WeightAverage,
}

impl<M: SequenceModel> TruncatedBptt<M> {
    /// Starts training `model`; `rng` draws what is dropped.
    ///
    /// # Errors
    ///
    /// If a field of `config` is out of its range, or the model's device does not compute in its precision.
    pub fn new(model: M, config: TrainingConfig, rng: SeededRng) -> Result<Self, Error> {
        config.validate()?;
        config.precision.check(&model.device())?;
        let averaging = config.averaging.map(|patience| Averaging {
            trigger: NonMonotonicTrigger::new(patience),
            average: WeightAverage::new(),
        });
        Ok(Self {
            model: Some(model.train()),
            optimizer: config.optimizer()?,
            state: None,
            config,
            rng,
            steps: 0,
            updates: 0,
            skipped: Skipped::default(),
            averaging,
            scaler: config.scaler()?,
        })
    }

    /// The model with the weights of now, ready to train further; [`Module::valid`](burn::module::Module::valid) makes it
    /// ready to use.
    pub fn model(&self) -> &M {
        self.model.as_ref().expect(AT_HOME)
    }

    /// The model to validate and to keep: with the averaged weights where there are any, else with those of now.
    pub fn model_for_use(&self) -> M {
        let model = self.model().valid();
        match &self.averaging {
            Some(averaging) => averaging.average.averaged(model),
            None => model,
        }
    }

    /// How many steps have been made, those that were skipped among them.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// How many of the steps have updated the weights, which is what a learning rate's schedule goes by.
    pub fn updates(&self) -> usize {
        self.updates
    }

    /// What losses are scaled by, where they are.
    pub fn scaler(&self) -> Option<&LossScaler> {
        self.scaler.as_ref()
    }

    /// Whether weights are being averaged.
    pub fn is_averaging(&self) -> bool {
        self.averaging
            .as_ref()
            .is_some_and(|averaging| averaging.trigger.has_fired())
    }

    /// The next window begins its sequences: it starts from the network's initial state.
    pub fn reset_state(&mut self) {
        self.state = None;
    }

    /// Takes the loss of a validation, after which averaging may begin.
    pub fn observe_validation(&mut self, loss: f64) {
        if let Some(averaging) = &mut self.averaging {
            averaging.trigger.observe(loss);
        }
    }

    /// Makes one step on one window with this learning rate.
    ///
    /// # Errors
    ///
    /// If the learning rate is negative or not finite. [`Error::Diverged`] if more steps in a row are skipped than the
    /// configuration allows; weights and optimiser are then those from before the first of them.
    ///
    /// # Panics
    ///
    /// If the window has another batch size than the one before, or does not fit the model.
    pub fn train_window(
        &mut self,
        window: &M::Window,
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        self.train_windows(iter::once(window), learning_rate)
    }

    /// Makes one step on several windows, each of which continues the one before: the gradient is the mean over all valid
    /// steps, and the memory that of one window.
    ///
    /// # Errors
    ///
    /// As [`train_window`](Self::train_window).
    ///
    /// # Panics
    ///
    /// As [`train_window`](Self::train_window), and if there is no window.
    pub fn train_windows<W: Borrow<M::Window>>(
        &mut self,
        windows: impl IntoIterator<Item = W>,
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        if !(learning_rate.is_finite() && learning_rate >= 0.0) {
            return Err(Error::config(
                "learning_rate",
                "finite and at least 0",
                learning_rate,
            ));
        }
        let before = self.state.clone();
        let pending = self.accumulate(windows);
        if !pending.loss.is_finite() {
            // What the windows have made of the state is no better than their loss.
            self.state = before;
        }
        self.update(pending, learning_rate)
    }
}
