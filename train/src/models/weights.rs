//! Initial weights of what stands around a network, drawn on the host, so that a seed gives the same on every device.

use burn::module::Param;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::SeededRng;

/// A weight of this shape, drawn row by row.
pub(super) fn draw(
    shape: [usize; 2],
    device: &Device,
    mut value: impl FnMut() -> f64,
) -> Param<Tensor<2>> {
    let values: Vec<f64> = (0..shape[0] * shape[1]).map(|_| value()).collect();
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}

/// A weight `[inputs, outputs]`, `U(-1/sqrt(inputs), 1/sqrt(inputs))`.
pub(super) fn matrix(shape: [usize; 2], device: &Device, rng: &mut SeededRng) -> Param<Tensor<2>> {
    let bound = (shape[0] as f64).sqrt().recip();
    draw(shape, device, || rng.uniform(-bound, bound))
}

/// A layer with such a weight `[inputs, outputs]` and a zero bias.
pub(super) fn linear(shape: [usize; 2], device: &Device, rng: &mut SeededRng) -> Linear {
    Linear {
        weight: matrix(shape, device, rng),
        bias: Some(Param::from_tensor(Tensor::zeros([shape[1]], device))),
    }
}

/// A standard normal embedding `[V, E]`.
pub(super) fn embedding(shape: [usize; 2], device: &Device, rng: &mut SeededRng) -> Embedding {
    Embedding {
        weight: draw(shape, device, || rng.normal()),
    }
}
