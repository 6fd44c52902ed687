//! Clipping by the global norm of the gradients.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

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
    let mut squares = Squares {
        gradients,
        sums: Vec::new(),
    };
    module.visit(&mut squares);
    if squares.sums.is_empty() {
        return 0.0;
    }
    let norm = Tensor::cat(squares.sums, 0)
        .sum()
        .sqrt()
        .into_scalar::<f64>();
    let coefficient = max_norm / (norm + NORM_OFFSET);
    if norm.is_finite() && coefficient < 1.0 {
        module.visit(&mut Scale {
            gradients,
            coefficient,
        });
    }
    norm
}

/// Collects the sum of squares of each gradient, `[1]` each, on the device.
struct Squares<'a> {
    gradients: &'a GradientsParams,
    sums: Vec<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = self.gradients.get::<D>(param.id);
        self.sums
            .extend(gradient.map(|gradient| gradient.square().sum()));
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
