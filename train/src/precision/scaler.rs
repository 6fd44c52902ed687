//! Dynamic loss scaling.

use serde::{Deserialize, Serialize};

use crate::Error;

/// The smallest scale; a smaller one, or the reciprocal of a larger one than [`MAX_SCALE`], is a number that a device may
/// take for 0.
const MIN_SCALE: f64 = f32::MIN_POSITIVE as f64;
const MAX_SCALE: f64 = 1.0 / MIN_SCALE;

/// Configuration of a [`LossScaler`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LossScalerConfig {
    /// The first scale, in `[2^-126, 2^126]`; by default 65536.
    pub initial_scale: f64,
    /// What the scale is multiplied by after `growth_interval` steps, above 1 and finite; by default 2.
    pub growth_factor: f64,
    /// What the scale is multiplied by where a gradient is not finite, in `(0, 1)`; by default 0.5.
    pub backoff_factor: f64,
    /// How many steps in a row must have finite gradients before the scale grows, at least 1; by default 2000.
    pub growth_interval: usize,
}

impl Default for LossScalerConfig {
    fn default() -> Self {
        Self {
            initial_scale: 65536.0,
            growth_factor: 2.0,
            backoff_factor: 0.5,
            growth_interval: 2000,
        }
    }
}

impl LossScalerConfig {
    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// If a field is out of its range.
    pub fn validate(&self) -> Result<(), Error> {
        check_scale("initial_scale", self.initial_scale)?;
        if !(self.growth_factor.is_finite() && self.growth_factor > 1.0) {
            let got = self.growth_factor;
            return Err(Error::config("growth_factor", "above 1 and finite", got));
        }
        if !(self.backoff_factor > 0.0 && self.backoff_factor < 1.0) {
            let got = self.backoff_factor;
            return Err(Error::config("backoff_factor", "in (0, 1)", got));
        }
        check_interval(self.growth_interval)
    }
}

/// What a [`LossScaler`] goes on from: all of it but the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossScalerState {
    /// What the next loss is multiplied by, in `[2^-126, 2^126]`.
    pub scale: f64,
    /// How many steps in a row have had finite gradients since the scale last changed or a gradient was not finite.
    pub good_steps: usize,
    /// How many steps were skipped in all.
    pub skipped_steps: usize,
}

/// Chooses the factor that a loss is multiplied by, so that its gradients neither vanish nor overflow in `f16` (dynamic loss
/// scaling; Micikevicius et al. 2018), with PyTorch's `torch.amp.GradScaler` as its meaning:
///
/// ```text
/// a gradient is not finite:   the step is skipped, scale = backoff_factor * scale
/// growth_interval good steps: scale = growth_factor * scale
/// ```
///
/// A change that would take the scale out of `[2^-126, 2^126]` is not made. Activations do not depend on the scale: where a
/// loss is not finite, or gradients are not though the scale has fallen below 1, it is the training that diverges.
///
/// ```
/// use recurra_train::{LossScaler, LossScalerConfig};
///
/// let mut scaler = LossScaler::new(LossScalerConfig::default())?;
/// scaler.update(true);
/// assert_eq!((scaler.scale(), scaler.skipped_steps()), (32768.0, 1));
/// # Ok::<(), recurra_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LossScaler {
    config: LossScalerConfig,
    state: LossScalerState,
}

impl LossScaler {
    /// A scaler that has seen no step.
    ///
    /// # Errors
    ///
    /// If a field of `config` is out of its range.
    pub fn new(config: LossScalerConfig) -> Result<Self, Error> {
        config.validate()?;
        let state = LossScalerState {
            scale: config.initial_scale,
            good_steps: 0,
            skipped_steps: 0,
        };
        Ok(Self { config, state })
    }

    /// What the loss of the next step is to be multiplied by, and its gradients divided by.
    pub fn scale(&self) -> f64 {
        self.state.scale
    }

    /// How many steps were skipped in all.
    pub fn skipped_steps(&self) -> usize {
        self.state.skipped_steps
    }

    /// What there is to save.
    pub fn state(&self) -> LossScalerState {
        self.state
    }

    /// Goes on from what was saved.
    ///
    /// # Errors
    ///
    /// If the scale is out of its range; the scaler is then as it was.
    pub fn set_state(&mut self, state: LossScalerState) -> Result<(), Error> {
        check_scale("scale", state.scale)?;
        self.state = state;
        Ok(())
    }

    /// Takes note of a step: whether any of its gradients was not finite, so that it was skipped.
    pub fn update(&mut self, found_non_finite: bool) {
        if found_non_finite {
            self.state.skipped_steps += 1;
            self.multiply(self.config.backoff_factor);
            return;
        }
        self.state.good_steps += 1;
        if self.state.good_steps >= self.config.growth_interval {
            self.multiply(self.config.growth_factor);
        }
    }

    /// Changes the scale, within its range, and counts anew.
    fn multiply(&mut self, factor: f64) {
        self.state.good_steps = 0;
        let scale = self.state.scale * factor;
        if is_scale(scale) {
            self.state.scale = scale;
        }
    }
}

fn is_scale(value: f64) -> bool {
    (MIN_SCALE..=MAX_SCALE).contains(&value)
}

fn check_scale(field: &'static str, value: f64) -> Result<(), Error> {
    match is_scale(value) {
        true => Ok(()),
        false => Err(Error::config(field, "in [2^-126, 2^126]", value)),
    }
}

fn check_interval(steps: usize) -> Result<(), Error> {
    match steps {
        0 => Err(Error::config("growth_interval", "at least 1", steps)),
        _ => Ok(()),
    }
}
