//! One step: the gradients of its windows, and what they do to the weights.

use std::borrow::Borrow;

use super::gradient_sum::{GradientSum, Summed};
use super::pass::training_pass;
use super::{AT_HOME, SequenceModel, SequenceWindow, StepReport, TruncatedBptt};
use crate::{Error, LossScaler, Quantity, clip_grad_value};

impl<M: SequenceModel> TruncatedBptt<M> {
    /// The gradients of the windows, one behind the other, scaled as the losses are; the state moves on.
    pub(super) fn accumulate<W: Borrow<M::Window>>(
        &mut self,
        windows: impl IntoIterator<Item = W>,
    ) -> Summed {
        let mut sum = GradientSum::new();
        for window in windows {
            let (window, state) = (window.borrow(), self.state.take());
            let valid = window.valid_steps();
            let model = self.model.as_ref().expect(AT_HOME);
            let pass = training_pass(
                model,
                window,
                state,
                sum.next_weight(valid) * self.loss_scale(),
                self.config.precision,
                &self.config.regularization,
                &mut self.rng,
            );
            self.state = Some(pass.state);
            sum.add(model, valid, pass.loss.into_scalar(), pass.gradients);
        }
        assert!(
            sum.windows() > 0,
            "a step needs at least one window, got none"
        );
        sum.finish()
    }

    /// What the losses of now are multiplied by before the backward pass.
    fn loss_scale(&self) -> f64 {
        self.scaler.as_ref().map_or(1.0, LossScaler::scale)
    }

    /// Updates the weights, unless the loss or a gradient is not finite.
    pub(super) fn update(
        &mut self,
        mut pending: Summed,
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        self.steps += 1;
        let loss = pending.loss;
        let grad_norm = match loss.is_finite() {
            true => self.descend(&mut pending, learning_rate),
            false => f64::NAN,
        };
        let updated = grad_norm.is_finite();
        if let Some(scaler) = &mut self.scaler {
            scaler.update(!updated);
        }
        if updated {
            self.updates += 1;
            self.skipped.end_run();
            self.average();
        } else {
            let (quantity, value) = match loss.is_finite() {
                true => (Quantity::GradientNorm, grad_norm),
                false => (Quantity::Loss, loss),
            };
            let model = self.model.as_ref().expect(AT_HOME);
            self.skipped.add(model, &mut pending.gradients);
            self.skipped
                .check(self.config.max_skipped, self.steps, quantity, value)?;
        }
        Ok(StepReport {
            loss,
            grad_norm,
            updated,
        })
    }

    /// Clips and steps, unless the norm that is returned is not finite.
    fn descend(&mut self, pending: &mut Summed, learning_rate: f64) -> f64 {
        let scale = pending.weight * self.loss_scale();
        let gradients = &mut pending.gradients;
        let model = self.model.take().expect(AT_HOME);
        if self.config.max_value.is_finite() {
            clip_grad_value(gradients, &model, self.config.max_value * scale);
        }
        let (model, grad_norm) = self
            .optimizer
            .step_scaled(learning_rate, model, gradients, scale);
        self.model = Some(model);
        grad_norm
    }

    fn average(&mut self) {
        let Some(averaging) = &mut self.averaging else {
            return;
        };
        if averaging.trigger.has_fired() {
            averaging
                .average
                .update(self.model.as_ref().expect(AT_HOME));
        }
    }
}
