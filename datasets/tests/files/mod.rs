//! Files for one test each.

use std::path::Path;

use recurra_datasets::DatasetError;

/// The text of the error with which a file `name` of this content is answered, its folder as `DIR`.
pub fn error_in_file<T>(
    name: &str,
    content: impl AsRef<[u8]>,
    read: impl FnOnce(&Path) -> Result<T, DatasetError>,
) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    match read(&path) {
        Ok(_) => panic!("expected an error"),
        Err(error) => error
            .to_string()
            .replace(folder.path().to_str().unwrap(), "DIR"),
    }
}

/// What `read` makes of a file `name` of this content.
pub fn in_file<T>(
    name: &str,
    content: impl AsRef<[u8]>,
    read: impl FnOnce(&Path) -> Result<T, DatasetError>,
) -> T {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    read(&path).unwrap()
}
