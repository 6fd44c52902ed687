//! Reading a text file, the same on every platform.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;

use crate::DatasetError;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// How a file holds its characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Any character, in one to four bytes.
    #[default]
    Utf8,
    /// The first 256 characters of Unicode, in a byte each (ISO 8859-1): what older tables of
    /// Western European texts have. Any bytes are such a text, so nobody can tell that it is the
    /// wrong choice but by reading.
    Latin1,
}

/// Reads a UTF-8 text file; one whose name ends in `.gz` is decompressed.
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
    read_text_as(path, Encoding::Utf8)
}

/// Reads a text file as [`read_text`] does, in this encoding.
///
/// # Errors
///
/// Those of [`read_text`]; [`DatasetError::InvalidContent`] if what should be Latin-1 begins with
/// the byte order mark of UTF-8.
pub fn read_text_as(path: impl AsRef<Path>, encoding: Encoding) -> Result<String, DatasetError> {
    let path = path.as_ref();
    let bytes = read_bytes(path)?;
    let text = match encoding {
        Encoding::Utf8 => String::from_utf8(bytes).map_err(|error| {
            let byte = error.utf8_error().valid_up_to();
            invalid_utf8(path.to_owned(), &error.as_bytes()[..byte])
        })?,
        Encoding::Latin1 => latin1(path, &bytes)?,
    };
    let text = normalise(&text);
    if text.is_empty() {
        return Err(DatasetError::EmptyFile {
            path: path.to_owned(),
        });
    }
    Ok(text)
}

fn latin1(path: &Path, bytes: &[u8]) -> Result<String, DatasetError> {
    let mark = &BYTE_ORDER_MARK.to_string();
    if bytes.starts_with(mark.as_bytes()) {
        let (place, got) = ("bytes 0 to 2", "the byte order mark of UTF-8");
        return Err(DatasetError::content(path, place, "Latin-1", got));
    }
    Ok(bytes.iter().copied().map(char::from).collect())
}

/// Hands each line of a UTF-8 text file to `line`, with its number counted from 1 and without its
/// end: what [`read_text`] does, for files that need not fit into memory.
pub(crate) fn for_each_line(
    path: &Path,
    mut line: impl FnMut(usize, &str) -> Result<(), DatasetError>,
) -> Result<(), DatasetError> {
    let unreadable = DatasetError::read(path);
    let mut file = BufReader::new(open(path).map_err(&unreadable)?);
    let mut bytes = Vec::new();
    let mut start = 0;
    for number in 1.. {
        bytes.clear();
        let length = file.read_until(b'\n', &mut bytes).map_err(&unreadable)?;
        if length == 0 {
            break;
        }
        let text = str::from_utf8(&bytes).map_err(|error| DatasetError::InvalidUtf8 {
            path: path.to_owned(),
            line: number,
            byte: start + error.valid_up_to(),
        })?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        line(
            number,
            text.strip_prefix(BYTE_ORDER_MARK)
                .filter(|_| number == 1)
                .unwrap_or(text),
        )?;
        start += length;
    }
    if start == 0 {
        return Err(DatasetError::EmptyFile {
            path: path.to_owned(),
        });
    }
    Ok(())
}

/// All bytes of a file, decompressed if its name ends in `.gz`.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, DatasetError> {
    let unreadable = DatasetError::read(path);
    let mut bytes = Vec::new();
    let mut file = open(path).map_err(&unreadable)?;
    file.read_to_end(&mut bytes).map_err(&unreadable)?;
    Ok(bytes)
}

/// The content of a file, decompressed if its name ends in `.gz`.
fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    let compressed = path.extension().is_some_and(|ending| ending == "gz");
    Ok(if compressed {
        Box::new(MultiGzDecoder::new(BufReader::new(file)))
    } else {
        Box::new(file)
    })
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
