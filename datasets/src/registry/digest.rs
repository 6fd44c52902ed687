//! Sizes and hashes of files, and how they differ from what they should be.

use std::{
    fmt,
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::SourceFile;
use crate::DatasetError;

/// How many bytes are read at once.
const BLOCK: usize = 1 << 16;

/// How a file on disk holds the bytes that are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As they are.
    Plain,
    /// Compressed.
    Gzip,
}

/// Where a file is not what it should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What differs.
    pub what: &'static str,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub got: String,
}

impl Difference {
    /// Of a file or folder.
    pub fn of(self, path: &Path) -> DatasetError {
        DatasetError::InvalidContent {
            path: path.to_owned(),
            place: self.what.to_owned(),
            expected: self.expected,
            got: self.got,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, .. } = self;
        write!(f, "{what}: expected {}, got {}", self.expected, self.got)
    }
}

impl SourceFile {
    /// How the file at `path` differs from this one; `None` if it does not.
    pub(crate) fn difference(
        &self,
        path: &Path,
        form: Form,
    ) -> Result<Option<Difference>, DatasetError> {
        let unreadable = DatasetError::read(path);
        let file = File::open(path).map_err(&unreadable)?;
        let hashed = match form {
            Form::Plain => hash(file, self.size).map_err(&unreadable)?,
            Form::Gzip => match hash(MultiGzDecoder::new(BufReader::new(file)), self.size) {
                Ok(hashed) => hashed,
                Err(cause) => {
                    return Ok(Some(Difference {
                        what: "whole file",
                        expected: format!("{} bytes compressed with gzip", self.size),
                        got: cause.to_string(),
                    }));
                }
            },
        };
        Ok(self.compare(&hashed))
    }

    /// What is told first is the size, which says more about what went wrong.
    fn compare(&self, (size, sha256): &(u64, String)) -> Option<Difference> {
        if *size != self.size {
            return Some(Difference {
                what: "size",
                expected: format!("{} bytes", self.size),
                got: match size {
                    _ if *size > self.size => "more".to_owned(),
                    size => size.to_string(),
                },
            });
        }
        (sha256 != self.sha256).then(|| Difference {
            what: "SHA-256",
            expected: self.sha256.to_owned(),
            got: sha256.clone(),
        })
    }
}

/// Size and SHA-256 of all that can be read. Behind `at_most` bytes it stops, one byte later at the
/// earliest: what is larger than it should be may be far larger.
fn hash(mut from: impl Read, at_most: u64) -> io::Result<(u64, String)> {
    let (mut size, mut hasher, mut block) = (0, Sha256::new(), vec![0; BLOCK]);
    while size <= at_most {
        let count = match from.read(&mut block) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if count == 0 {
            break;
        }
        hasher.update(&block[..count]);
        size += count as u64;
    }
    Ok((size, hex(hasher)))
}

/// The SHA-256 of a whole file.
pub(super) fn hash_of(path: &Path) -> Result<(u64, String), DatasetError> {
    let hashed = File::open(path).and_then(|file| hash(file, u64::MAX));
    hashed.map_err(DatasetError::read(path))
}

/// The SHA-256 of a text.
pub(super) fn hash_of_text(text: &str) -> String {
    hex(Sha256::new_with_prefix(text))
}

fn hex(hasher: Sha256) -> String {
    format!("{:x}", hasher.finalize())
}
