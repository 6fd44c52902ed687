//! What can go wrong, and whether it was bad usage or a failed run.

use std::{io, path::PathBuf, process::ExitCode};

use recurra_datasets::DatasetError;

/// An error of this program; its text is one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line could not be read.
    #[error("{0}")]
    CommandLine(String),

    /// A setting that does not exist.
    #[error("setting {key:?} does not exist; the settings are {valid}")]
    UnknownSetting {
        /// The name given.
        key: String,
        /// The names that would be right.
        valid: String,
    },

    /// A setting on the command line without a value.
    #[error("--set must be KEY=VALUE, got {got:?}")]
    SetWithoutValue {
        /// What was given.
        got: String,
    },

    /// A setting out of its range.
    #[error("setting {key} must be {expected}, got {got}")]
    SettingOutOfRange {
        /// Its name.
        key: String,
        /// The range that would be right.
        expected: &'static str,
        /// The value given.
        got: String,
    },

    /// Settings of the wrong type, or a file that is not TOML.
    #[error("{place}: {cause}")]
    InvalidSettings {
        /// Where they stand.
        place: String,
        /// What is wrong.
        cause: String,
    },

    /// A device that this build does not have.
    #[error("device {name} is not in this build, which has {built}; build with --features {name}")]
    DeviceNotBuilt {
        /// The device asked for.
        name: &'static str,
        /// Those that are there.
        built: String,
    },

    /// A device that this machine does not have.
    #[error("device {name} does not work on this machine: {reason}")]
    DeviceAbsent {
        /// The device asked for.
        name: &'static str,
        /// Why.
        reason: String,
    },

    /// The text could not be read.
    #[error(transparent)]
    Data(#[from] DatasetError),

    /// Training, saving or sampling failed.
    #[error(transparent)]
    Train(#[from] recurra_train::Error),

    /// A teacher, its soft labels or a student's lesson is not right.
    #[error(transparent)]
    Distill(#[from] recurra_distill::Error),

    /// A folder that is to be resumed and is not a run's.
    #[error("--resume needs the folder of a run, with its config.toml; {} has none", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
    },

    /// A folder without a model that this program reads.
    #[error("{} has no model; one of {expected} should be there or in its folder model", path.display())]
    NoModel {
        /// The folder.
        path: PathBuf,
        /// The files of which a model has one.
        expected: String,
    },

    /// A line that cannot be read.
    #[error("{}:{line}: expected a line of UTF-8 text: {cause}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What the system said.
        cause: io::Error,
    },

    /// A run of another experiment that is to be resumed.
    #[error(
        "{} is a run of {experiment}: cargo xtask run {experiment} --resume {}",
        path.display(),
        path.display()
    )]
    OtherExperiment {
        /// The folder.
        path: PathBuf,
        /// Whose run it is.
        experiment: String,
    },

    /// A file that was named could not be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system answered.
        cause: io::Error,
    },

    /// A file of the run could not be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system answered.
        cause: io::Error,
    },

    /// A network under measure could not be prepared.
    #[error(transparent)]
    Cells(#[from] recurra_cells::Error),

    /// The Python of `bench --torch` could not be started.
    #[error("--torch needs a Python: cannot start {}: {cause}", program.display())]
    PythonNotStarted {
        /// What was to be started.
        program: PathBuf,
        /// What the operating system answered.
        cause: io::Error,
    },

    /// The Python of `bench --torch` lacks a module.
    #[error(
        "--torch needs the Python module {module}: {} -m pip install torch onnx onnxruntime numpy",
        program.display()
    )]
    PythonModuleMissing {
        /// The Python.
        program: PathBuf,
        /// The module.
        module: String,
    },

    /// The Python program that times PyTorch and ONNX Runtime failed.
    #[error("timing PyTorch and ONNX Runtime with {} failed: {reason}", program.display())]
    PythonFailed {
        /// The Python.
        program: PathBuf,
        /// What it said, or how it ended.
        reason: String,
    },

    /// Subwords could not be learnt or used.
    #[error("subwords: {cause}")]
    Subwords {
        /// What `tokenizers` says.
        cause: String,
    },

    /// Ctrl-C cannot be watched for.
    #[error("cannot watch for Ctrl-C: {0}")]
    Interrupt(#[from] ctrlc::Error),
}

impl Error {
    /// 2 for what the user can put right on the command line, 1 for everything else.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Data(DatasetError::Write { .. })
            | Self::Distill(
                recurra_distill::Error::Write { .. }
                | recurra_distill::Error::Train(_)
                | recurra_distill::Error::Teacher { .. },
            ) => ExitCode::from(1),
            Self::CommandLine(_)
            | Self::UnknownSetting { .. }
            | Self::SetWithoutValue { .. }
            | Self::SettingOutOfRange { .. }
            | Self::InvalidSettings { .. }
            | Self::DeviceNotBuilt { .. }
            | Self::NotARun { .. }
            | Self::NoModel { .. }
            | Self::Line { .. }
            | Self::OtherExperiment { .. }
            | Self::Read { .. }
            | Self::PythonNotStarted { .. }
            | Self::PythonModuleMissing { .. }
            | Self::Distill(_)
            | Self::Data(_) => ExitCode::from(2),
            Self::DeviceAbsent { .. }
            | Self::Train(_)
            | Self::Cells(_)
            | Self::PythonFailed { .. }
            | Self::Subwords { .. }
            | Self::Write { .. }
            | Self::Interrupt(_) => ExitCode::from(1),
        }
    }
}
