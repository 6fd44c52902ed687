//! Weights drawn anew.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};
use recurra_cells::SeededRng;

use super::param::map_value;

/// `module` with every weight and bias drawn from `U(-bound, bound)`, as Zaremba et al. (2014) begin. The draws follow the
/// order of the module's fields, each tensor row by row.
///
/// # Panics
///
/// If `bound` is not above 0 and finite.
pub fn redraw_uniform<M: Module>(module: M, bound: f64, rng: &mut SeededRng) -> M {
    assert!(
        bound > 0.0 && bound.is_finite(),
        "the bound of a weight must be above 0 and finite, got {bound}"
    );
    module.map(&mut Redraw { bound, rng })
}

struct Redraw<'a> {
    bound: f64,
    rng: &'a mut SeededRng,
}

impl ModuleMapper for Redraw<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        map_value(param, |_, value| {
            let shape = value.shape();
            let draw = |_| self.rng.uniform(-self.bound, self.bound);
            let values: Vec<f64> = (0..shape.num_elements()).map(draw).collect();
            let options = (&value.device(), value.dtype());
            Tensor::from_data(TensorData::new(values, shape), options)
        })
    }
}
