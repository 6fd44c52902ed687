//! The rows of Parquet files.

mod columns;
mod numbers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::record::Field;

use super::format::{Column, Columns, LABEL_NAME, Place, Row, TEXT_NAMES};
use crate::{DatasetError, error::one_line};
use columns::ParquetFile;
pub use numbers::NumberTable;

/// How many characters of a value an error shows.
const SHOWN: usize = 40;

/// The rows of the file `path`.
pub(super) fn rows(path: &Path, columns: Option<&Columns>) -> Result<Vec<Row>, DatasetError> {
    guarded(path, || rows_of(path, columns))
}

/// What `read` makes of the file `path`; an error where the crate that reads Parquet files panics, as it does where a file's
/// description of itself is damaged. What it says of that still goes to the program's panic hook.
fn guarded<T>(
    path: &Path,
    read: impl FnOnce() -> Result<T, DatasetError>,
) -> Result<T, DatasetError> {
    let damaged = |_| {
        let got = "a damaged one";
        Err(DatasetError::content(
            path,
            "whole file",
            "a Parquet file",
            got,
        ))
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(damaged)
}

fn rows_of(path: &Path, columns: Option<&Columns>) -> Result<Vec<Row>, DatasetError> {
    let file = ParquetFile::open(path)?;
    let (texts, label) = match columns {
        Some(columns) => {
            let texts = columns.text.iter().map(|column| place(&file, column));
            let texts: Vec<usize> = texts.collect::<Result<_, _>>()?;
            (texts, place(&file, &columns.label)?)
        }
        None => (vec![file.named(&TEXT_NAMES)?], file.named(&[LABEL_NAME])?),
    };
    for &place in texts.iter().chain([&label]) {
        file.check_scalar(place)?;
    }
    let mut chosen = texts.clone();
    chosen.push(label);
    let mut rows = Vec::new();
    for (number, fields) in file.rows(&chosen)?.enumerate() {
        let fields = fields?;
        let (label_field, text_fields) = fields.split_last().expect("a label behind the texts");
        let mistake = |place: usize, expected: &str, field: &Field| {
            let place = format!("row {number}, column {}", file.name(place));
            DatasetError::content(path, place, expected, shown(field))
        };
        let mut parts = Vec::with_capacity(texts.len());
        for (&place, field) in texts.iter().zip(text_fields) {
            let text = text_of(field).ok_or_else(|| mistake(place, "a string", field))?;
            parts.push(text.trim());
        }
        let expected = "a string, a whole number or a truth value";
        let label = label_of(label_field).ok_or_else(|| mistake(label, expected, label_field))?;
        rows.push(Row {
            place: Place::Row(number),
            text: parts.join(" "),
            label,
        });
    }
    Ok(rows)
}

fn place(file: &ParquetFile<'_>, column: &Column) -> Result<usize, DatasetError> {
    match column {
        Column::Name(name) => file.named(&[name]),
        Column::Position(position) => file.positioned(*position),
    }
}

/// Some writers leave out that bytes are text.
fn text_of(field: &Field) -> Option<&str> {
    match field {
        Field::Str(text) => Some(text),
        Field::Bytes(bytes) => bytes.as_utf8().ok(),
        _ => None,
    }
}

fn label_of(field: &Field) -> Option<String> {
    match field {
        Field::Bool(label) => Some(label.to_string()),
        Field::Byte(label) => Some(label.to_string()),
        Field::Short(label) => Some(label.to_string()),
        Field::Int(label) => Some(label.to_string()),
        Field::Long(label) => Some(label.to_string()),
        Field::UByte(label) => Some(label.to_string()),
        Field::UShort(label) => Some(label.to_string()),
        Field::UInt(label) => Some(label.to_string()),
        Field::ULong(label) => Some(label.to_string()),
        _ => text_of(field).map(str::to_owned),
    }
}

/// The field as an error shows it.
fn shown(field: &Field) -> String {
    let text = one_line(field);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
