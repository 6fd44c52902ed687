//! The public data sets that the project knows: what is in them, under which terms, and where they
//! lie.

#[cfg(feature = "fetch")]
mod fetch;
mod places;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

#[cfg(feature = "fetch")]
pub use fetch::{Progress, fetch};
pub use places::Places;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::DatasetError;

/// A public data set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name, which is that of its folder.
    pub name: String,
    /// What is in it.
    pub what: String,
    /// Under which terms it is given out.
    pub terms: String,
    /// What a reader finds in it.
    pub counts: String,
    /// How to come by it, where it is not fetched.
    #[serde(default)]
    pub by_hand: String,
    /// Its files; none where it has too many to be listed.
    pub files: Vec<SourceFile>,
}

/// A file of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Where it lies in the data set's folder.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// Where it is fetched from. None of these addresses has been fetched from in a test, which
    /// must not need the network; what comes from them is believed for its hash alone.
    #[serde(default)]
    pub address: Option<String>,
}

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let text = include_str!("registry/sources.json");
    serde_json::from_str(text).expect("the list of data sets has its form")
});

/// All data sets that are known.
pub fn sources() -> &'static [Source] {
    &SOURCES
}

impl Source {
    /// The data set of this name.
    ///
    /// # Errors
    ///
    /// [`DatasetError::UnknownSource`] with the names that there are.
    pub fn named(name: &str) -> Result<&'static Self, DatasetError> {
        let found = SOURCES.iter().find(|source| source.name == name);
        found.ok_or_else(|| DatasetError::UnknownSource {
            name: name.to_owned(),
            known: SOURCES.iter().map(|it| it.name.clone()).collect(),
        })
    }

    /// Whether every file has an address.
    pub fn can_be_fetched(&self) -> bool {
        !self.files.is_empty() && self.files.iter().all(|file| file.address.is_some())
    }

    /// All files together, in bytes.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Whether a folder has all files, by their names and sizes.
    pub fn is_in(&self, folder: &Path) -> bool {
        let is_there = |file: &SourceFile| {
            let found = fs::metadata(folder.join(&file.path));
            found.is_ok_and(|it| it.is_file() && it.len() == file.size)
        };
        folder.is_dir() && self.files.iter().all(is_there)
    }

    /// Compares all files with their sizes and hashes.
    ///
    /// # Errors
    ///
    /// Those of [`SourceFile::verify`], of the first file that is not as it should be.
    pub fn verify(&self, folder: &Path) -> Result<(), DatasetError> {
        let mut files = self.files.iter();
        files.try_for_each(|file| file.verify(&folder.join(&file.path)))
    }
}

impl SourceFile {
    /// Compares the file at `path` with the size and hash that it should have.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`]; [`DatasetError::InvalidContent`], which names the file, what was
    /// expected and what is there.
    pub fn verify(&self, path: &Path) -> Result<(), DatasetError> {
        let unreadable = DatasetError::read(path);
        let wrong = |expected: String, got: String| DatasetError::InvalidContent {
            path: path.to_owned(),
            place: "whole file".to_owned(),
            expected,
            got,
        };
        let size = fs::metadata(path).map_err(&unreadable)?.len();
        if size != self.size {
            let expected = format!("{} bytes", self.size);
            return Err(wrong(expected, size.to_string()));
        }
        let mut file = fs::File::open(path).map_err(&unreadable)?;
        let mut hash = Sha256::new();
        std::io::copy(&mut file, &mut hash).map_err(&unreadable)?;
        let found = format!("{:x}", hash.finalize());
        if found != self.sha256 {
            return Err(wrong(format!("the SHA-256 {}", self.sha256), found));
        }
        Ok(())
    }
}
