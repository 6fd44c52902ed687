//! The few tensor operations that the cells share.

use burn::module::Param;
use burn::tensor::{DType, Tensor, activation};

use crate::Error;

/// A weight `[O, I]` as the right side of a product, `[I, O]`.
pub(crate) fn transposed(weight: &Param<Tensor<2>>) -> Tensor<2> {
    weight.val().transpose()
}

/// `inputs [B, T, D]` times `weight^T`, plus a bias, as one product over every step.
pub(crate) fn project(
    inputs: Tensor<3>,
    weight: &Param<Tensor<2>>,
    bias: Option<&Param<Tensor<1>>>,
) -> Tensor<3> {
    let [batch, steps, width] = inputs.dims();
    let types = (inputs.dtype(), weight.dtype());
    assert_type("the inputs are", types.0, "the weights are", types.1);
    let flat = inputs
        .reshape([batch * steps, width])
        .matmul(transposed(weight));
    let flat = match bias {
        Some(bias) => flat + bias.val().unsqueeze(),
        None => flat,
    };
    let [_, gates] = flat.dims();
    flat.reshape([batch, steps, gates])
}

/// The gates `[B, G*H]` as `G` tensors `[B, H]`.
pub(crate) fn split_gates<const G: usize>(gates: Tensor<2>) -> [Tensor<2>; G] {
    let [_, width] = gates.dims();
    let size = width / G;
    std::array::from_fn(|gate| gates.clone().narrow(1, gate * size, size))
}

/// `1 / (1 + exp(-x))` in the number type of `x`.
pub(crate) fn sigmoid(x: Tensor<2>) -> Tensor<2> {
    match x.dtype() {
        // burn's own takes a detour through f32 on backends without a kernel for it, ndarray among them.
        DType::F64 => (x * 0.5).tanh() * 0.5 + 0.5,
        _ => activation::sigmoid(x),
    }
}

/// Values beyond `[-bound, bound]` are moved to its border.
pub(crate) fn clip(values: Tensor<2>, bound: Option<f64>) -> Tensor<2> {
    match bound {
        Some(bound) => values.clamp(-bound, bound),
        None => values,
    }
}

/// burn leaves it to the device what becomes of operands of two number types, and wgpu computes something else from them
/// without a word.
///
/// # Panics
/// If the types differ; the message has both.
pub(crate) fn assert_type(what: &str, got: DType, whom: &str, expected: DType) {
    assert_eq!(got, expected, "{what} {got:?}, but {whom} {expected:?}");
}

/// A size that must be at least 1.
pub(crate) fn check_size(field: &'static str, size: usize) -> Result<(), Error> {
    match size {
        0 => Err(Error::config(field, "at least 1", size)),
        _ => Ok(()),
    }
}

/// A clipping bound, which must be positive and finite where it is given.
pub(crate) fn check_clip(field: &'static str, bound: Option<f64>) -> Result<(), Error> {
    match bound {
        Some(bound) if !(bound > 0.0 && bound.is_finite()) => {
            Err(Error::config(field, "positive and finite", bound))
        }
        _ => Ok(()),
    }
}

/// The longest dependency of a chrono initialisation, which must leave a range to draw from.
pub(crate) fn check_chrono(longest: Option<usize>) -> Result<(), Error> {
    match longest {
        Some(steps) if steps < 2 => Err(Error::config("chrono", "at least 2", steps)),
        _ => Ok(()),
    }
}

/// A value that must be finite.
pub(crate) fn check_finite(field: &'static str, value: f64) -> Result<(), Error> {
    match value.is_finite() {
        true => Ok(()),
        false => Err(Error::config(field, "finite", value)),
    }
}

/// # Panics
/// If the configuration or the input size is out of its range.
pub(crate) fn assert_config(validated: Result<(), Error>, input_size: usize) {
    if let Err(error) = validated.and_then(|()| check_size("input_size", input_size)) {
        panic!("{error}");
    }
}

/// The default of what is on unless said otherwise.
pub(crate) fn yes() -> bool {
    true
}

/// The default forget bias.
pub(crate) fn one() -> f64 {
    1.0
}

/// The default number of layers.
pub(crate) fn one_layer() -> usize {
    1
}
