//! What can go wrong while a model is configured, trained, sampled from, saved or loaded.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use crate::checkpoint::Damage;

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

    /// Training has diverged: too many steps in a row had to be skipped. The model has the weights from before them.
    #[error(
        "{quantity} must be finite, got {value} in step {step}, the last of {skipped} skipped in a row{}",
        began_at(parameter.as_deref())
    )]
    Diverged {
        /// What is not finite.
        quantity: Quantity,
        /// The step, counted from 1.
        step: usize,
        /// The value found.
        value: f64,
        /// How many steps in a row were skipped.
        skipped: usize,
        /// The first parameter that was not finite itself, or had a gradient that was not, at the first of these steps.
        parameter: Option<String>,
    },

    /// A row of features is too short for the symbols that it is to be aligned with.
    #[error("row {row} must have at least {needed} frames for its {symbols} symbols, got {frames}")]
    TargetTooLong {
        /// The row of the batch.
        row: usize,
        /// How many symbols its target has.
        symbols: usize,
        /// The fewest frames that they can be aligned with.
        needed: usize,
        /// The row's valid frames.
        frames: usize,
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

    /// A file is not a whole checkpoint.
    #[error("{}: {damage}; {}", path.display(), offer(instead.as_deref()))]
    DamagedCheckpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
        /// The whole checkpoint to go on from instead, if there is one.
        instead: Option<PathBuf>,
    },

    /// A section of a checkpoint is missing or holds something else.
    #[error("section {name} of a checkpoint: {cause}")]
    Section {
        /// The section's name.
        name: String,
        /// What is wrong with it, on one line.
        cause: String,
    },

    /// A stored tensor is missing, has no place, or is of another shape or number type.
    #[error("tensor {name} must be {expected}, got {got}")]
    Tensor {
        /// The tensor's name.
        name: String,
        /// The number type and shape that would be right.
        expected: String,
        /// The number type and shape found.
        got: String,
    },
}

/// Where a divergence began.
fn began_at(parameter: Option<&str>) -> String {
    match parameter {
        Some(parameter) => format!("; the first parameter concerned was {parameter}"),
        None => String::new(),
    }
}

/// What to do about a damaged checkpoint.
fn offer(instead: Option<&Path>) -> String {
    match instead {
        Some(path) => format!("{} is whole", path.display()),
        None => "no checkpoint before it is whole".to_owned(),
    }
}

impl Error {
    /// What the operating system answered when this file was to be read.
    pub(crate) fn read(path: &Path, cause: io::Error) -> Self {
        let path = path.to_owned();
        Self::Read { path, cause }
    }

    /// Why this file could not be written.
    pub(crate) fn write(path: &Path, cause: io::Error) -> Self {
        Self::Write {
            path: path.to_owned(),
            cause: cause.to_string(),
        }
    }

    /// A tensor that is not what is expected of it.
    pub(crate) fn tensor(name: impl ToString, expected: impl ToString, got: impl ToString) -> Self {
        Self::Tensor {
            name: name.to_string(),
            expected: expected.to_string(),
            got: got.to_string(),
        }
    }

    /// A section of a checkpoint that cannot be used.
    pub(crate) fn section(name: &str, cause: impl ToString) -> Self {
        Self::Section {
            name: name.to_owned(),
            cause: cause.to_string(),
        }
    }

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
