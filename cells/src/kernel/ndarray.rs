//! The fused path on ndarray.

#![expect(
    deprecated,
    reason = "burn deprecates its ndarray backend, but it is one of those we support"
)]

use std::sync::Arc;

use burn::backend::NdArray;
use burn::backend::ndarray::NdArrayTensor;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{Shape, TensorData};

use super::op::{SequenceOps, compute_on};
use super::run::{Call, HostBackend, Run};

impl HostBackend for NdArray {
    fn contiguous(tensor: NdArrayTensor) -> NdArrayTensor {
        let NdArrayTensor::F32(storage) = &tensor else {
            return tensor;
        };
        let view = storage.view();
        if view.to_slice().is_some() {
            return tensor;
        }
        let shape = view.shape().to_vec();
        Self::tensor(view.iter().copied().collect(), Shape::from(shape))
    }

    fn numbers(tensor: &NdArrayTensor) -> &[f32] {
        let NdArrayTensor::F32(storage) = tensor else {
            panic!("the operands of the fused path are f32 tensors")
        };
        storage
            .view()
            .to_slice()
            .expect("the operands of the fused path are contiguous")
    }

    fn tensor(numbers: Vec<f32>, shape: Shape) -> NdArrayTensor {
        NdArrayTensor::from_data(TensorData::new(numbers, shape))
    }
}

compute_on!(NdArray);
