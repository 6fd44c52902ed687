//! The safetensors format: read by its own crate, written here so that the same weights give the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use burn::tensor::{BoolStore, DType, TensorData};
use safetensors::{Dtype, SafeTensors};
use serde::Serialize;

use super::{HostTensor, StateDict, write_atomically};
use crate::Error;

/// The header is padded to a multiple of this, so that the values behind it are aligned.
const ALIGNMENT: usize = 8;

/// What stands before the values.
#[derive(Serialize)]
struct Header<'a> {
    #[serde(rename = "__metadata__", skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<String, String>,
    #[serde(flatten)]
    tensors: BTreeMap<&'a str, Entry>,
}

/// Where a tensor's values lie behind the header, in bytes.
#[derive(Serialize)]
struct Entry {
    dtype: &'static str,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

impl StateDict {
    /// Reads a safetensors file. Every number becomes an `f32`: halves, doubles and integers too.
    ///
    /// # Errors
    /// If the file cannot be read, is truncated or no safetensors file, or holds anything but finite real numbers. The
    /// message names the file, and the tensor where it is one's fault.
    pub fn read_safetensors(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|error| Error::read(path, error))?;
        Self::from_safetensors(&bytes).map_err(|reason| Error::read(path, reason))
    }

    /// Writes a safetensors file of `f32` values. The same state dict gives the same bytes.
    ///
    /// The file is written under another name beside `path` and renamed, so that a failure leaves what stood there.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_safetensors(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        write_atomically(path, &self.to_safetensors()).map_err(|error| Error::write(path, error))
    }

    /// The content of a safetensors file; the error is text that its path belongs before.
    fn from_safetensors(bytes: &[u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let mut dict = Self::new();
        for (key, value) in header.metadata().iter().flatten() {
            dict = dict.with_metadata(key, value);
        }
        for (name, view) in tensors.iter() {
            let dtype = number_type(view.dtype())
                .ok_or_else(|| format!("{name} holds {:?}", view.dtype()))?;
            let data =
                TensorData::from_bytes_vec(view.data().to_vec(), view.shape().to_vec(), dtype);
            let tensor = HostTensor::from_data(name, data).map_err(|error| error.to_string())?;
            dict.insert_tensor(name, tensor);
        }
        Ok(dict)
    }

    /// The file's bytes: the header's length, the header, the values.
    ///
    /// The format's own crate would write the metadata in a hash map's order, which changes from run to run.
    fn to_safetensors(&self) -> Vec<u8> {
        let mut end = 0;
        let mut entry = |tensor: &HostTensor| {
            let start = end;
            end += size_of_val(tensor.values());
            Entry {
                dtype: "F32",
                shape: tensor.shape().to_vec(),
                data_offsets: [start, end],
            }
        };
        let header = Header {
            metadata: self.metadata(),
            tensors: self
                .iter()
                .map(|(name, tensor)| (name, entry(tensor)))
                .collect(),
        };
        let mut header = serde_json::to_vec(&header).expect("names and numbers serialise");
        header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        for (_, tensor) in self.iter() {
            bytes.extend(tensor.values().iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes
    }
}

/// burn's name for a type of real numbers.
fn number_type(dtype: Dtype) -> Option<DType> {
    Some(match dtype {
        Dtype::F64 => DType::F64,
        Dtype::F32 => DType::F32,
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        Dtype::I64 => DType::I64,
        Dtype::I32 => DType::I32,
        Dtype::I16 => DType::I16,
        Dtype::I8 => DType::I8,
        Dtype::U64 => DType::U64,
        Dtype::U32 => DType::U32,
        Dtype::U16 => DType::U16,
        Dtype::U8 => DType::U8,
        Dtype::BOOL => DType::Bool(BoolStore::U8),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dict() -> StateDict {
        let mut dict = StateDict::new()
            .with_metadata("kind", "lstm")
            .with_metadata("bias", true);
        dict.insert("b", [2, 1], vec![1.5, -2.0]).expect("finite");
        dict.insert("a", [1], vec![0.25]).expect("finite");
        dict
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(
            StateDict::from_safetensors(&dict().to_safetensors()),
            Ok(dict())
        );
        let empty = StateDict::new();
        assert_eq!(
            StateDict::from_safetensors(&empty.to_safetensors()),
            Ok(empty)
        );
    }

    #[test]
    fn halves_doubles_and_integers_become_f32() {
        let header = concat!(
            r#"{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"#,
            r#""t":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]},"#,
            r#""i":{"dtype":"I32","shape":[1],"data_offsets":[4,8]},"#,
            r#""d":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}"#,
        );
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend(0x3e00_u16.to_le_bytes());
        bytes.extend(0x3fc0_u16.to_le_bytes());
        bytes.extend((-3_i32).to_le_bytes());
        bytes.extend(0.1_f64.to_le_bytes());
        let dict = StateDict::from_safetensors(&bytes).expect("the file is well formed");
        let values: Vec<f32> = dict.iter().map(|(_, tensor)| tensor.values()[0]).collect();
        assert_eq!(values, [0.1, 1.5, -3.0, 1.5]);
    }
}
