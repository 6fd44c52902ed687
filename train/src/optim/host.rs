//! Tensors whose numbers lie in this process's memory, worked on as slices.

use burn::tensor::{DType, Device, Tensor, TensorData};

/// Sums of single-precision squares are carried on in double precision after this many numbers.
const BLOCK: usize = 4096;
/// Independent sums, so that the additions need not wait for each other and can be made several at a time.
const LANES: usize = 16;
const SINGLE: &str = "the data are single-precision numbers on the host";

/// Whether these are single-precision numbers in this process's memory. Turning such a tensor into data and back is free
/// where nobody else holds it and it lies in row-major order, and copies it once otherwise.
pub(crate) fn is_single_on_host<const D: usize>(tensor: &Tensor<D>) -> bool {
    let hosts: &[Device] = &[
        #[cfg(feature = "flex")]
        Device::flex(),
        #[cfg(feature = "ndarray")]
        ndarray(),
    ];
    tensor.dtype() == DType::F32 && hosts.contains(&tensor.device())
}

#[cfg(feature = "ndarray")]
#[expect(
    deprecated,
    reason = "burn deprecates the constructor, but ndarray is one of the devices we support"
)]
fn ndarray() -> Device {
    Device::ndarray()
}

/// A tensor's numbers in row-major order.
pub(crate) fn values(data: &TensorData) -> &[f32] {
    data.as_slice().expect(SINGLE)
}

/// A tensor's numbers in row-major order, to be changed in place.
pub(crate) fn values_mut(data: &mut TensorData) -> &mut [f32] {
    data.as_mut_slice().expect(SINGLE)
}

/// The tensor of single-precision data, without a copy.
pub(crate) fn tensor<const D: usize>(data: TensorData, device: &Device) -> Tensor<D> {
    Tensor::from_data(data, (device, DType::F32))
}

/// The sum of the squares of the values times `factor`, always in the same order.
pub(crate) fn sum_of_squares(values: &[f32], factor: f32) -> f64 {
    let block_sum = |block| block_sum(block, factor);
    values.chunks(BLOCK).map(block_sum).sum()
}

fn block_sum(values: &[f32], factor: f32) -> f64 {
    let mut sums = [0.0_f32; LANES];
    let groups = values.chunks_exact(LANES);
    let rest = groups.remainder();
    for group in groups {
        for (sum, value) in sums.iter_mut().zip(group) {
            *sum += (value * factor).powi(2);
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum += (value * factor).powi(2);
    }
    sums.into_iter().map(f64::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What `BLOCK / LANES` roundings of single precision can add up to.
    const TOLERANCE: f64 = 2e-5;

    proptest! {
        #[test]
        fn squares_are_summed_whatever_their_number(
            values in prop::collection::vec(-100.0_f32..100.0, 0..2 * BLOCK + 2 * LANES),
            factor in 0.01_f32..100.0,
        ) {
            let square = |&value: &f32| (f64::from(value) * f64::from(factor)).powi(2);
            let exact: f64 = values.iter().map(square).sum();
            prop_assert!((sum_of_squares(&values, factor) - exact).abs() <= TOLERANCE * exact);
        }
    }

    /// The squares of a scaled loss's gradients may be beyond single precision.
    #[test]
    fn values_are_multiplied_before_they_are_squared() {
        let (scale, unscale) = (2.0_f32.powi(100), 2.0_f32.powi(-100));
        assert_eq!(sum_of_squares(&[scale, scale], unscale), 2.0);
    }

    #[test]
    fn what_is_not_finite_shows() {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(!sum_of_squares(&[1.0, value, 2.0], 1.0).is_finite());
        }
    }
}
