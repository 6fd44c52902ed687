//! Readers take paths, so that each input becomes a file.

use std::path::{Path, PathBuf};

use recurra_datasets::DatasetError;

/// Where Linux keeps files in memory: a fuzzer writes some thousands a second.
const IN_MEMORY: &str = "/dev/shm";

/// What `read` makes of files of these names and contents. An error must be one line.
pub fn in_files<T, const N: usize>(
    files: [(&str, &[u8]); N],
    read: impl FnOnce([PathBuf; N]) -> Result<T, DatasetError>,
) -> Result<T, DatasetError> {
    let folder = tempfile::tempdir_in(IN_MEMORY).or_else(|_| tempfile::tempdir());
    let folder = folder.expect("a folder for files");
    let read = read(files.map(|(name, bytes)| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("room for a file");
        path
    }));
    read.inspect_err(|error| assert!(!error.to_string().contains('\n'), "{error}"))
}

/// What `read` makes of a file of this name and content.
pub fn in_file<T>(
    name: &str,
    bytes: &[u8],
    read: impl FnOnce(&Path) -> Result<T, DatasetError>,
) -> Result<T, DatasetError> {
    in_files([(name, bytes)], |[path]| read(&path))
}
