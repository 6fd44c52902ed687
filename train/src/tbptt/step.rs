//! One step: the gradients of its windows, and what they do to the weights.

use std::borrow::Borrow;

use burn::optim::{GradientsAccumulator, GradientsParams};

use super::{AT_HOME, Pass, SequenceModel, SequenceWindow, StepReport, TruncatedBptt, begin_rows};
use crate::{Error, LossScaler, Quantity, cast_weights, clip_grad_value, drop_recurrent_weights};

/// The gradients of one or more windows, and what to divide them by.
pub(super) struct Pending {
    gradients: GradientsParams,
    /// The mean loss of a valid step.
    pub loss: f64,
    /// Of the gradients: that of the loss, and they are a sum over windows of which the first counts as 1.
    scale: f64,
}

impl<M: SequenceModel> TruncatedBptt<M> {
    /// The gradients of the windows, one behind the other.
    pub(super) fn accumulate<W: Borrow<M::Window>>(
        &mut self,
        windows: impl IntoIterator<Item = W>,
    ) -> Pending {
        let mut sum = GradientsAccumulator::new();
        let (mut first, mut steps, mut total) = (None, 0, 0.0);
        for window in windows {
            let window = window.borrow();
            let valid = window.valid_steps();
            let weight = valid as f64 / *first.get_or_insert(valid) as f64;
            let (loss, gradients) = self.gradients(window, weight);
            sum.accumulate(self.model(), gradients);
            steps += valid;
            total += loss * valid as f64;
        }
        let first = first.expect("a step needs at least one window, got none");
        Pending {
            gradients: sum.grads(),
            loss: total / steps as f64,
            scale: steps as f64 / first as f64 * self.loss_scale(),
        }
    }

    /// The mean loss of a window and `weight` times its gradients; the state moves on.
    fn gradients(&mut self, window: &M::Window, weight: f64) -> (f64, GradientsParams) {
        let model = self.model.as_ref().expect(AT_HOME);
        model.assert_fits(window);
        let state = match (self.state.take(), window.begins()) {
            (Some(state), Some(begins)) => {
                let initial = model.initial_state(window.batch_size());
                Some(begin_rows(state, &initial, begins))
            }
            (state, _) => state,
        };
        let (regularization, rng) = (&self.config.regularization, &mut self.rng);
        // Gone before the update: it holds on to the weights, which are then changed in place.
        let cast = cast_weights(model.clone(), self.config.precision);
        let rate = regularization.dropout.recurrent_weights;
        let dropped = drop_recurrent_weights(cast, rate, rng);
        let pass = Pass::Training {
            regularization,
            rng,
        };
        let loss = dropped.window_loss(window, state, pass);
        let mean = loss.mean.clone();
        let objective = match loss.penalty {
            Some(penalty) => loss.mean + penalty,
            None => loss.mean,
        };
        let objective = match weight * self.loss_scale() {
            1.0 => objective,
            scale => objective * scale,
        };
        let gradients = GradientsParams::from_grads(objective.backward(), model);
        // Neither loss nor state may hold on to the graph, which holds on to weights.
        self.state = Some(loss.state.detach());
        (mean.into_scalar::<f64>(), gradients)
    }

    /// What the losses of now are multiplied by before the backward pass.
    fn loss_scale(&self) -> f64 {
        self.scaler.as_ref().map_or(1.0, LossScaler::scale)
    }

    /// Updates the weights, unless the loss or a gradient is not finite.
    pub(super) fn update(
        &mut self,
        mut pending: Pending,
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
    fn descend(&mut self, pending: &mut Pending, learning_rate: f64) -> f64 {
        let (gradients, scale) = (&mut pending.gradients, pending.scale);
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
