//! Feature `pt`: the files that `torch.save` writes.

use std::path::Path;

use burn::tensor::{BoolStore, DType, TensorData};
use pytorch_reader::PytorchReader;

use super::{HostTensor, StateDict};
use crate::Error;

impl StateDict {
    /// Reads a file of `torch.save(module.state_dict(), path)`, or of a whole module. Every number becomes an `f32`.
    ///
    /// # Errors
    /// If the file cannot be read, is truncated or no such file, or holds a value that is NaN or infinite. The message
    /// names the file, and the tensor where it is one's fault.
    pub fn read_pt(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let reader = PytorchReader::new(path).map_err(|error| Error::read(path, error))?;
        let mut dict = Self::new();
        for (name, tensor) in reader.tensors() {
            let bytes = tensor.read().map_err(|error| Error::read(path, error))?;
            let data = TensorData::from_bytes_vec(
                bytes,
                tensor.shape().to_vec(),
                number_type(tensor.dtype()),
            );
            let tensor =
                HostTensor::from_data(name, data).map_err(|error| Error::read(path, error))?;
            dict.insert_tensor(name, tensor);
        }
        Ok(dict)
    }
}

/// burn's name for a type of numbers.
fn number_type(dtype: pytorch_reader::DType) -> DType {
    use pytorch_reader::DType as Pt;
    match dtype {
        Pt::F64 => DType::F64,
        Pt::F32 => DType::F32,
        Pt::F16 => DType::F16,
        Pt::BF16 => DType::BF16,
        Pt::I64 => DType::I64,
        Pt::I32 => DType::I32,
        Pt::I16 => DType::I16,
        Pt::I8 => DType::I8,
        Pt::U64 => DType::U64,
        Pt::U32 => DType::U32,
        Pt::U16 => DType::U16,
        Pt::U8 => DType::U8,
        Pt::Bool => DType::Bool(BoolStore::U8),
    }
}
