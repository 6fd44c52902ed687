//! Dropout masks, drawn on the host.

use burn::tensor::{Tensor, TensorCreationOptions, TensorData};
use recurra_cells::SeededRng;

/// A mask `shape` that is 0 with this probability and `1 / (1 - probability)` elsewhere, so that what it multiplies keeps
/// its mean (inverted dropout; Srivastava et al. 2014). `options` are a device, and a number type where it is not the
/// device's own.
///
/// # Panics
///
/// If `probability` is outside `[0, 1)`.
pub fn dropout_mask(
    shape: [usize; 2],
    probability: f64,
    options: impl Into<TensorCreationOptions>,
    rng: &mut SeededRng,
) -> Tensor<2> {
    assert!(
        (0.0..1.0).contains(&probability),
        "a dropout probability must be in [0, 1), got {probability}"
    );
    let kept = 1.0 / (1.0 - probability);
    let draw = |_| if rng.unit() < probability { 0.0 } else { kept };
    let values: Vec<f64> = (0..shape[0] * shape[1]).map(draw).collect();
    Tensor::from_data(TensorData::new(values, shape), options)
}
