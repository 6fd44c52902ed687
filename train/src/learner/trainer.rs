//! A learner's steps on windows that continue each other.

use std::mem;

use burn_train::Learner;
use recurra_cells::{NetworkState, SeededRng};

use super::{SequenceLearner, StrategyConfig, WindowOutput};
use crate::optim::clip::scale_gradients;
use crate::tbptt::diagnosis::Skipped;
use crate::tbptt::gradient_sum::{GradientSum, Summed};
use crate::tbptt::pass::training_pass;
use crate::{Error, Precision, Quantity, SequenceWindow, clip_grad_norm, clip_grad_value};

/// A learner in training, with the state at the end of the last window.
pub(super) struct WindowTrainer<M: SequenceLearner> {
    pub learner: Learner<M>,
    config: StrategyConfig,
    /// How many windows an update is made of.
    accumulation: usize,
    pending: GradientSum<M>,
    state: Option<NetworkState<M::State>>,
    /// What it was at the last update.
    state_before: Option<NetworkState<M::State>>,
    steps: usize,
    skipped: Skipped,
}

impl<M: SequenceLearner> WindowTrainer<M> {
    pub fn new(learner: Learner<M>, config: StrategyConfig, accumulation: usize) -> Self {
        Self {
            learner,
            config,
            accumulation,
            pending: GradientSum::new(),
            state: None,
            state_before: None,
            steps: 0,
            skipped: Skipped::default(),
        }
    }

    /// The next window begins its sequences. Gradients that wait for an update are forgotten.
    pub fn begin_epoch(&mut self) {
        self.pending = GradientSum::new();
        self.state = None;
        self.state_before = None;
    }

    /// Reads a window, and updates the weights if that completes a step.
    ///
    /// # Errors
    ///
    /// [`Error::Diverged`] if more steps in a row are skipped than the configuration allows.
    pub fn read(&mut self, window: &M::Window, rng: &mut SeededRng) -> Result<WindowOutput, Error> {
        let (model, valid) = (self.learner.model(), window.valid_steps());
        let (state, weight) = (self.state.take(), self.pending.next_weight(valid));
        let pass = training_pass(
            &model,
            window,
            state,
            weight,
            Precision::F32,
            &self.config.regularization,
            rng,
        );
        self.state = Some(pass.state);
        let loss = pass.loss.clone().into_scalar::<f64>();
        self.pending.add(&model, valid, loss, pass.gradients);
        if self.pending.windows() == self.accumulation {
            self.update()?;
        }
        Ok(WindowOutput::new(pass.loss, valid))
    }

    /// Updates the weights by what is left of an epoch, if less than a whole step is.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn end_epoch(&mut self) -> Result<(), Error> {
        match self.pending.windows() {
            0 => Ok(()),
            _ => self.update(),
        }
    }

    /// Updates the weights by the mean over what is pending, unless its loss or a gradient is not finite.
    fn update(&mut self) -> Result<(), Error> {
        self.steps += 1;
        let Summed {
            mut gradients,
            weight,
            loss,
        } = mem::replace(&mut self.pending, GradientSum::new()).finish();
        let model = self.learner.model();
        if weight != 1.0 {
            scale_gradients(&mut gradients, &model, weight.recip());
        }
        if self.config.max_value.is_finite() {
            clip_grad_value(&mut gradients, &model, self.config.max_value);
        }
        let norm = clip_grad_norm(&mut gradients, &model, self.config.max_norm);
        if loss.is_finite() && norm.is_finite() {
            self.learner.lr_step();
            self.learner.optimizer_step(gradients);
            self.state_before = self.state.clone();
            self.skipped.end_run();
            return Ok(());
        }
        let (quantity, value) = match loss.is_finite() {
            true => (Quantity::GradientNorm, norm),
            false => (Quantity::Loss, loss),
        };
        if quantity == Quantity::Loss {
            // What the windows have made of the state is no better than their loss.
            self.state = self.state_before.clone();
        }
        self.skipped.add(&model, &mut gradients);
        self.skipped
            .check(self.config.max_skipped, self.steps, quantity, value)
    }
}
