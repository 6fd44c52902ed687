//! A Parquet file, and which of its columns are meant.

use std::{fs::File, path::Path, sync::Arc};

use parquet::{
    basic::{ConvertedType, Repetition},
    errors::ParquetError,
    file::reader::{FileReader, SerializedFileReader},
    record::{Field, reader::RowIter},
    schema::types::Type,
};

use crate::{DatasetError, error::one_line};

/// A file that is open, and where it lies.
pub(super) struct ParquetFile<'a> {
    path: &'a Path,
    reader: SerializedFileReader<File>,
}

impl<'a> ParquetFile<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, DatasetError> {
        let file = File::open(path).map_err(DatasetError::read(path))?;
        let reader = SerializedFileReader::new(file);
        let reader = reader.map_err(|cause| damaged(path, "whole file", &cause))?;
        Ok(Self { path, reader })
    }

    fn columns(&self) -> &[Arc<Type>] {
        let metadata = self.reader.metadata().file_metadata();
        metadata.schema().get_fields()
    }

    pub(super) fn name(&self, place: usize) -> &str {
        self.columns()[place].name()
    }

    /// The place of the first of `names` that the file has.
    pub(super) fn named(&self, names: &[&str]) -> Result<usize, DatasetError> {
        let columns = self.columns();
        let place = |name: &&str| columns.iter().position(|column| column.name() == *name);
        names.iter().find_map(place).ok_or_else(|| {
            let got: Vec<&str> = columns.iter().map(|column| column.name()).collect();
            let expected = format!("a column {}", names.join(" or "));
            DatasetError::content(self.path, "schema", expected, format!("{got:?}"))
        })
    }

    /// The place, if there is such a column.
    pub(super) fn positioned(&self, place: usize) -> Result<usize, DatasetError> {
        let columns = self.columns().len();
        if place < columns {
            return Ok(place);
        }
        let expected = format!("at least {} columns", place + 1);
        let got = columns.to_string();
        Err(DatasetError::content(self.path, "schema", expected, got))
    }

    /// That a column has a single value in each row.
    pub(super) fn check_scalar(&self, place: usize) -> Result<(), DatasetError> {
        let column = &self.columns()[place];
        let is_scalar = column.is_primitive() && !is_repeated(column);
        self.check(place, is_scalar, "a single value a row")
    }

    /// That a column has a list of single values in each row. The reader takes for granted what a
    /// list is made of.
    pub(super) fn check_list(&self, place: usize) -> Result<(), DatasetError> {
        let column = &self.columns()[place];
        let is_list = match column.as_ref() {
            Type::PrimitiveType { .. } => is_repeated(column),
            Type::GroupType { fields, .. } => {
                let is_list = column.get_basic_info().converted_type() == ConvertedType::LIST;
                is_list
                    && !is_repeated(column)
                    && matches!(&fields[..], [only] if holds_values(only))
            }
        };
        self.check(place, is_list, "a list a row")
    }

    fn check(&self, place: usize, is_right: bool, expected: &str) -> Result<(), DatasetError> {
        if is_right && self.columns()[place].get_basic_info().has_repetition() {
            return Ok(());
        }
        let column = format!("schema, column {}", self.name(place));
        let got = "another type";
        Err(DatasetError::content(self.path, column, expected, got))
    }

    /// The fields of each row in these places, in the order in which they are given.
    pub(super) fn rows(
        &self,
        places: &[usize],
    ) -> Result<impl Iterator<Item = Result<Vec<Field>, DatasetError>>, DatasetError> {
        let mut read = places.to_vec();
        read.sort_unstable();
        read.dedup();
        let fields = read.iter().map(|&place| self.columns()[place].clone());
        let root = Type::group_type_builder("schema").with_fields(fields.collect());
        let wrong = |cause: &ParquetError| damaged(self.path, "schema", cause);
        let root = root.build().map_err(|cause| wrong(&cause))?;
        let rows: RowIter<'_> = self
            .reader
            .get_row_iter(Some(root))
            .map_err(|cause| wrong(&cause))?;
        // Where each field stands among those that are read.
        let order = places
            .iter()
            .map(|place| read.binary_search(place).expect("it is read"));
        let order: Vec<usize> = order.collect();
        Ok(rows.enumerate().map(move |(number, row)| {
            let row = row.map_err(|cause| damaged(self.path, &format!("row {number}"), &cause))?;
            let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
            Ok(order.iter().map(|&place| fields[place].clone()).collect())
        }))
    }
}

/// Whether a list's only field holds values that are no groups.
fn holds_values(field: &Arc<Type>) -> bool {
    let info = field.get_basic_info();
    let is_value = |field: &Type| field.is_primitive() && field.get_basic_info().has_repetition();
    let inner = match field.as_ref() {
        Type::PrimitiveType { .. } => true,
        Type::GroupType { fields, .. } => {
            matches!(&fields[..], [only] if is_value(only) && !is_repeated(only))
        }
    };
    info.has_repetition() && is_repeated(field) && inner
}

fn is_repeated(column: &Type) -> bool {
    let info = column.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}

fn damaged(path: &Path, place: &str, cause: &ParquetError) -> DatasetError {
    DatasetError::content(path, place, "a Parquet file", one_line(cause))
}
