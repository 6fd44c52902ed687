//! Where the files of parallel text lie.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::DatasetError;

/// The folder's file of the part with one of these names in this language.
pub(super) fn file(folder: &Path, parts: &[&str], language: &str) -> Result<PathBuf, DatasetError> {
    let unreadable = DatasetError::read(folder);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(&unreadable)? {
        let path = entry.map_err(&unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_of(&name, parts, language) {
            found.push(name.into_owned());
        }
    }
    found.sort();
    match found.as_slice() {
        [only] => Ok(folder.join(only)),
        [] => Err(DatasetError::MissingFile {
            folder: folder.to_owned(),
            expected: format!("a file {}.{language} or .{language}.gz", parts.join(" or ")),
            found,
        }),
        _ => Err(DatasetError::Ambiguous {
            folder: folder.to_owned(),
            candidates: found,
        }),
    }
}

/// Whether a name begins with one of the parts and ends with the language.
fn is_of(name: &str, parts: &[&str], language: &str) -> bool {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let Some((begin, _)) = name.split_once('.') else {
        return false;
    };
    let end = name.rsplit('.').next();
    parts.contains(&begin) && end == Some(language)
}
