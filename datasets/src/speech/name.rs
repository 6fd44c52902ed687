//! What the name of a recording says.

use std::{fmt, path::Path};

use crate::DatasetError;

/// The form of a recording's name.
pub(super) const FORM: &str = "{digit}_{speaker}_{index}.wav";

/// The parts of a recording's name, ordered as recordings are.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) digit: u8,
    pub(super) speaker: String,
    pub(super) index: u32,
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            digit,
            speaker,
            index,
        } = self;
        write!(formatter, "{digit}_{speaker}_{index}.wav")
    }
}

impl Name {
    fn of(file: &str) -> Option<Self> {
        let (digit, rest) = file.strip_suffix(".wav")?.split_once('_')?;
        let (speaker, index) = rest.rsplit_once('_')?;
        Some(Self {
            digit: digit.parse().ok().filter(|digit| *digit < 10)?,
            speaker: Some(speaker).filter(|name| !name.is_empty())?.to_owned(),
            index: index.parse().ok()?,
        })
    }
}

/// The parts of the name `file`, which is that of the file `path`. A number has one spelling, or
/// two files could be the same recording.
pub(super) fn parsed(path: &Path, file: &str) -> Result<Name, DatasetError> {
    let name = Name::of(file).filter(|name| name.to_string() == file);
    name.ok_or_else(|| {
        let expected = format!("{FORM} such as 7_jackson_32.wav");
        DatasetError::content(path, "name", expected, format!("{file:?}"))
    })
}
