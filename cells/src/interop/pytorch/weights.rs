//! What a cell reads its weights from, and writes them to.

use std::collections::BTreeSet;

use burn::module::Param;
use burn::tensor::Tensor;

use super::super::host_tensor::replace_values;
use super::super::{HostTensor, StateDict, WeightMismatch, WrongShape};
use crate::Error;

/// Hands a cell its weights, and keeps account of what is missing, left over or of another shape.
#[derive(Debug)]
pub struct WeightReader<'a> {
    dict: &'a StateDict,
    prefix: &'a str,
    suffix: String,
    unread: BTreeSet<&'a str>,
    mismatch: WeightMismatch,
}

impl<'a> WeightReader<'a> {
    pub(super) fn new(dict: &'a StateDict, prefix: &'a str) -> Self {
        Self {
            dict,
            prefix,
            suffix: String::new(),
            unread: dict
                .names()
                .filter(|name| name.starts_with(prefix))
                .collect(),
            mismatch: WeightMismatch::default(),
        }
    }

    /// Turns to the cell whose weights' names end in `suffix`.
    pub(super) fn enter(&mut self, suffix: String) {
        self.suffix = suffix;
    }

    /// # Errors
    /// If anything was missing, left over or of another shape.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.mismatch.unexpected = self.unread.into_iter().map(str::to_owned).collect();
        match self.mismatch.is_empty() {
            true => Ok(()),
            false => Err(Error::Weights(self.mismatch)),
        }
    }

    /// Whether the file has this weight for this cell.
    pub fn has(&self, name: &str) -> bool {
        self.dict.contains(&self.full_name(name))
    }

    /// The values of the weight `name` (`"weight_ih"`), or nothing, noted, where it is missing or not of this shape.
    pub fn read(&mut self, name: &str, shape: &[usize]) -> Option<Vec<f32>> {
        let name = self.full_name(name);
        self.unread.remove(name.as_str());
        match self.dict.get(&name) {
            Some(tensor) if tensor.shape() == shape => Some(tensor.values().to_vec()),
            Some(tensor) => {
                let (expected, got) = (shape.to_vec(), tensor.shape().to_vec());
                self.mismatch.wrong_shapes.push(WrongShape {
                    name,
                    expected,
                    got,
                });
                None
            }
            None => {
                self.mismatch.missing.push(name);
                None
            }
        }
    }

    /// `param` with the values of the weight `name`; as it was, and noted, where that does not fit.
    pub fn fill<const D: usize>(
        &mut self,
        name: &str,
        param: Param<Tensor<D>>,
    ) -> Param<Tensor<D>> {
        match self.read(name, &param.dims()) {
            Some(values) => replace_values(param, values),
            None => param,
        }
    }

    /// `param` with `bias_ih + bias_hh`, which PyTorch keeps apart and always adds.
    pub fn fill_folded_bias(&mut self, param: Param<Tensor<1>>) -> Param<Tensor<1>> {
        let shape = param.dims();
        match (self.read("bias_ih", &shape), self.read("bias_hh", &shape)) {
            (Some(input), Some(hidden)) => replace_values(param, sum(&input, &hidden)),
            _ => param,
        }
    }

    /// `param` with `bias_ih`, plus `bias_hh` where the file has it: for cells that PyTorch has no module for.
    pub fn fill_single_bias(&mut self, param: Param<Tensor<1>>) -> Param<Tensor<1>> {
        match self.has("bias_hh") {
            true => self.fill_folded_bias(param),
            false => self.fill("bias_ih", param),
        }
    }

    fn full_name(&self, name: &str) -> String {
        format!("{}{name}{}", self.prefix, self.suffix)
    }
}

/// Takes a cell's weights.
#[derive(Debug)]
pub struct WeightWriter<'a> {
    dict: &'a mut StateDict,
    prefix: &'a str,
    suffix: String,
}

impl<'a> WeightWriter<'a> {
    pub(super) fn new(dict: &'a mut StateDict, prefix: &'a str, suffix: String) -> Self {
        Self {
            dict,
            prefix,
            suffix,
        }
    }

    /// Stores `param` as the weight `name` (`"weight_ih"`), as `f32`.
    ///
    /// # Errors
    /// If a value is NaN or infinite.
    pub fn write<const D: usize>(
        &mut self,
        name: &str,
        param: &Param<Tensor<D>>,
    ) -> Result<(), Error> {
        let name = self.full_name(name);
        let tensor = HostTensor::from_data(&name, param.val().into_data())?;
        self.dict.insert_tensor(&name, tensor);
        Ok(())
    }

    /// Stores `values [N]` as the weight `name`.
    ///
    /// # Errors
    /// If a value is NaN or infinite.
    pub fn write_values(&mut self, name: &str, values: Vec<f32>) -> Result<(), Error> {
        self.dict
            .insert(&self.full_name(name), [values.len()], values)
    }

    fn full_name(&self, name: &str) -> String {
        format!("{}{name}{}", self.prefix, self.suffix)
    }
}

/// Element by element.
pub(super) fn sum(left: &[f32], right: &[f32]) -> Vec<f32> {
    left.iter()
        .zip(right)
        .map(|(left, right)| left + right)
        .collect()
}
