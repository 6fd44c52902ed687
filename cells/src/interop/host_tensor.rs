//! A tensor of finite numbers on the host.

use burn::module::Param;
use burn::tensor::{Tensor, TensorData};

use crate::Error;

/// A tensor of finite `f32` values in row-major order, on no device.
#[derive(Clone, Debug, PartialEq)]
pub struct HostTensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl HostTensor {
    /// The tensor called `name` (for the message of an error) of this shape.
    ///
    /// # Errors
    /// If the shape asks for another number of values, or a value is NaN or infinite.
    pub fn new(name: &str, shape: impl Into<Vec<usize>>, values: Vec<f32>) -> Result<Self, Error> {
        let shape = shape.into();
        if shape.iter().product::<usize>() != values.len() {
            return Err(Error::tensor_shape(
                name,
                format!("a shape of {} values", values.len()),
                &shape,
            ));
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(index) => Err(Error::NonFinite {
                tensor: name.to_owned(),
                index,
                value: values[index].to_string(),
            }),
            None => Ok(Self { shape, values }),
        }
    }

    /// The values of numbers of any type, converted to `f32`.
    pub(super) fn from_data(name: &str, data: TensorData) -> Result<Self, Error> {
        let shape = data.shape().to_vec();
        Self::new(name, shape, data.iter::<f32>().collect())
    }

    /// The extent of each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values in row-major order.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The tensor as one on the device and with the number type of `like`.
    pub(super) fn upload<const D: usize>(self, like: &Tensor<D>) -> Tensor<D> {
        let data = TensorData::new(self.values, self.shape);
        Tensor::from_data(data, (&like.device(), like.dtype()))
    }
}

/// A tensor's values in row-major order, converted to `f32`.
pub(super) fn host_values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}

/// `param` with other values; its identity, device, number type and need for a gradient stay.
///
/// # Panics
/// If `values` are not as many as the parameter has.
pub(super) fn replace_values<const D: usize>(
    param: Param<Tensor<D>>,
    values: Vec<f32>,
) -> Param<Tensor<D>> {
    param.map(|old| {
        let shape = old.dims().to_vec();
        let new = HostTensor { shape, values }.upload(&old);
        new.set_require_grad(old.is_require_grad())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_must_be_finite_and_as_many_as_the_shape_says() {
        let error =
            HostTensor::new("w", [2, 2], vec![0.0, 1.0, f32::NAN, f32::INFINITY]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "w has NaN at index 2, weights must be finite"
        );
        let error = HostTensor::new("w", [2, 2], vec![0.0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "w must be a shape of 1 values, got [2, 2]"
        );
    }
}
