//! Files and folders that appear whole or not at all.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use crate::DatasetError;

/// What turns an error of writing `path` into one of this crate.
pub(super) fn unwritable(path: &Path) -> impl Fn(io::Error) -> DatasetError {
    move |cause| DatasetError::Write {
        path: path.to_owned(),
        cause,
    }
}

/// The path with a further ending, beside `path`, so that renaming stays within a file system.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    path.with_added_extension(ending)
}

/// Makes the folder that `path` lies in.
pub(super) fn make_parent(path: &Path) -> Result<(), DatasetError> {
    let parent = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(parent).map_err(unwritable(parent))
}

/// Opens a file that grows, with what is in it already, for this process alone.
pub(super) fn open_part(path: &Path) -> Result<File, DatasetError> {
    let mut options = File::options();
    options.read(true).append(true).create(true);
    let file = options.open(path).map_err(unwritable(path))?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        let text = "another process is fetching it";
        return Err(unwritable(path)(io::Error::new(
            ErrorKind::WouldBlock,
            text,
        )));
    }
    // Some file systems know no locks. There, two processes at once end in a wrong hash.
    Ok(file)
}

/// A new file with all that can be read, on disk when this returns. Errors of both sides are told
/// as those of writing.
pub(super) fn write_new(path: &Path, mut content: impl Read) -> Result<(), DatasetError> {
    let written = File::create(path).and_then(|mut file| {
        io::copy(&mut content, &mut file)?;
        file.flush()?;
        file.sync_all()
    });
    written.map_err(unwritable(path))
}

/// Moves a file to its place, over one that may be there.
pub(super) fn place_file(from: &Path, to: &Path) -> Result<(), DatasetError> {
    fs::rename(from, to).map_err(unwritable(to))
}

/// Moves a folder to its place. One that is there is moved aside first, and back if that fails.
pub(super) fn place_folder(from: &Path, to: &Path) -> Result<(), DatasetError> {
    let old = beside(to, "old");
    remove(&old)?;
    let moved = to.is_dir()
        && fs::rename(to, &old)
            .map_err(unwritable(to))
            .map(|()| true)?;
    if let Err(cause) = fs::rename(from, to) {
        if moved {
            fs::rename(&old, to).map_err(unwritable(to))?;
        }
        return Err(unwritable(to)(cause));
    }
    remove(&old)
}

/// Removes a file or a folder with all that is in it, if there is one.
pub(super) fn remove(path: &Path) -> Result<(), DatasetError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    removed.map_err(unwritable(path))
}
