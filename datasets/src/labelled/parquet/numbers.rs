//! Rows of numbers from Parquet files.

use std::path::Path;

use parquet::record::Field;

use super::{columns::ParquetFile, guarded, shown};
use crate::DatasetError;

/// A list of `C` numbers for each of `N` rows: what a teacher says of texts.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberTable {
    /// The numbers, `[N, C]`, row-major, all finite.
    pub values: Vec<f32>,
    /// `C`, at least 1.
    pub columns: usize,
}

impl NumberTable {
    /// Reads a column of lists of floats, one list for each row and all of the same length.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if the file cannot be read; [`DatasetError::InvalidContent`], which
    /// names row and column, both rows and what stands in a list counted from 0, if it is no Parquet
    /// file, has no such column or one of another type, or a list has another length than the first,
    /// none at all, or something that is not finite; [`DatasetError::NoExamples`] if there is no row.
    pub fn read_parquet(path: impl AsRef<Path>, column: &str) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        guarded(path, || Self::read_column(path, column))
    }

    fn read_column(path: &Path, column: &str) -> Result<Self, DatasetError> {
        let file = ParquetFile::open(path)?;
        let place = file.named(&[column])?;
        file.check_list(place)?;
        let mut table = Self {
            values: Vec::new(),
            columns: 0,
        };
        for (row, fields) in file.rows(&[place])?.enumerate() {
            let fields = fields?;
            table.push(&fields[0]).map_err(|(expected, got)| {
                let place = format!("row {row}, column {column}");
                DatasetError::content(path, place, expected, got)
            })?;
        }
        if table.columns == 0 {
            return Err(DatasetError::NoExamples {
                path: path.to_owned(),
            });
        }
        Ok(table)
    }

    /// The number of rows, `N`.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns
    }

    /// Whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Appends a row; on a mistake, what was expected and what is there.
    fn push(&mut self, field: &Field) -> Result<(), (String, String)> {
        let Field::ListInternal(list) = field else {
            return Err(("a list".to_owned(), shown(field)));
        };
        let numbers = list.elements();
        if self.columns == 0 {
            self.columns = numbers.len();
        }
        if numbers.is_empty() || numbers.len() != self.columns {
            let expected = match self.columns {
                0 => "at least 1 number".to_owned(),
                columns => format!("{columns} numbers as in row 0"),
            };
            return Err((expected, numbers.len().to_string()));
        }
        for (place, field) in numbers.iter().enumerate() {
            let number = match field {
                Field::Float16(number) => Some(number.to_f32()),
                Field::Float(number) => Some(*number),
                Field::Double(number) => Some(*number as f32),
                _ => None,
            };
            let number = number.filter(|number| number.is_finite());
            let wrong = || (format!("a finite float at {place}"), shown(field));
            self.values.push(number.ok_or_else(wrong)?);
        }
        Ok(())
    }
}
