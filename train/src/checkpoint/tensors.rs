//! Tensors on the host by name, and the bytes they are stored as.

use std::collections::BTreeMap;
use std::io;

use burn::tensor::{DType, Device, Tensor, TensorData};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::Error;

/// Tensors on the host, by name.
///
/// Numbers may be `f64`, `f32`, `f16`, `bf16`, or integers of any width; a stored tensor has the bits it had.
pub type Tensors = BTreeMap<String, TensorData>;

/// A tensor's shape and number type, which is all that can be wrong about it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Form {
    shape: Vec<usize>,
    dtype: DType,
}

impl Form {
    pub fn of<const D: usize>(tensor: &Tensor<D>) -> Self {
        Self::new(tensor.shape().to_vec(), tensor.dtype())
    }

    pub fn new(shape: Vec<usize>, dtype: DType) -> Self {
        Self { shape, dtype }
    }

    /// The form of one count.
    pub fn number() -> Self {
        Self::new(vec![1], DType::I64)
    }

    /// The form of a parameter's numbers in row-major order.
    pub fn flat(&self) -> Self {
        Self::new(vec![self.shape.iter().product()], self.dtype)
    }

    fn text(&self) -> String {
        format!("{:?} {:?}", self.dtype, self.shape)
    }
}

fn form(data: &TensorData) -> Form {
    Form::new(data.shape().to_vec(), data.dtype())
}

/// Whether `tensors` are exactly the `expected` ones.
pub(super) fn check(tensors: &Tensors, expected: &BTreeMap<String, Form>) -> Result<(), Error> {
    for (name, expected) in expected {
        let found = tensors.get(name).map(form);
        if found.as_ref() != Some(expected) {
            let found = found.map_or("none".to_owned(), |found| found.text());
            return Err(Error::tensor(name, expected.text(), found));
        }
    }
    match tensors
        .iter()
        .find(|(name, _)| !expected.contains_key(*name))
    {
        Some((name, data)) => Err(Error::tensor(name, "absent", form(data).text())),
        None => Ok(()),
    }
}

/// A tensor of its own number type, which keeps its bits.
pub(super) fn upload<const D: usize>(data: &TensorData, device: &Device) -> Tensor<D> {
    Tensor::from_data(data.clone(), (device, data.dtype()))
}

/// Whether these tensors can be stored.
pub(super) fn check_storable(tensors: &Tensors) -> Result<(), Error> {
    for (name, data) in tensors {
        view(name, data)?;
        if name == RESERVED {
            return Err(Error::tensor(name, "called otherwise", "a reserved name"));
        }
    }
    Ok(())
}

/// The tensors as a safetensors file; the same tensors give the same bytes.
pub(super) fn encode(tensors: &Tensors) -> io::Result<Vec<u8>> {
    let views = tensors
        .iter()
        .map(|(name, data)| view(name, data).map(|view| (name, view)));
    let views: Result<Vec<_>, _> = views.collect();
    safetensors::serialize(views.map_err(io::Error::other)?, None).map_err(io::Error::other)
}

fn view<'a>(name: &str, data: &'a TensorData) -> Result<TensorView<'a>, Error> {
    let shape = data.shape().to_vec();
    NUMBERS
        .iter()
        .find(|(burns, _)| *burns == data.dtype())
        .and_then(|(_, dtype)| TensorView::new(*dtype, shape, data.as_bytes()).ok())
        .ok_or_else(|| Error::tensor(name, "plain numbers", form(data).text()))
}

/// The tensors of a safetensors file; the error is text on one line.
pub(super) fn decode(bytes: &[u8]) -> Result<Tensors, String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|cause| cause.to_string())?;
    let read = |(name, view): (&str, TensorView<'_>)| {
        let dtype = NUMBERS
            .iter()
            .find(|(_, stored)| *stored == view.dtype())
            .ok_or_else(|| format!("tensor {name} holds {:?}", view.dtype()))?;
        let (bytes, shape) = (view.data().to_vec(), view.shape().to_vec());
        TensorData::try_from_bytes_vec(bytes, shape, dtype.0)
            .map(|data| (name.to_owned(), data))
            .map_err(|cause| format!("tensor {name}: {cause}"))
    };
    tensors.iter().map(read).collect()
}

/// What safetensors keeps for itself among the names of tensors.
const RESERVED: &str = "__metadata__";

/// burn's name for each type of numbers, and that of safetensors.
const NUMBERS: [(DType, Dtype); 12] = [
    (DType::F64, Dtype::F64),
    (DType::F32, Dtype::F32),
    (DType::F16, Dtype::F16),
    (DType::BF16, Dtype::BF16),
    (DType::I64, Dtype::I64),
    (DType::I32, Dtype::I32),
    (DType::I16, Dtype::I16),
    (DType::I8, Dtype::I8),
    (DType::U64, Dtype::U64),
    (DType::U32, Dtype::U32),
    (DType::U16, Dtype::U16),
    (DType::U8, Dtype::U8),
];
