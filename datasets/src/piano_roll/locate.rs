//! Where the file of a corpus lies.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::DatasetError;

/// The folder of the JSB chorales in a folder of data sets.
const NAME: &str = "jsb_chorales";

/// Its file with a step for each quarter note.
const QUARTER_FILE: &str = "jsb-chorales-quarter.json";

/// See [`PianoRollCorpus::locate`](super::PianoRollCorpus::locate).
pub(super) fn locate(path: &Path) -> Result<PathBuf, DatasetError> {
    if !fs::metadata(path)
        .map_err(DatasetError::read(path))?
        .is_dir()
    {
        return Ok(path.to_owned());
    }
    let own = path.join(NAME);
    if own.is_dir() {
        return in_folder(&own, &format!("{QUARTER_FILE} or another .json file"));
    }
    in_folder(path, &format!("a .json file or a folder {NAME}"))
}

/// The file among the folder's own, where `expected` should be.
fn in_folder(folder: &Path, expected: &str) -> Result<PathBuf, DatasetError> {
    let files = json_files(folder)?;
    if files.iter().any(|file| file == QUARTER_FILE) {
        return Ok(folder.join(QUARTER_FILE));
    }
    match files.as_slice() {
        [only] => Ok(folder.join(only)),
        [] => Err(DatasetError::MissingFile {
            folder: folder.to_owned(),
            expected: expected.to_owned(),
            found: files,
        }),
        _ => Err(DatasetError::Ambiguous {
            folder: folder.to_owned(),
            candidates: files,
        }),
    }
}

/// The names of the folder's `.json` files, sorted.
fn json_files(folder: &Path) -> Result<Vec<String>, DatasetError> {
    let unreadable = DatasetError::read(folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(&unreadable)? {
        let path = entry.map_err(&unreadable)?.path();
        if path.is_file()
            && path
                .extension()
                .is_some_and(|extension| extension == "json")
        {
            names.extend(
                path.file_name()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}
