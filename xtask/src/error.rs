//! What can go wrong, and the exit code that says so.

use std::io;
use std::process::ExitCode;

/// A command that did not do its work. The text becomes one line on standard error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong; the text says what would be right.
    #[error("{0}")]
    Usage(String),
    /// The command line is right, the work failed.
    #[error("{0}")]
    Failed(String),
    /// A program that the command needs is missing or cannot be started.
    #[error("cannot start {program}: {source}")]
    Start { program: String, source: io::Error },
    /// A file that the command needs cannot be read.
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: io::Error },
    /// A manifest is not TOML.
    #[error("{path} is not valid TOML: {message}")]
    Manifest { path: String, message: String },
}

impl Error {
    /// 2 for bad usage, as is customary; 1 for everything else.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}
