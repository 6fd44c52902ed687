//! Finding a data set without opening its files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Archive, Content, Packing, Places, Source};
use crate::DatasetError;

impl Source {
    /// Finds the data set on this machine, in this order:
    ///
    /// 1. `data`, the user's own: its subfolder with the name of the data set if it has one, else
    ///    this folder or file itself. What is in there is the user's affair.
    /// 2. The mirror, if all files are there and have their sizes.
    /// 3. The cache, likewise.
    ///
    /// Files are not opened: for hashes, and for the sizes of what is compressed, there is
    /// [`Source::verify`].
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if `data` does not exist, [`DatasetError::NoDataSet`], which says what
    /// is missing and how to get it, if no place has all files.
    pub fn locate(&self, data: Option<&Path>, places: &Places) -> Result<PathBuf, DatasetError> {
        if let Some(data) = data {
            fs::metadata(data).map_err(DatasetError::read(data))?;
            let own = data.join(self.name);
            return Ok(if own.is_dir() { own } else { data.to_owned() });
        }
        let mut found = Vec::new();
        for folder in places.folders_of(self) {
            match self.fault(&folder) {
                None => return Ok(folder),
                Some(fault) => found.push(fault),
            }
        }
        if found.is_empty() {
            found.push("neither RECURRA_DATA nor RECURRA_CACHE names a folder".to_owned());
        }
        Err(DatasetError::NoDataSet {
            name: self.name,
            found: found.join("; "),
            advice: self.advice(),
        })
    }

    /// What is wrong with the folder as far as names and sizes tell; `None` if nothing is.
    pub(crate) fn fault(&self, folder: &Path) -> Option<String> {
        self.lacks(folder).or_else(|| self.missized(folder))
    }

    /// What the folder does not have of the data set; `None` if it is complete.
    pub(crate) fn lacks(&self, folder: &Path) -> Option<String> {
        let shown = folder.display();
        if !folder.is_dir() {
            return Some(format!("{shown} does not exist"));
        }
        match self.content {
            Content::Files(files) => {
                let missing = files
                    .iter()
                    .find(|file| !folder.join(file.path).is_file())?;
                Some(format!("{shown} has no {}", missing.path))
            }
            Content::Archive(archive) => {
                let there = archive.files_in(folder).map_or(0, |files| files.len());
                let Archive { files, folder, .. } = archive;
                (there != files)
                    .then(|| format!("{shown} has {there} of {files} files in {folder}"))
            }
        }
    }

    /// Which file of a complete folder has not its size, such as one that a copy broke off in; `None`
    /// if there is none.
    fn missized(&self, folder: &Path) -> Option<String> {
        let size_of = |path: &str| fs::metadata(folder.join(path)).map_or(0, |found| found.len());
        let (what, got, expected) = match self.content {
            Content::Files(files) => files
                .iter()
                .filter(|file| file.packing == Packing::AsIs)
                .map(|file| (file.path, size_of(file.path), file.size))
                .find(|(_, got, expected)| got != expected)?,
            Content::Archive(archive) => {
                let paths = archive.files_in(folder).unwrap_or_default();
                let got = paths.iter().map(|path| size_of(path)).sum();
                (archive.folder, got, archive.size)
            }
        };
        let shown = folder.join(what);
        (got != expected).then(|| format!("{} has {got} of {expected} bytes", shown.display()))
    }
}

impl Archive {
    /// The paths of its files that are in the folder, parted by `/` and sorted.
    pub(crate) fn files_in(&self, folder: &Path) -> Result<Vec<String>, DatasetError> {
        let folder = folder.join(self.folder);
        let unreadable = DatasetError::read(&folder);
        let mut paths = Vec::new();
        for entry in fs::read_dir(&folder).map_err(&unreadable)? {
            let name = entry.map_err(&unreadable)?.file_name();
            let path = format!("{}/{}", self.folder, name.to_string_lossy());
            if self.has(&path) {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }
}
