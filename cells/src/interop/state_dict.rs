//! Named tensors on the host.

use std::collections::BTreeMap;

use super::HostTensor;
use crate::Error;

/// Names and their tensors, in the order of the names, with a file's metadata.
///
/// It is where every format meets: files are read into one, and networks are filled from one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateDict {
    tensors: BTreeMap<String, HostTensor>,
    metadata: BTreeMap<String, String>,
}

impl StateDict {
    /// No tensors, no metadata.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tensor, in place of one of the same name.
    ///
    /// # Errors
    /// If the shape asks for another number of values, or a value is NaN or infinite.
    pub fn insert(
        &mut self,
        name: &str,
        shape: impl Into<Vec<usize>>,
        values: Vec<f32>,
    ) -> Result<(), Error> {
        self.insert_tensor(name, HostTensor::new(name, shape, values)?);
        Ok(())
    }

    /// Adds a tensor, in place of one of the same name.
    pub fn insert_tensor(&mut self, name: &str, tensor: HostTensor) {
        self.tensors.insert(name.to_owned(), tensor);
    }

    /// The tensor of this name.
    pub fn get(&self, name: &str) -> Option<&HostTensor> {
        self.tensors.get(name)
    }

    /// Takes out the tensor of this name.
    pub fn remove(&mut self, name: &str) -> Option<HostTensor> {
        self.tensors.remove(name)
    }

    /// Whether there is a tensor of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The names and tensors, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HostTensor)> {
        self.tensors
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// What the file says of itself: keys and values, in the order of the keys.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Adds to what the file says of itself.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.metadata.insert(key.into(), value.to_string());
        self
    }
}
