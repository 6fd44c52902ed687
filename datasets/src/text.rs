//! Reading a text file, the same on every platform.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::DatasetError;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a UTF-8 text file.
///
/// A leading byte order mark is dropped, and every CR LF becomes LF: editors and version control
/// add both without being asked, and the same text must give the same tokens, ids and split on
/// every machine. A CR on its own stays.
///
/// # Errors
///
/// [`DatasetError::Read`] if the file cannot be read, [`DatasetError::InvalidUtf8`] if it is not
/// UTF-8, and [`DatasetError::EmptyFile`] if no text is left.
pub fn read_text(path: impl AsRef<Path>) -> Result<String, DatasetError> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(DatasetError::read(path))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        invalid_utf8(path.to_owned(), &error.as_bytes()[..byte])
    })?;
    let text = normalise(&text);
    if text.is_empty() {
        return Err(DatasetError::EmptyFile {
            path: path.to_owned(),
        });
    }
    Ok(text)
}

fn normalise(text: &str) -> String {
    text.strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(text)
        .replace("\r\n", "\n")
}

/// The error for a file whose longest valid beginning is `valid`.
fn invalid_utf8(path: PathBuf, valid: &[u8]) -> DatasetError {
    let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count();
    DatasetError::InvalidUtf8 {
        path,
        line,
        byte: valid.len(),
    }
}
