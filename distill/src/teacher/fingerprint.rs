//! What tells one teacher, or one set of texts, from another.

use std::fmt;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Bool, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A SHA-256 hash in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Hashes one part after the other. Each counts with its length, so that no two lists of parts are one.
///
/// ```
/// use recurra_distill::Fingerprinter;
///
/// let fingerprint = |parts: [&str; 2]| Fingerprinter::default().text(parts[0]).text(parts[1]).finish();
/// assert_eq!(fingerprint(["ab", "c"]), fingerprint(["ab", "c"]));
/// assert_ne!(fingerprint(["ab", "c"]), fingerprint(["a", "bc"]));
/// ```
#[derive(Clone, Default)]
pub struct Fingerprinter(Sha256);

impl Fingerprinter {
    /// Adds bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Adds every parameter of a model: number type, shape and values, in the order of its fields.
    #[must_use]
    pub fn module<M: Module>(self, model: &M) -> Self {
        let mut visitor = Visitor(self);
        model.visit(&mut visitor);
        visitor.0
    }

    /// The hash of all that was added.
    pub fn finish(self) -> Fingerprint {
        let bytes = self.0.finalize();
        Fingerprint(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn data(self, data: TensorData) -> Self {
        let kind = format!("{:?} {:?}", data.dtype(), data.shape());
        self.text(&kind).bytes(data.as_bytes())
    }
}

struct Visitor(Fingerprinter);

impl Visitor {
    fn add(&mut self, data: TensorData) {
        self.0 = std::mem::take(&mut self.0).data(data);
    }
}

impl ModuleVisitor for Visitor {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.add(param.val().into_data());
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.add(param.val().into_data());
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.add(param.val().into_data());
    }
}
