//! Parameters changed outside of their graph.

use burn::module::{Param, ParamId};
use burn::tensor::Tensor;

/// The parameter with another value, which `change` makes of the one it has, outside of autodiff. It requires gradients as
/// before.
///
/// The parameter is consumed, because only what nobody else holds can be changed in place.
pub(crate) fn map_value<const D: usize>(
    param: Param<Tensor<D>>,
    change: impl FnOnce(ParamId, Tensor<D>) -> Tensor<D>,
) -> Param<Tensor<D>> {
    let (id, value, mapper) = param.consume();
    let requires_grad = value.is_require_grad();
    let checkpointing = value.gradient_checkpointing_strategy();
    let mut changed = change(id, value.inner());
    if let Some(strategy) = checkpointing {
        changed = Tensor::from_inner(changed)
            .with_gradient_checkpointing_strategy(strategy)
            .set_require_grad(requires_grad);
    }
    Param::from_mapped_value(id, changed, mapper)
}
