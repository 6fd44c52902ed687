//! Clipping by the global norm of the gradients.

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
    let norm = global_norm(gradients, module);
    let coefficient = clip_coefficient(norm, max_norm);
    if norm.is_finite() && coefficient < 1.0 {
        module.visit(&mut Scale {
            gradients,
            coefficient,
        });
    }
    norm
}

/// What gradients of this norm are to be multiplied by, in `(0, 1]`.
pub(crate) fn clip_coefficient(norm: f64, max_norm: f64) -> f64 {
    (max_norm / (norm + NORM_OFFSET)).min(1.0)
}

/// The root of the sum of the squares of all gradients of `module`; 0 without any.
///
/// The gradients keep their values. On the host they come back in row-major order and held by nobody else, so that who
/// turns them into data next need not copy them.
pub(crate) fn global_norm<M: Module>(gradients: &mut GradientsParams, module: &M) -> f64 {
    let mut squares = Squares {
        gradients,
        on_host: 0.0,
        on_device: Vec::new(),
    };
    module.visit(&mut squares);
    let on_device = if squares.on_device.is_empty() {
        0.0
    } else {
        Tensor::cat(squares.on_device, 0).sum().into_scalar::<f64>()
    };
    (squares.on_host + on_device).sqrt()
}

/// Collects the sum of squares of each gradient.
struct Squares<'a> {
    gradients: &'a mut GradientsParams,
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
            self.on_host += host::sum_of_squares(host::values(&data));
            host::tensor(data, &device)
        } else {
            self.on_device.push(gradient.clone().square().sum());
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
