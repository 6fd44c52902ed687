//! What can go wrong with a teacher's folder, with soft labels, or with their cache.

use std::io;
use std::path::{Path, PathBuf};

/// An error of this crate.
///
/// Each text is a lowercase fragment on one line and contains its cause, so that printing the error alone is enough. Shape
/// mistakes of the programmer are not here: they panic, with both shapes, where the method's `# Panics` says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Lengths, or a file of weights, are not what they should be.
    #[error(transparent)]
    Cells(#[from] recurra_cells::Error),

    /// A training is told something that is out of its range.
    #[error(transparent)]
    Train(#[from] recurra_train::Error),

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
        /// What the operating system answered.
        cause: io::Error,
    },

    /// A folder is not one that Hugging Face's `transformers` would write.
    #[error("{} must be a Hugging Face folder, but has no {expected}", folder.display())]
    MissingFile {
        /// The folder.
        folder: PathBuf,
        /// The file's name, or those of which one would do.
        expected: &'static str,
    },

    /// A file does not hold what its name promises.
    #[error("{}: expected {expected}: {cause}", path.display())]
    InvalidFile {
        /// The file.
        path: PathBuf,
        /// What the file should hold.
        expected: &'static str,
        /// What is wrong, on one line.
        cause: String,
    },

    /// A folder's encoder is of a kind that is not built here.
    #[error("{}: {field} must be {expected}, got {got}", path.display())]
    Unsupported {
        /// The configuration.
        path: PathBuf,
        /// The field's name.
        field: &'static str,
        /// What would be right.
        expected: &'static str,
        /// The value found, as JSON.
        got: String,
    },

    /// The weights lack a tensor that the configuration asks for.
    #[error("{}: tensor {name} of shape {shape:?} is missing", path.display())]
    MissingTensor {
        /// The file of weights, or its index.
        path: PathBuf,
        /// The tensor's name, without the prefix of its layout.
        name: String,
        /// The shape that the configuration asks for.
        shape: Vec<usize>,
    },

    /// A tensor has another shape than the configuration asks for.
    #[error("{}: tensor {name} must be {expected:?}, got {got:?}", path.display())]
    TensorShape {
        /// The file of weights, or its index.
        path: PathBuf,
        /// The tensor's name, without the prefix of its layout.
        name: String,
        /// The shape that the configuration asks for.
        expected: Vec<usize>,
        /// The shape found.
        got: Vec<usize>,
    },

    /// A tokenizer is not the one that an encoder was trained with.
    #[error(
        "{}: the vocabulary must have {expected} tokens, as many as the embeddings have rows, got {got}",
        path.display()
    )]
    Vocabulary {
        /// The tokenizer's file.
        path: PathBuf,
        /// The rows of the embeddings.
        expected: usize,
        /// One more than the tokenizer's highest id.
        got: usize,
    },

    /// A text could not be cut into tokens.
    #[error("cannot tokenize {text:?}: {cause}")]
    Tokenize {
        /// The text.
        text: String,
        /// What the tokenizer says.
        cause: String,
    },

    /// A teacher has other classes than the data.
    #[error("the teacher's classes must be {expected:?}, got {got:?}")]
    Classes {
        /// Those that would be right, in their order.
        expected: Vec<String>,
        /// The teacher's, in the order of its logits.
        got: Vec<String>,
    },

    /// A teacher gave a logit that is no number.
    #[error("the logits of text {row} must be finite, got {value} for class {class}")]
    NotFinite {
        /// The text, counted from 0.
        row: usize,
        /// The class, counted from 0.
        class: usize,
        /// The value found.
        value: f32,
    },

    /// A teacher could not label texts.
    #[error("the teacher failed: {cause}")]
    Teacher {
        /// Why, on one line.
        cause: String,
    },

    /// A line of a file of soft labels is not right.
    #[error("{}:{line}: expected {expected}, got {got}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What would be right.
        expected: String,
        /// What was found.
        got: String,
    },

    /// A file of soft labels lacks a text.
    #[error("{}: expected soft labels of the text {text:?}, which is missing", path.display())]
    UnknownText {
        /// The file.
        path: PathBuf,
        /// The text.
        text: String,
    },

    /// A cache has the soft labels of something else.
    #[error("{}: the cache is {reason}; remove it to compute the soft labels anew", path.display())]
    StaleCache {
        /// The file.
        path: PathBuf,
        /// Of what it is.
        reason: String,
    },
}

impl Error {
    /// What the operating system answered when this file was to be read.
    pub(crate) fn read(path: &Path, cause: io::Error) -> Self {
        let path = path.to_owned();
        Self::Read { path, cause }
    }

    /// What the operating system answered when this file was to be written.
    pub(crate) fn write(path: &Path, cause: io::Error) -> Self {
        let path = path.to_owned();
        Self::Write { path, cause }
    }

    /// What a teacher of another make failed with.
    pub fn teacher(cause: &dyn std::error::Error) -> Self {
        Self::Teacher {
            cause: one_line(&cause.to_string()),
        }
    }

    /// A file that does not hold what is expected.
    pub(crate) fn invalid_file(path: &Path, expected: &'static str, cause: impl ToString) -> Self {
        Self::InvalidFile {
            path: path.to_owned(),
            expected,
            cause: one_line(&cause.to_string()),
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

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
