//! Comparing a data set with what the published figures are for.

use std::path::Path;

use super::{
    Archive, Content, Packing, Source, SourceFile,
    digest::{Difference, Form, hash_of, hash_of_text},
};
use crate::DatasetError;

impl Source {
    /// Compares sizes and SHA-256 of all files in the data set's `folder`.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if a file is missing, [`DatasetError::InvalidContent`] for the first
    /// one that differs, with both sizes or both hashes. Files out of one archive have a hash in
    /// common, so that only their folder is named.
    pub fn verify(&self, folder: impl AsRef<Path>) -> Result<(), DatasetError> {
        let folder = folder.as_ref();
        match self.content {
            Content::Files(files) => files
                .iter()
                .try_for_each(|file| file.verify(&folder.join(file.path))),
            Content::Archive(archive) => match archive.difference(self.name, folder)? {
                None => Ok(()),
                Some(difference) => Err(difference.of(&folder.join(archive.folder))),
            },
        }
    }
}

impl SourceFile {
    /// Whether the file at `path`, packed as it is kept, is the right one.
    pub(crate) fn verify(&self, path: &Path) -> Result<(), DatasetError> {
        let form = match self.packing {
            Packing::AsIs => Form::Plain,
            Packing::Gzip => Form::Gzip,
        };
        match self.difference(path, form)? {
            None => Ok(()),
            Some(difference) => Err(difference.of(path)),
        }
    }
}

impl Archive {
    /// How the files in the folder of the data set `name` differ from those of the archive.
    pub(crate) fn difference(
        &self,
        name: &str,
        folder: &Path,
    ) -> Result<Option<Difference>, DatasetError> {
        let (paths, mut bytes, mut lines) = (self.files_in(folder)?, 0, String::new());
        for path in &paths {
            let (size, sha256) = hash_of(&folder.join(path))?;
            bytes += size;
            lines += &format!("{sha256}  {name}/{path}\n");
        }
        let differs = |what, expected: String, got: String| {
            let differ = expected != got;
            differ.then_some(Difference {
                what,
                expected,
                got,
            })
        };
        let count = |files: usize, bytes: u64| format!("{files} files of {bytes} bytes in all");
        let sizes = (count(self.files, self.size), count(paths.len(), bytes));
        Ok(differs("size", sizes.0, sizes.1).or_else(|| {
            let expected = self.sha256.to_owned();
            differs("SHA-256 of all hashes", expected, hash_of_text(&lines))
        }))
    }
}
