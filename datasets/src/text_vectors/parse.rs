//! From lines to vectors.

use std::{collections::HashMap, path::Path};

use super::TextVectors;
use crate::DatasetError;

/// What word2vec writes above its vectors.
struct Header {
    words: usize,
    dimensions: usize,
}

impl Header {
    /// The header in these columns; `None` if they are something else. A word with a vector of one
    /// whole number would look the same, but nobody has such vectors.
    fn of(columns: &[&str]) -> Option<Self> {
        let &[words, dimensions] = columns else {
            return None;
        };
        Some(Self {
            words: words.parse().ok()?,
            dimensions: dimensions
                .parse()
                .ok()
                .filter(|&dimensions| dimensions > 0)?,
        })
    }
}

/// Takes line after line.
pub(super) struct Parser<'a> {
    path: &'a Path,
    header: Option<Header>,
    /// The lines of words so far.
    words: usize,
    /// Each kept word with its place and its line.
    kept: HashMap<String, (usize, usize)>,
    values: Vec<f32>,
    /// 0 before the first line.
    dimensions: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Self {
            path,
            header: None,
            words: 0,
            kept: HashMap::new(),
            values: Vec::new(),
            dimensions: 0,
        }
    }

    /// Takes the line of this number.
    pub(super) fn line(
        &mut self,
        line: usize,
        text: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), DatasetError> {
        // Some files part a word by a blank that is not ASCII's, which belongs to the word.
        let columns: Vec<&str> = text.trim_end_matches(' ').split(' ').collect();
        if line == 1 {
            self.header = Header::of(&columns);
            if let Some(header) = &self.header {
                self.dimensions = header.dimensions;
                return Ok(());
            }
            self.dimensions = columns.len() - 1;
        }
        let (word, numbers) = columns
            .split_first()
            .expect("a split has at least one part");
        let vector = self.vector(line, numbers)?;
        self.words += 1;
        if wanted(word) {
            self.keep(line, word, &vector)?;
        }
        Ok(())
    }

    fn vector(&self, line: usize, numbers: &[&str]) -> Result<Vec<f32>, DatasetError> {
        if numbers.is_empty() || numbers.len() != self.dimensions {
            let expected = match self.dimensions {
                0 => "a word and its numbers, parted by blanks".to_owned(),
                count => format!("a word and {count} numbers as in the first line"),
            };
            return Err(self.mistake(line, expected, format!("{} columns", numbers.len() + 1)));
        }
        let number = |text: &&str| {
            let number: Option<f32> = text.parse().ok();
            number.filter(|number| number.is_finite()).ok_or_else(|| {
                self.mistake(
                    line,
                    "finite numbers behind the word".to_owned(),
                    format!("{text:?}"),
                )
            })
        };
        numbers.iter().map(number).collect()
    }

    fn keep(&mut self, line: usize, word: &str, vector: &[f32]) -> Result<(), DatasetError> {
        let place = self.kept.len();
        if let Some((_, first)) = self.kept.insert(word.to_owned(), (place, line)) {
            let got = format!("{word:?} again, which line {first} has");
            return Err(self.mistake(line, "each word once".to_owned(), got));
        }
        self.values.extend_from_slice(vector);
        Ok(())
    }

    /// The vectors of all lines.
    pub(super) fn finish(self) -> Result<TextVectors, DatasetError> {
        if let Some(header) = self
            .header
            .as_ref()
            .filter(|header| header.words != self.words)
        {
            let expected = format!("{} words, as many as there are lines", self.words);
            return Err(self.mistake(1, expected, header.words.to_string()));
        }
        let places = self
            .kept
            .into_iter()
            .map(|(word, (place, _))| (word, place));
        Ok(TextVectors {
            places: places.collect(),
            values: self.values,
            dimensions: self.dimensions,
        })
    }

    fn mistake(&self, line: usize, expected: String, got: String) -> DatasetError {
        DatasetError::InvalidLine {
            path: self.path.to_owned(),
            line,
            expected,
            got,
        }
    }
}
