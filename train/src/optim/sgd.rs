//! Stochastic gradient descent behind clipping by the global norm.

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::clip::{clip_coefficient, global_norm};
use super::param::map_value;
use crate::Error;

/// Configuration of a [`ClippedSgd`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClippedSgdConfig {
    /// The highest global norm of the gradients, above 0; infinite only measures it.
    pub max_norm: f64,
    /// How much of a weight is added to its gradient, at least 0 and finite; by default 0, as `weight_decay` of PyTorch's SGD.
    pub weight_decay: f64,
}

impl ClippedSgdConfig {
    /// The defaults with this `max_norm`.
    pub fn new(max_norm: f64) -> Self {
        Self {
            max_norm,
            weight_decay: 0.0,
        }
    }

    /// Says which field is out of its range, if one is.
    pub fn validate(&self) -> Result<(), Error> {
        if self.max_norm.is_nan() || self.max_norm <= 0.0 {
            return Err(Error::config("max_norm", "above 0", self.max_norm));
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return Err(Error::config(
                "weight_decay",
                "at least 0 and finite",
                self.weight_decay,
            ));
        }
        Ok(())
    }
}

/// Plain gradient descent on gradients that are clipped by their global norm (Pascanu et al. 2013), which is what the
/// language models of Zaremba et al. (2014) and Merity et al. (2018) are trained by. PyTorch's `clip_grad_norm_` and
/// `torch.optim.SGD` are its meaning:
///
/// ```text
/// norm = sqrt(sum of the squares of all gradients)
/// p    = p - learning_rate * (gradient * min(1, max_norm / (norm + 1e-6)) + weight_decay * p)
/// ```
///
/// It remembers nothing from step to step.
#[derive(Clone, Copy, Debug)]
pub struct ClippedSgd {
    config: ClippedSgdConfig,
}

impl ClippedSgd {
    /// An optimiser with these settings.
    ///
    /// # Errors
    ///
    /// If a field of `config` is out of its range.
    pub fn new(config: ClippedSgdConfig) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self { config })
    }

    /// The module after one step, and the global norm of the gradients before clipping.
    ///
    /// A parameter without a gradient stays as it is. If the norm is not finite, everything does.
    ///
    /// # Panics
    ///
    /// If the learning rate is negative or not finite, or a parameter has another shape than its gradient.
    pub fn step<M: Module>(
        &self,
        learning_rate: f64,
        module: M,
        mut gradients: GradientsParams,
    ) -> (M, f64) {
        self.step_scaled(learning_rate, module, &mut gradients, 1.0)
    }

    /// [`step`](Self::step) on gradients that are first divided by `scale`, which their loss was multiplied by; the norm is
    /// that of the divided gradients. They are taken out of `gradients` unless it is not finite.
    ///
    /// # Panics
    ///
    /// As [`step`](Self::step), and if `scale` is not above 0 and finite.
    pub fn step_scaled<M: Module>(
        &self,
        learning_rate: f64,
        module: M,
        gradients: &mut GradientsParams,
        scale: f64,
    ) -> (M, f64) {
        assert!(
            learning_rate.is_finite() && learning_rate >= 0.0,
            "learning_rate must be finite and at least 0, got {learning_rate}"
        );
        let norm = global_norm(gradients, &module, scale);
        if !norm.is_finite() {
            return (module, norm);
        }
        let module = module.map(&mut Descend {
            gradients,
            step: learning_rate * clip_coefficient(norm, self.config.max_norm) / scale,
            keep: 1.0 - learning_rate * self.config.weight_decay,
        });
        (module, norm)
    }
}

/// `p = keep * p - step * gradient` for each parameter that has a gradient.
struct Descend<'a> {
    gradients: &'a mut GradientsParams,
    step: f64,
    keep: f64,
}

impl ModuleMapper for Descend<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return param;
        };
        map_value(param, |_, value| {
            assert_eq!(
                gradient.shape(),
                value.shape(),
                "a gradient has the shape of its parameter"
            );
            let kept = match self.keep {
                1.0 => value,
                keep => value * keep,
            };
            kept - gradient.inner() * self.step
        })
    }
}
