//! Which optimiser, as a setting.

use burn::module::Module;
use burn::optim::GradientsParams;
use serde::{Deserialize, Serialize};

use super::{ClippedAdam, ClippedAdamConfig, ClippedSgd, ClippedSgdConfig};
use crate::Error;

/// Which optimiser changes the weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// [`ClippedAdam`] with its defaults.
    #[default]
    Adam,
    /// [`ClippedSgd`] with its defaults.
    Sgd,
}

impl OptimizerKind {
    /// Such an optimiser, which clips gradients to a global norm of at most `max_norm` and takes `weight_decay` off the
    /// weights.
    ///
    /// # Errors
    ///
    /// If `max_norm` is not above 0, or `weight_decay` is negative or not finite.
    pub fn build(self, max_norm: f64, weight_decay: f64) -> Result<Optimizer, Error> {
        Ok(match self {
            Self::Adam => Optimizer::Adam(ClippedAdam::new(ClippedAdamConfig {
                weight_decay,
                ..ClippedAdamConfig::new(max_norm)
            })?),
            Self::Sgd => Optimizer::Sgd(ClippedSgd::new(ClippedSgdConfig {
                weight_decay,
                ..ClippedSgdConfig::new(max_norm)
            })?),
        })
    }
}

/// An optimiser that a setting chose.
#[derive(Debug)]
pub enum Optimizer {
    /// Adam.
    Adam(ClippedAdam),
    /// Gradient descent.
    Sgd(ClippedSgd),
}

impl Optimizer {
    /// The module after one step on gradients that are first divided by `scale`, which their loss was multiplied by, and the
    /// global norm of the divided gradients before clipping. If that is not finite, everything stays as it is.
    ///
    /// # Panics
    ///
    /// As [`ClippedAdam::step_scaled`] and [`ClippedSgd::step_scaled`].
    pub fn step_scaled<M: Module>(
        &mut self,
        learning_rate: f64,
        module: M,
        gradients: &mut GradientsParams,
        scale: f64,
    ) -> (M, f64) {
        match self {
            Self::Adam(adam) => adam.step_scaled(learning_rate, module, gradients, scale),
            Self::Sgd(sgd) => sgd.step_scaled(learning_rate, module, gradients, scale),
        }
    }
}
