//! Adam behind clipping by the global norm, as one update of each parameter.

mod update;

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Shape, Tensor};

use super::clip::{clip_coefficient, global_norm};
use super::host;
use super::param::map_value;
use crate::Error;
use update::Coefficients;

/// Configuration of a [`ClippedAdam`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClippedAdamConfig {
    /// How much of the first moment a step keeps, in `[0, 1)`; by default 0.9.
    pub beta_1: f64,
    /// How much of the second moment a step keeps, in `[0, 1)`; by default 0.999.
    pub beta_2: f64,
    /// Keeps the division finite, above 0 and finite; by default 1e-8, as PyTorch. burn's 1e-5 slows small gradients down.
    pub epsilon: f64,
    /// The highest global norm of the gradients, above 0; infinite only measures it.
    pub max_norm: f64,
    /// Which share of a weight a step at learning rate 1 takes off it, at least 0 and finite; by default 0.
    pub weight_decay: f64,
}

impl ClippedAdamConfig {
    /// The defaults with this `max_norm`.
    pub fn new(max_norm: f64) -> Self {
        Self {
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            max_norm,
            weight_decay: 0.0,
        }
    }

    /// Says which field is out of its range, if one is.
    pub fn validate(&self) -> Result<(), Error> {
        for (field, beta) in [("beta_1", self.beta_1), ("beta_2", self.beta_2)] {
            if !(0.0..1.0).contains(&beta) {
                return Err(Error::config(field, "in [0, 1)", beta));
            }
        }
        if !(self.epsilon.is_finite() && self.epsilon > 0.0) {
            return Err(Error::config("epsilon", "above 0 and finite", self.epsilon));
        }
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

/// Adam (Kingma and Ba 2015) on gradients that are clipped by their global norm (Pascanu et al. 2013), with PyTorch's
/// `clip_grad_norm_` and `torch.optim.Adam` as its meaning, or, with weight decay, which is apart from the gradients
/// (Loshchilov and Hutter 2019), `torch.optim.AdamW`:
///
/// ```text
/// norm = sqrt(sum of the squares of all gradients)
/// g    = gradient * min(1, max_norm / (norm + 1e-6))
/// m    = beta_1 * m + (1 - beta_1) * g
/// v    = beta_2 * v + (1 - beta_2) * g^2
/// p    = p * (1 - learning_rate * weight_decay)
///          - learning_rate / (1 - beta_1^t) * m / (sqrt(v) / sqrt(1 - beta_2^t) + epsilon)
/// ```
///
/// `t` counts the steps of a parameter. `g`, `m` and `v` have the shape of the parameter `p`, whatever that is.
///
/// On the CPU devices single-precision parameters are updated in one pass, in place where nobody else holds their
/// tensors: a module that was cloned first costs a copy. Everywhere else it is tensor operations.
#[derive(Debug)]
pub struct ClippedAdam {
    config: ClippedAdamConfig,
    moments: BTreeMap<ParamId, AdamMoments>,
}

/// What a [`ClippedAdam`] remembers of a parameter of `n` numbers.
#[derive(Clone, Debug)]
pub struct AdamMoments {
    /// How many steps have changed the parameter.
    pub steps: usize,
    /// The running mean `m` of its gradients, `[n]` in row-major order.
    pub first: Tensor<1>,
    /// The running mean `v` of their squares, `[n]` in row-major order.
    pub second: Tensor<1>,
}

impl ClippedAdam {
    /// An optimiser that has made no step.
    ///
    /// # Errors
    ///
    /// If a field of `config` is out of its range.
    pub fn new(config: ClippedAdamConfig) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self {
            config,
            moments: BTreeMap::new(),
        })
    }

    /// What there is to save: everything but the configuration.
    pub fn moments(&self) -> &BTreeMap<ParamId, AdamMoments> {
        &self.moments
    }

    /// Goes on from moments that were saved, on whatever device they are now.
    pub fn set_moments(&mut self, moments: BTreeMap<ParamId, AdamMoments>) {
        self.moments = moments;
    }

    /// The module after one step, and the global norm of the gradients before clipping.
    ///
    /// A parameter without a gradient stays as it is, and so do its moments. If the norm is not finite, everything does.
    ///
    /// # Panics
    ///
    /// If the learning rate is negative or not finite, or a parameter has another shape than its gradient or its moments.
    pub fn step<M: Module>(
        &mut self,
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
        &mut self,
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
        let module = module.map(&mut Update {
            multiplier: clip_coefficient(norm, self.config.max_norm) / scale,
            optimizer: self,
            gradients,
            learning_rate,
        });
        (module, norm)
    }
}

/// Updates each parameter that has a gradient.
struct Update<'a> {
    optimizer: &'a mut ClippedAdam,
    gradients: &'a mut GradientsParams,
    learning_rate: f64,
    /// Unscales and clips a gradient.
    multiplier: f64,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return param;
        };
        map_value(param, |id, value| self.update(id, value, gradient.inner()))
    }
}

impl Update<'_> {
    fn update<const D: usize>(
        &mut self,
        id: ParamId,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
    ) -> Tensor<D> {
        let (shape, moments) = (parameter.shape(), &mut self.optimizer.moments);
        assert_eq!(
            gradient.shape(),
            shape,
            "a gradient has the shape of its parameter"
        );
        let mut moments = moments
            .remove(&id)
            .unwrap_or_else(|| AdamMoments::new(&parameter));
        moments.assert_for(&shape);
        moments.steps += 1;
        let step = self.coefficients(moments.steps);
        let on_host = host::is_single_on_host(&parameter) && host::is_single_on_host(&gradient);
        let (parameter, moments) = if on_host {
            step.on_host(parameter, gradient, moments)
        } else {
            step.on_device(parameter, gradient, moments)
        };
        self.optimizer.moments.insert(id, moments);
        parameter
    }

    fn coefficients(&self, steps: usize) -> Coefficients {
        let config = self.optimizer.config;
        let correction = |beta: f64| 1.0 - beta.powf(steps as f64);
        Coefficients {
            multiplier: self.multiplier,
            beta_1: config.beta_1,
            beta_2: config.beta_2,
            step: self.learning_rate / correction(config.beta_1),
            root: correction(config.beta_2).sqrt().recip(),
            epsilon: config.epsilon,
            keep: 1.0 - self.learning_rate * config.weight_decay,
        }
    }
}

impl AdamMoments {
    fn new<const D: usize>(parameter: &Tensor<D>) -> Self {
        let options = (&parameter.device(), parameter.dtype());
        let zeros = || Tensor::zeros([parameter.shape().num_elements()], options);
        Self {
            steps: 0,
            first: zeros(),
            second: zeros(),
        }
    }

    fn assert_for(&self, parameter: &Shape) {
        let moments = [self.first.dims()[0], self.second.dims()[0]];
        assert!(
            moments == [parameter.num_elements(); 2],
            "moments of {moments:?} numbers do not belong to a parameter of shape {parameter:?}"
        );
    }
}
