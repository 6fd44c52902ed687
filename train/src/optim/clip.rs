//! Clipping of gradients, by their global norm or by their values.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::host;

/// Keeps the coefficient finite where the gradients are zero, as in PyTorch.
const NORM_OFFSET: f64 = 1e-6;

/// Scales all gradients of `module` by one factor, so that their global norm is at most `max_norm`, and returns the norm
/// from before (Pascanu et al. 2013).
///
/// The factor is `max_norm / (norm + 1e-6)` where that is below 1, as in PyTorch's `clip_grad_norm_`; smaller gradients
/// are left as they are. The norm is read from the device once, not once a parameter. A norm that is not finite is
/// returned with the gradients untouched.
///
/// # Panics
///
/// If `max_norm` is not above 0; infinity only measures.
///
/// burn's own clipping looks at each tensor alone, which changes the direction of the step.
pub fn clip_grad_norm<M: Module>(
    gradients: &mut GradientsParams,
    module: &M,
    max_norm: f64,
) -> f64 {
    assert!(max_norm > 0.0, "max_norm must be above 0, got {max_norm}");
    let norm = global_norm(gradients, module, 1.0);
    let coefficient = clip_coefficient(norm, max_norm);
    if norm.is_finite() && coefficient < 1.0 {
        scale_gradients(gradients, module, coefficient);
    }
    norm
}

/// Divides all gradients of `module` by the scale that their loss was multiplied by, and returns their global norm after
/// that: what PyTorch's `GradScaler.unscale_` does before gradients are clipped.
///
/// A norm that is not finite, which it is not where any gradient is not, is returned with the gradients untouched: the step
/// is to be skipped. The optimisers of this crate need no call of this, as `step_scaled` spares them the pass over the
/// gradients.
///
/// # Panics
///
/// If `scale` is not above 0 and finite.
pub fn unscale_gradients<M: Module>(
    gradients: &mut GradientsParams,
    module: &M,
    scale: f64,
) -> f64 {
    let norm = global_norm(gradients, module, scale);
    if norm.is_finite() && scale != 1.0 {
        scale_gradients(gradients, module, scale.recip());
    }
    norm
}

/// Multiplies all gradients of `module` by one factor.
pub(crate) fn scale_gradients<M: Module>(
    gradients: &mut GradientsParams,
    module: &M,
    coefficient: f64,
) {
    module.visit(&mut Scale {
        gradients,
        coefficient,
    });
}

/// Puts every number of the gradients of `module` between `-max_value` and `max_value`, as PyTorch's `clip_grad_value_`, and
/// returns the largest absolute value from before; 0 without any.
///
/// It is read from the device once. Where a gradient is not finite, NaN included, that is infinity, and the gradients are
/// untouched.
///
/// # Panics
///
/// If `max_value` is not above 0; infinity only measures.
pub fn clip_grad_value<M: Module>(
    gradients: &mut GradientsParams,
    module: &M,
    max_value: f64,
) -> f64 {
    assert!(
        max_value > 0.0,
        "max_value must be above 0, got {max_value}"
    );
    let mut largest = Largest {
        gradients,
        values: Vec::new(),
    };
    module.visit(&mut largest);
    if largest.values.is_empty() {
        return 0.0;
    }
    let highest = Tensor::cat(largest.values, 0).max().into_scalar::<f64>();
    if highest.is_finite() && highest > max_value {
        module.visit(&mut Clamp {
            gradients,
            max_value,
        });
    }
    highest
}

/// What gradients of this norm are to be multiplied by, in `(0, 1]`.
pub(crate) fn clip_coefficient(norm: f64, max_norm: f64) -> f64 {
    (max_norm / (norm + NORM_OFFSET)).min(1.0)
}

/// The root of the sum of the squares of all gradients of `module`, each divided by `scale`; 0 without any.
///
/// They are divided before they are squared, because the squares of a scaled loss's gradients may be beyond single
/// precision. The gradients themselves keep their values. On the host they come back in row-major order and held by nobody
/// else, so that who turns them into data next need not copy them.
///
/// # Panics
///
/// If `scale` is not above 0 and finite.
pub(crate) fn global_norm<M: Module>(
    gradients: &mut GradientsParams,
    module: &M,
    scale: f64,
) -> f64 {
    assert!(
        scale.is_finite() && scale > 0.0,
        "the scale of gradients must be above 0 and finite, got {scale}"
    );
    let mut squares = Squares {
        gradients,
        factor: scale.recip(),
        on_host: 0.0,
        on_device: Vec::new(),
    };
    module.visit(&mut squares);
    let on_device = if squares.on_device.is_empty() {
        0.0
    } else {
        sum_in_order(Tensor::cat(squares.on_device, 0)).into_scalar::<f64>()
    };
    (squares.on_host + on_device).sqrt()
}

/// The sum of all numbers, `[1]`, a dimension at a time: burn's `sum` adds atomically where a GPU can, in whatever order its
/// threads come, so that two equal steps may differ in their last bits.
fn sum_in_order<const D: usize>(values: Tensor<D>) -> Tensor<1> {
    let sum = (0..D).rev().fold(values, Tensor::sum_dim);
    sum.reshape([1])
}

/// Collects the sum of squares of each gradient.
struct Squares<'a> {
    gradients: &'a mut GradientsParams,
    /// Multiplies each gradient.
    factor: f64,
    on_host: f64,
    /// `[1]` each.
    on_device: Vec<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else {
            return;
        };
        let gradient = if host::is_single_on_host(&gradient) {
            let device = gradient.device();
            let data = gradient.into_data();
            self.on_host += host::sum_of_squares(host::values(&data), self.factor as f32);
            host::tensor(data, &device)
        } else {
            let unscaled = match self.factor {
                1.0 => gradient.clone(),
                factor => gradient.clone() * factor,
            };
            self.on_device.push(sum_in_order(unscaled.square()));
            gradient
        };
        self.gradients.register(param.id, gradient);
    }
}

/// Multiplies each gradient by the same factor.
struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    coefficient: f64,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients
                .register(param.id, gradient * self.coefficient);
        }
    }
}

/// Collects the largest absolute value of each gradient.
struct Largest<'a> {
    gradients: &'a mut GradientsParams,
    /// `[1]` each, in single precision.
    values: Vec<Tensor<1>>,
}

impl ModuleVisitor for Largest<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            // The maximum may pass over what is not a number.
            let not_a_number = gradient.clone().is_nan();
            let absolute = gradient.abs().mask_fill(not_a_number, f64::INFINITY);
            self.values.push(absolute.max());
        }
    }
}

/// Puts each gradient between its limits.
struct Clamp<'a> {
    gradients: &'a mut GradientsParams,
    max_value: f64,
}

impl ModuleVisitor for Clamp<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            let clamped = gradient.clamp(-self.max_value, self.max_value);
            self.gradients.register(param.id, clamped);
        }
    }
}
