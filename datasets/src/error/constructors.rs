//! Errors that many places make.

use std::io;
use std::path::Path;

use super::DatasetError;

impl DatasetError {
    /// What turns an operating system's error about `path` into one of this crate.
    pub(crate) fn read(path: &Path) -> impl Fn(io::Error) -> Self {
        move |cause| Self::Read {
            path: path.to_owned(),
            cause,
        }
    }

    /// That the file `path` has in `place` something else than expected.
    pub(crate) fn content(
        path: &Path,
        place: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Self {
        Self::InvalidContent {
            path: path.to_owned(),
            place: place.into(),
            expected: expected.into(),
            got: got.into(),
        }
    }
}
