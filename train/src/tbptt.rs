//! Truncated backpropagation through time (Williams and Peng 1990): one optimiser step a window, the state carried on.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use recurra_cells::{NetworkState, RecurrentCell, SeededRng};

use crate::{Error, LanguageModel, Quantity, TokenWindow, clip_grad_norm};

/// PyTorch's; burn's default of 1e-5 slows small gradients down.
const ADAM_EPSILON: f32 = 1e-8;

/// What a [`TruncatedBptt`] is told besides its model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingConfig {
    /// The highest global norm of the gradients, above 0; infinite for no clipping.
    pub max_norm: f64,
    /// The probability of variational dropout, in `[0, 1)`.
    pub dropout: f64,
}

/// What one step of training saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// The mean cross-entropy of the window, in nats per token, before the step.
    pub loss: f64,
    /// The global norm of the gradients, before clipping.
    pub grad_norm: f64,
}

/// A model in training, with its optimiser (Adam; Kingma and Ba 2015) and the state at the end of the last window.
///
/// Gradients flow through one window; the values of the state flow on. Each window must continue the one before, row by
/// row, until [`reset_state`](Self::reset_state).
pub struct TruncatedBptt<C: RecurrentCell> {
    model: LanguageModel<C>,
    optimizer: ModuleOptimizer,
    state: Option<NetworkState<C::State>>,
    config: TrainingConfig,
    rng: SeededRng,
    steps: usize,
}

impl<C: RecurrentCell> TruncatedBptt<C> {
    /// Starts training `model`; `rng` draws the dropout masks.
    ///
    /// # Errors
    ///
    /// If a field of `config` is out of its range.
    pub fn new(
        model: LanguageModel<C>,
        config: TrainingConfig,
        rng: SeededRng,
    ) -> Result<Self, Error> {
        if config.max_norm.is_nan() || config.max_norm <= 0.0 {
            return Err(Error::config("max_norm", "above 0", config.max_norm));
        }
        if !(0.0..1.0).contains(&config.dropout) {
            return Err(Error::config("dropout", "in [0, 1)", config.dropout));
        }
        let optimizer = AdamConfig::new().with_epsilon(ADAM_EPSILON).init();
        Ok(Self {
            model: model.train(),
            optimizer,
            state: None,
            config,
            rng,
            steps: 0,
        })
    }

    /// The model with the weights of now, ready to train further; [`Module::valid`] makes it ready to use.
    pub fn model(&self) -> &LanguageModel<C> {
        &self.model
    }

    /// How many steps have been made.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The next window begins its streams: it starts from the network's initial state.
    pub fn reset_state(&mut self) {
        self.state = None;
    }

    /// Makes one step with this learning rate.
    ///
    /// # Errors
    ///
    /// If the learning rate is negative or not finite. [`Error::NotFinite`] if the loss or the norm of the gradients is not finite; weights, optimiser and state are then
    /// those from before the step.
    ///
    /// # Panics
    ///
    /// If the window has another batch size than the one before, or a token is not below `V`.
    pub fn train_window(
        &mut self,
        window: &TokenWindow,
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        window.assert_below(self.model.vocabulary_size());
        if !(learning_rate.is_finite() && learning_rate >= 0.0) {
            return Err(Error::config(
                "learning_rate",
                "finite and at least 0",
                learning_rate,
            ));
        }
        let (loss, state) = self.loss(window);
        let mut gradients = GradientsParams::from_grads(loss.backward(), &self.model);
        let grad_norm = clip_grad_norm(&mut gradients, &self.model, self.config.max_norm);
        let report = StepReport {
            loss: loss.into_scalar::<f64>(),
            grad_norm,
        };
        self.check(report)?;
        self.model = self
            .optimizer
            .step(learning_rate, self.model.clone(), gradients);
        self.state = Some(state.detach());
        self.steps += 1;
        Ok(report)
    }

    /// The loss of a window, with its graph, and the state behind it.
    fn loss(&mut self, window: &TokenWindow) -> (Tensor<1>, NetworkState<C::State>) {
        let device = self.model.device();
        let tokens = window.inputs(&device);
        let [batch, _] = tokens.dims();
        let (logits, state) = if self.config.dropout > 0.0 {
            let masks = self
                .model
                .sample_masks(batch, self.config.dropout, &mut self.rng);
            self.model.forward_masked(tokens, self.state.clone(), masks)
        } else {
            self.model.forward(tokens, self.state.clone())
        };
        (self.model.loss(logits, window.targets(&device)), state)
    }

    fn check(&self, report: StepReport) -> Result<(), Error> {
        let quantities = [
            (Quantity::Loss, report.loss),
            (Quantity::GradientNorm, report.grad_norm),
        ];
        match quantities.into_iter().find(|(_, value)| !value.is_finite()) {
            Some((quantity, value)) => Err(Error::NotFinite {
                quantity,
                step: self.steps + 1,
                value,
            }),
            None => Ok(()),
        }
    }
}
