//! Truncated backpropagation through time (Williams and Peng 1990): one optimiser step a window, the state carried on.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use recurra_cells::{NetworkState, RecurrentCell, RecurrentState, SeededRng};
use serde::{Deserialize, Serialize};

use crate::checkpoint::{self, Checkpoint};
use crate::{
    DropoutRates, Error, LanguageModel, Optimizer, OptimizerKind, Quantity, TokenWindow,
    drop_recurrent_weights,
};

const AT_HOME: &str = "the model is away only while the optimiser has it";

/// What a [`TruncatedBptt`] is told besides its model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingConfig {
    /// What changes the weights.
    pub optimizer: OptimizerKind,
    /// The highest global norm of the gradients, above 0; infinite for no clipping.
    pub max_norm: f64,
    /// What is dropped in each window, and how probably.
    pub dropout: DropoutRates,
}

/// The sections of a checkpoint that are a training's.
const MODEL: &str = "model";
const OPTIMIZER: &str = "optimizer";
const STATE: &str = "state";
const TRAINING: &str = "training";

/// The values that a training goes on from.
#[derive(Serialize, Deserialize)]
struct Progress {
    steps: usize,
    rng: SeededRng,
    /// `B` of the carried state, if there is one.
    batch_size: Option<usize>,
}

/// What one step of training saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// The mean cross-entropy of the window, in nats per token, before the step.
    pub loss: f64,
    /// The global norm of the gradients, before clipping.
    pub grad_norm: f64,
}

/// A model in training, with its optimiser and the state at the end of the last window.
///
/// Gradients flow through one window; the values of the state flow on. Each window must continue the one before, row by
/// row, until [`reset_state`](Self::reset_state).
pub struct TruncatedBptt<C: RecurrentCell> {
    /// Given to the optimiser whole: of a clone it would have to copy every weight in every step.
    model: Option<LanguageModel<C>>,
    optimizer: Optimizer,
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
        let optimizer = config.optimizer.build(config.max_norm)?;
        config.dropout.validate()?;
        Ok(Self {
            model: Some(model.train()),
            optimizer,
            state: None,
            config,
            rng,
            steps: 0,
        })
    }

    /// The model with the weights of now, ready to train further; [`Module::valid`] makes it ready to use.
    pub fn model(&self) -> &LanguageModel<C> {
        self.model.as_ref().expect(AT_HOME)
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
    /// If the learning rate is negative or not finite. [`Error::NotFinite`] if the loss or the norm of the gradients is not
    /// finite; weights, optimiser and state are then those from before the step.
    ///
    /// # Panics
    ///
    /// If the window has another batch size than the one before, or a token is not below `V`.
    pub fn train_window(
        &mut self,
        window: &TokenWindow,
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        window.assert_below(self.model().vocabulary_size());
        if !(learning_rate.is_finite() && learning_rate >= 0.0) {
            return Err(Error::config(
                "learning_rate",
                "finite and at least 0",
                learning_rate,
            ));
        }
        let (loss, state) = self.loss(window);
        let gradients = GradientsParams::from_grads(loss.backward(), self.model());
        // Neither loss nor state may hold on to the graph, which holds on to weights.
        let (loss, state) = (loss.into_scalar::<f64>(), state.detach());
        self.check(Quantity::Loss, loss)?;
        let grad_norm = self.update(learning_rate, gradients);
        self.check(Quantity::GradientNorm, grad_norm)?;
        self.state = Some(state);
        self.steps += 1;
        Ok(StepReport { loss, grad_norm })
    }

    /// Steps the weights, unless the norm that is returned is not finite.
    fn update(&mut self, learning_rate: f64, gradients: GradientsParams) -> f64 {
        let model = self.model.take().expect(AT_HOME);
        let (model, grad_norm) = self.optimizer.step(learning_rate, model, gradients);
        self.model = Some(model);
        grad_norm
    }

    /// The loss of a window, with its graph, and the state behind it.
    fn loss(&mut self, window: &TokenWindow) -> (Tensor<1>, NetworkState<C::State>) {
        let model = self.model.as_ref().expect(AT_HOME);
        let device = model.device();
        let tokens = window.inputs(&device);
        let (rates, rng) = (&self.config.dropout, &mut self.rng);
        let masks = model.sample_masks(tokens.dims(), rates, rng);
        // Gone before the step: it holds on to the weights, which are then updated in place.
        let dropped = drop_recurrent_weights(model.clone(), rates.recurrent_weights, rng);
        let (logits, state) = dropped.forward_masked(tokens, self.state.clone(), masks);
        (model.loss(logits, window.targets(&device)), state)
    }

    /// Writes down all that [`restore`](Self::restore) needs: weights, what the optimiser remembers, the carried state, the
    /// generator of the masks, the number of steps.
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
        if let Some(state) = &self.state {
            checkpoint.set_tensors(STATE, checkpoint::network_state_tensors(state))?;
        }
        let batch_size = self.state.as_ref().and_then(batch_size);
        checkpoint.set_value(
            TRAINING,
            &Progress {
                steps: self.steps,
                rng: self.rng.clone(),
                batch_size,
            },
        )
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
        let device = model.device();
        let state = match progress.batch_size {
            Some(batch_size) => {
                let like = model.network.initial_state(batch_size, &device);
                let tensors = checkpoint.tensors(STATE)?;
                Some(checkpoint::set_network_state(like, tensors)?)
            }
            None => None,
        };
        if let Optimizer::Adam(adam) = &mut self.optimizer {
            let tensors = checkpoint.tensors(OPTIMIZER)?;
            adam.set_moments(checkpoint::adam_moments(&model, tensors)?);
        }
        self.model = Some(model);
        self.state = state;
        self.rng = progress.rng;
        self.steps = progress.steps;
        Ok(())
    }

    fn check(&self, quantity: Quantity, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            return Ok(());
        }
        Err(Error::NotFinite {
            quantity,
            step: self.steps + 1,
            value,
        })
    }
}

/// `B` of a network's state.
fn batch_size<S: RecurrentState>(state: &NetworkState<S>) -> Option<usize> {
    let first = state.layers.first()?;
    let state = first.forward.as_ref().or(first.backward.as_ref())?;
    Some(state.hidden().dims()[0])
}
