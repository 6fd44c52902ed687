//! How a file holds its labelled texts.

use std::path::Path;

#[cfg(feature = "parquet")]
use super::parquet;
use super::{LabelledCorpus, LabelledText, json_lines, table};
use crate::{DatasetError, Encoding, error::listing, read_text_as};

/// The name of a label's column where none is given.
pub(super) const LABEL_NAME: &str = "label";

/// The names of a text's column where none is given.
pub(super) const TEXT_NAMES: [&str; 2] = ["sentence", "text"];

/// How rows and their fields are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// A row a line, fields parted by tabs. Quotes are characters like any other, as GLUE's files
    /// have it.
    Tsv,
    /// Fields parted by commas, some of them in double quotes, inside of which a quote is doubled
    /// and line feeds may stand (RFC 4180).
    Csv,
    /// A JSON object a line. A label may be a string, a number or a truth value.
    JsonLines,
    /// A table by columns (feature `parquet`). A text is a string, a label a string, a whole number
    /// or a truth value. Rows are counted from 0.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// Which field of a row is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// The one of this name in the header, or in a JSON object.
    Name(String),
    /// The one at this place, counted from 0.
    Position(usize),
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<usize> for Column {
    fn from(position: usize) -> Self {
        Self::Position(position)
    }
}

/// The fields that make an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// At least one.
    pub(super) text: Vec<Column>,
    pub(super) label: Column,
}

/// Where an example stands.
pub(super) enum Place {
    /// Counted from 1.
    Line(usize),
    /// Of a file that has no lines, counted from 0.
    #[cfg(feature = "parquet")]
    Row(usize),
}

/// An example as the file spells it.
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) text: String,
    pub(super) label: String,
}

/// How a file holds its labelled texts, and what is expected of them.
///
/// Unless [`with_columns`](Self::with_columns) says otherwise, a table whose first row has a field
/// `label` has that row as its header, and its text in the column `sentence` or `text`; any other
/// table has no header, its text in the first column and its label in the second. An object has its
/// fields by the same names, and so has a table of columns.
///
/// ```no_run
/// use recurra_datasets::labelled::{LabelledFormat, Syntax};
///
/// let news = LabelledFormat::new(Syntax::Csv)
///     .with_columns(["title", "description"], "topic")
///     .with_classes(["World", "Sports"])
///     .read("news.csv")?;
/// # Ok::<(), recurra_datasets::DatasetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledFormat {
    syntax: Syntax,
    columns: Option<Columns>,
    classes: Option<Vec<String>>,
    encoding: Encoding,
}

impl LabelledFormat {
    /// The format with this syntax, its columns as described above, and whatever classes the file
    /// has.
    pub fn new(syntax: Syntax) -> Self {
        Self {
            syntax,
            columns: None,
            classes: None,
            encoding: Encoding::Utf8,
        }
    }

    /// The format of a file named `*.tsv`, `*.csv`, `*.jsonl` or `*.json`, each with or without
    /// `.gz`, and with the feature `parquet` that of `*.parquet`.
    ///
    /// # Errors
    ///
    /// [`DatasetError::UnknownFormat`] for any other name.
    pub fn of(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let name = path.to_string_lossy().to_lowercase();
        let syntax = match name.trim_end_matches(".gz").rsplit_once('.') {
            Some((_, "tsv")) => Syntax::Tsv,
            Some((_, "csv")) => Syntax::Csv,
            Some((_, "jsonl" | "json")) => Syntax::JsonLines,
            #[cfg(feature = "parquet")]
            Some((_, "parquet")) => Syntax::Parquet,
            _ => {
                return Err(DatasetError::UnknownFormat {
                    path: path.to_owned(),
                    expected: "a name that ends in .tsv, .csv or .jsonl",
                });
            }
        };
        Ok(Self::new(syntax))
    }

    /// The same format with its text in the columns `text`, which are joined by a blank, and its
    /// label in the column `label`. A table has a header if any of them is given by name.
    ///
    /// # Panics
    ///
    /// If `text` has no column.
    pub fn with_columns<C: Into<Column>>(
        mut self,
        text: impl IntoIterator<Item = C>,
        label: impl Into<Column>,
    ) -> Self {
        let text: Vec<Column> = text.into_iter().map(Into::into).collect();
        assert!(!text.is_empty(), "a text has at least one column, got 0");
        let label = label.into();
        self.columns = Some(Columns { text, label });
        self
    }

    /// The same format with exactly these classes, by the names that the labels have in the file.
    /// Without them, the classes are all labels of the file: by number if all are whole numbers,
    /// else by code point.
    pub fn with_classes(mut self, classes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.classes = Some(classes.into_iter().map(Into::into).collect());
        self
    }

    /// The same format for files in this encoding rather than in UTF-8.
    pub fn with_encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Those of [`read_text_as`]; [`DatasetError::InvalidLine`], which names the line and what was
    /// expected (of a Parquet file [`DatasetError::InvalidContent`], which names row and column), if a column is missing, a row has another number of fields than the first, a text
    /// is empty, a line is no JSON object, or a label is none of the given classes;
    /// [`DatasetError::NoExamples`] if there is nothing but a header.
    ///
    /// # Panics
    ///
    /// If a column of a JSON object is given by its position.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<LabelledCorpus, DatasetError> {
        let path = path.as_ref();
        let rows = self.rows(path)?;
        if rows.is_empty() {
            return Err(DatasetError::NoExamples {
                path: path.to_owned(),
            });
        }
        let classes = match &self.classes {
            Some(classes) => classes.clone(),
            None => classes_of(&rows),
        };
        let example = |row| example(path, row, &classes);
        let examples = rows.into_iter().map(example).collect::<Result<_, _>>()?;
        Ok(LabelledCorpus { classes, examples })
    }

    fn rows(&self, path: &Path) -> Result<Vec<Row>, DatasetError> {
        let columns = self.columns.as_ref();
        let text = || read_text_as(path, self.encoding);
        match self.syntax {
            Syntax::Tsv => table::rows(path, &text()?, table::tsv(), columns),
            Syntax::Csv => table::rows(path, &text()?, table::csv(), columns),
            Syntax::JsonLines => json_lines::rows(path, &text()?, columns),
            #[cfg(feature = "parquet")]
            Syntax::Parquet => parquet::rows(path, columns),
        }
    }
}

/// The labels of all rows, each once, in order.
fn classes_of(rows: &[Row]) -> Vec<String> {
    let mut classes: Vec<String> = rows.iter().map(|row| row.label.trim().to_owned()).collect();
    classes.sort_unstable();
    classes.dedup();
    if classes.iter().all(|class| class.parse::<i64>().is_ok()) {
        classes.sort_by_key(|class| class.parse::<i64>().ok());
    }
    classes
}

fn example(path: &Path, row: Row, classes: &[String]) -> Result<LabelledText, DatasetError> {
    let mistake = |expected: String, got: String| match row.place {
        Place::Line(line) => DatasetError::InvalidLine {
            path: path.to_owned(),
            line,
            expected,
            got,
        },
        #[cfg(feature = "parquet")]
        Place::Row(row) => DatasetError::content(path, format!("row {row}"), expected, got),
    };
    let text = row.text.trim();
    if text.is_empty() {
        return Err(mistake("a text".to_owned(), "an empty field".to_owned()));
    }
    let spelt = row.label.trim();
    if spelt.is_empty() {
        return Err(mistake("a label".to_owned(), "an empty field".to_owned()));
    }
    let label = classes.iter().position(|class| class == spelt);
    let label = label.ok_or_else(|| {
        let expected = format!("one of the labels {}", listing(classes));
        mistake(expected, format!("{spelt:?}"))
    })?;
    Ok(LabelledText {
        text: text.to_owned(),
        label,
    })
}
