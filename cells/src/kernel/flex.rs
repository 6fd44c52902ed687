//! The fused path on flex.

use std::sync::Arc;

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{Shape, TensorData};

use super::op::{SequenceOps, compute_on};
use super::run::{Call, HostBackend, Run};

impl HostBackend for Flex {
    fn contiguous(tensor: FlexTensor) -> FlexTensor {
        match tensor.is_contiguous() {
            true => tensor,
            false => tensor.to_contiguous(),
        }
    }

    fn numbers(tensor: &FlexTensor) -> &[f32] {
        tensor
            .as_slice()
            .expect("the operands of the fused path are contiguous f32 tensors")
    }

    fn tensor(numbers: Vec<f32>, shape: Shape) -> FlexTensor {
        FlexTensor::from_data(TensorData::new(numbers, shape))
    }
}

compute_on!(Flex);
