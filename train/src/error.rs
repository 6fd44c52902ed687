//! What can go wrong while a model is configured, trained, sampled from, saved or loaded.

use std::{fmt, io, path::PathBuf};

/// An error of this crate.
///
/// Each text is a lowercase fragment on one line and contains its cause, so that printing the error alone is enough.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A configuration of the cells is out of its range.
    #[error(transparent)]
    Cells(#[from] recurra_cells::Error),

    /// A field of a configuration, or an argument, is out of its range.
    #[error("{field} must be {expected}, got {got}")]
    Config {
        /// The field's name.
        field: &'static str,
        /// The range that would be right.
        expected: String,
        /// The value found.
        got: String,
    },

    /// Training has diverged. The model has the weights from before the step.
    #[error("{quantity} of step {step} must be finite, got {value}")]
    NotFinite {
        /// What is not finite.
        quantity: Quantity,
        /// The step, counted from 1.
        step: usize,
        /// The value found.
        value: f64,
    },

    /// A file could not be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system answered.
        cause: io::Error,
    },

    /// A file could not be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong, on one line.
        cause: String,
    },

    /// A file is not the configuration of the model that is to be loaded.
    #[error("{}: expected a model's configuration: {cause}", path.display())]
    InvalidConfig {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        cause: serde_json::Error,
    },

    /// A file does not hold the weights that the configuration asks for: it is cut off, or a tensor is missing or has
    /// another shape.
    #[error("{}: expected the weights of the model beside it: {cause}", path.display())]
    InvalidWeights {
        /// The file.
        path: PathBuf,
        /// What is wrong, on one line.
        cause: String,
    },
}

impl Error {
    /// A value out of its range.
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
}

/// What a training step computes before it changes the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The loss.
    Loss,
    /// The global norm of the gradients.
    GradientNorm,
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Loss => "loss",
            Self::GradientNorm => "gradient norm",
        })
    }
}
