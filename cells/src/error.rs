//! What can be wrong with a configuration, with lengths, or with weights that come from elsewhere.

use std::path::{Path, PathBuf};

use crate::interop::WeightMismatch;

/// An error of this crate.
///
/// Shape mistakes of the programmer are not here: they panic, with both shapes, where the method's `# Panics` says so.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A field of a configuration is out of its range.
    #[error("{field} must be {expected}, got {got}")]
    Config {
        /// The field's name.
        field: &'static str,
        /// The range that would be right.
        expected: String,
        /// The value found.
        got: String,
    },
    /// A row of a batch claims more steps than there are.
    #[error("length {length} of row {row} is beyond the {steps} steps of the sequence")]
    LengthBeyondSteps {
        /// The row of the batch.
        row: usize,
        /// The row's length.
        length: usize,
        /// `T`, the number of steps.
        steps: usize,
    },
    /// Streaming was asked of a network that needs the end of the sequence before its first step.
    #[error(
        "a {direction} network cannot be streamed: its backward direction starts at the last step of the sequence"
    )]
    NotStreamable {
        /// The network's direction.
        direction: &'static str,
    },
    /// A file of weights could not be read.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What stood in the way.
        reason: String,
    },
    /// A file of weights could not be written; what stood there before is untouched.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What stood in the way.
        reason: String,
    },
    /// A weight is NaN or infinite.
    #[error("{tensor} has {value} at index {index}, weights must be finite")]
    NonFinite {
        /// The tensor's name.
        tensor: String,
        /// The first such entry, counted in row-major order.
        index: usize,
        /// Its value, as text: NaN does not equal itself.
        value: String,
    },
    /// A tensor has another shape than its place asks for.
    #[error("{tensor} must be {expected}, got {got:?}")]
    TensorShape {
        /// The tensor's name.
        tensor: String,
        /// The shape that would be right.
        expected: String,
        /// The shape found.
        got: Vec<usize>,
    },
    /// A state dict holds other weights than the network has.
    #[error("the weights do not fit the network: {0}")]
    Weights(WeightMismatch),
    /// What one side can express and the other cannot.
    #[error("{what} has no counterpart in {whom}")]
    NoCounterpart {
        /// The option, with its value.
        what: String,
        /// The side that lacks it.
        whom: &'static str,
    },
}

impl Error {
    /// A field out of its range.
    pub(crate) fn config(
        field: &'static str,
        expected: impl Into<String>,
        got: impl ToString,
    ) -> Self {
        Self::Config {
            field,
            expected: expected.into(),
            got: got.to_string(),
        }
    }

    /// A file that could not be read.
    pub(crate) fn read(path: &Path, reason: impl ToString) -> Self {
        Self::Read {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// A file that could not be written.
    pub(crate) fn write(path: &Path, reason: impl ToString) -> Self {
        Self::Write {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// A tensor of another shape than its place asks for.
    pub(crate) fn tensor_shape(
        tensor: impl Into<String>,
        expected: impl Into<String>,
        got: &[usize],
    ) -> Self {
        Self::TensorShape {
            tensor: tensor.into(),
            expected: expected.into(),
            got: got.to_vec(),
        }
    }

    /// What `whom` cannot express.
    pub(crate) fn no_counterpart(what: impl Into<String>, whom: &'static str) -> Self {
        Self::NoCounterpart {
            what: what.into(),
            whom,
        }
    }
}
