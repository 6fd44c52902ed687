//! The rows of JSON Lines files.

use std::path::Path;

use serde_json::{Map, Value};

use super::format::{Column, Columns, LABEL_NAME, Place, Row, TEXT_NAMES};
use crate::DatasetError;

/// What is expected of a line, and what is there instead.
type Mistake = (String, String);

/// The rows of `text`, which is the content of the file `path`; empty lines are passed over.
pub(super) fn rows(
    path: &Path,
    text: &str,
    columns: Option<&Columns>,
) -> Result<Vec<Row>, DatasetError> {
    let lines = text.lines().enumerate();
    let filled = lines.filter(|(_, line)| !line.trim().is_empty());
    let row = |(place, json): (usize, &str)| {
        let line = place + 1;
        row(line, json, columns).map_err(|(expected, got)| DatasetError::InvalidLine {
            path: path.to_owned(),
            line,
            expected,
            got,
        })
    };
    filled.map(row).collect()
}

fn row(line: usize, json: &str, columns: Option<&Columns>) -> Result<Row, Mistake> {
    let object: Map<String, Value> = serde_json::from_str(json)
        .map_err(|cause| ("a JSON object".to_owned(), cause.to_string()))?;
    let (text, label) = match columns {
        Some(columns) => {
            let texts = columns
                .text
                .iter()
                .map(|column| text_of(&object, &[name(column)]));
            let texts: Vec<&str> = texts.collect::<Result<_, _>>()?;
            (texts.join(" "), name(&columns.label))
        }
        None => (text_of(&object, &TEXT_NAMES)?.to_owned(), LABEL_NAME),
    };
    let label = match field(&object, &[label])? {
        Value::String(label) => label.clone(),
        Value::Number(label) => label.to_string(),
        Value::Bool(label) => label.to_string(),
        other => {
            let expected = "a label that is a string, a number or a truth value";
            return Err((expected.to_owned(), other.to_string()));
        }
    };
    let place = Place::Line(line);
    Ok(Row { place, text, label })
}

/// The string in the first of these fields that the object has.
fn text_of<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Result<&'a str, Mistake> {
    match field(object, names)? {
        Value::String(text) => Ok(text.trim()),
        other => Err(("a text that is a string".to_owned(), other.to_string())),
    }
}

fn field<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Result<&'a Value, Mistake> {
    let value = names.iter().find_map(|&name| object.get(name));
    value.ok_or_else(|| {
        let got: Vec<&str> = object.keys().map(String::as_str).collect();
        (
            format!("a field {}", names.join(" or ")),
            format!("{got:?}"),
        )
    })
}

fn name(column: &Column) -> &str {
    match column {
        Column::Name(name) => name,
        Column::Position(position) => {
            panic!("fields of a JSON object have names, got position {position}")
        }
    }
}
