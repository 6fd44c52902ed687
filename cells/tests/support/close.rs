//! Comparing with what others compute.

use burn::tensor::Tensor;

/// How far an f32 result may be off, relative to the largest entry of its tensor.
pub const F32_TOLERANCE: f64 = 1e-5;

/// Asserts that `got` is `expected`, within [`F32_TOLERANCE`]; says how far it was off.
pub fn assert_close(what: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let error = relative_error(got, expected);
    println!("{what}: {error:.1e}");
    assert!(
        error <= F32_TOLERANCE,
        "{what} is off by {error:.1e} of its largest entry"
    );
}

/// The largest difference, relative to the largest entry of `expected`.
pub fn relative_error(got: &[f32], expected: &[f32]) -> f64 {
    let largest = expected.iter().fold(f64::MIN_POSITIVE, |largest, &value| {
        largest.max(f64::from(value).abs())
    });
    let differences = got
        .iter()
        .zip(expected)
        .map(|(&got, &expected)| (f64::from(got) - f64::from(expected)).abs());
    // NaN must not hide behind `max`, which ignores it.
    differences.fold(0.0, |worst, difference| {
        if difference <= worst {
            worst
        } else {
            difference
        }
    }) / largest
}

/// A tensor's values in row-major order.
pub fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}
