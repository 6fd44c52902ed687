//! The rows of TSV and CSV files.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Terminator};

use super::format::{Column, Columns, LABEL_NAME, Place, Row, TEXT_NAMES};
use crate::DatasetError;

/// The reader's settings for fields parted by tabs, in which a quote has no meaning.
pub(super) fn tsv() -> ReaderBuilder {
    let mut settings = csv();
    settings.delimiter(b'\t').quoting(false);
    settings
}

/// The reader's settings for fields parted by commas and perhaps quoted.
pub(super) fn csv() -> ReaderBuilder {
    let mut settings = ReaderBuilder::new();
    // The header is told from its content, and the number of fields by the rows below it, so that
    // an error can say what was expected. A CR on its own stays in its field.
    settings
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'));
    settings
}

/// Where the fields of an example stand in a row.
struct Places {
    text: Vec<usize>,
    label: usize,
    has_header: bool,
}

/// The rows of `text`, which is the content of the file `path`, below its header if it has one.
pub(super) fn rows(
    path: &Path,
    text: &str,
    settings: ReaderBuilder,
    columns: Option<&Columns>,
) -> Result<Vec<Row>, DatasetError> {
    let table = Table { path, text };
    let records = table.records(&settings);
    let Some((line, first)) = records.first() else {
        return Ok(Vec::new());
    };
    let places = match columns {
        Some(columns) => table.places(*line, first, columns)?,
        None => table.usual_places(*line, first)?,
    };
    let body = records.iter().skip(usize::from(places.has_header));
    body.map(|(line, record)| table.row(*line, record, first.len(), &places))
        .collect()
}

/// A file and its content.
struct Table<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Table<'_> {
    /// All records, each with the line on which it begins, counted from 1.
    fn records(&self, settings: &ReaderBuilder) -> Vec<(usize, StringRecord)> {
        let mut reader = settings.from_reader(self.text.as_bytes());
        let mut records = Vec::new();
        let mut record = StringRecord::new();
        let mut line = 1;
        let mut byte = 0;
        // The text is valid UTF-8 in memory, and rows of any length are accepted: no error is left.
        while reader.read_record(&mut record).expect("a record of text") {
            let end = reader.position().byte() as usize;
            let read = &self.text.as_bytes()[byte..end];
            // The parser passes over empty lines.
            let empty_lines = read.iter().take_while(|&&byte| byte == b'\n').count();
            records.push((line + empty_lines, record.clone()));
            line += read.iter().filter(|&&byte| byte == b'\n').count();
            byte = end;
        }
        records
    }

    fn mistake(
        &self,
        line: usize,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> DatasetError {
        DatasetError::InvalidLine {
            path: self.path.to_owned(),
            line,
            expected: expected.into(),
            got: got.into(),
        }
    }

    /// Where the given columns stand.
    fn places(
        &self,
        line: usize,
        first: &StringRecord,
        columns: &Columns,
    ) -> Result<Places, DatasetError> {
        let place = |column: &Column| match column {
            Column::Position(position) if *position < first.len() => Ok(*position),
            Column::Position(position) => {
                let expected = format!("at least {} columns", position + 1);
                Err(self.mistake(line, expected, first.len().to_string()))
            }
            Column::Name(name) => self.named(line, first, &[name]),
        };
        let is_name = |column: &Column| matches!(column, Column::Name(_));
        Ok(Places {
            text: columns.text.iter().map(place).collect::<Result<_, _>>()?,
            label: place(&columns.label)?,
            has_header: columns.text.iter().any(is_name) || is_name(&columns.label),
        })
    }

    /// Where the columns stand if nothing is said about them.
    fn usual_places(&self, line: usize, first: &StringRecord) -> Result<Places, DatasetError> {
        if let Some(label) = first.iter().position(|field| field.trim() == LABEL_NAME) {
            return Ok(Places {
                text: vec![self.named(line, first, &TEXT_NAMES)?],
                label,
                has_header: true,
            });
        }
        if first.len() < 2 {
            let expected = "a column for the text and one for the label";
            return Err(self.mistake(line, expected, first.len().to_string()));
        }
        Ok(Places {
            text: vec![0],
            label: 1,
            has_header: false,
        })
    }

    /// The place of the first of `names` that the header has.
    fn named(
        &self,
        line: usize,
        header: &StringRecord,
        names: &[&str],
    ) -> Result<usize, DatasetError> {
        let place = |name: &&str| header.iter().position(|field| field.trim() == *name);
        names.iter().find_map(place).ok_or_else(|| {
            let got: Vec<&str> = header.iter().collect();
            let expected = format!("a column {}", names.join(" or "));
            self.mistake(line, expected, format!("{got:?}"))
        })
    }

    fn row(
        &self,
        line: usize,
        record: &StringRecord,
        columns: usize,
        places: &Places,
    ) -> Result<Row, DatasetError> {
        if record.len() != columns {
            let expected = format!("{columns} columns as in the first row");
            return Err(self.mistake(line, expected, record.len().to_string()));
        }
        let texts: Vec<&str> = places
            .text
            .iter()
            .map(|&place| record[place].trim())
            .collect();
        Ok(Row {
            place: Place::Line(line),
            text: texts.join(" "),
            label: record[places.label].to_owned(),
        })
    }
}
