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
    /// Such an optimiser, which clips gradients to a global norm of at most `max_norm`.
    ///
    /// # Errors
    ///
    /// If `max_norm` is not above 0.
    pub fn build(self, max_norm: f64) -> Result<Optimizer, Error> {
        Ok(match self {
            Self::Adam => Optimizer::Adam(ClippedAdam::new(ClippedAdamConfig::new(max_norm))?),
            Self::Sgd => Optimizer::Sgd(ClippedSgd::new(ClippedSgdConfig::new(max_norm))?),
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
    /// The module after one step, and the global norm of the gradients before clipping. If that is not finite, everything
    /// stays as it is.
    ///
    /// # Panics
    ///
    /// As [`ClippedAdam::step`] and [`ClippedSgd::step`].
    pub fn step<M: Module>(
        &mut self,
        learning_rate: f64,
        module: M,
        gradients: GradientsParams,
    ) -> (M, f64) {
        match self {
            Self::Adam(adam) => adam.step(learning_rate, module, gradients),
            Self::Sgd(sgd) => sgd.step(learning_rate, module, gradients),
        }
    }
}
