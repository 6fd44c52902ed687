//! Word vectors from text files, as GloVe and word2vec write them.

mod parse;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use crate::{DatasetError, Vocabulary, text::for_each_line};
use parse::Parser;

/// A vector of `D` numbers for each of many words.
#[derive(Clone, Debug, PartialEq)]
pub struct TextVectors {
    /// The place of each word's vector.
    places: HashMap<String, usize>,
    /// The vectors one after the other.
    values: Vec<f32>,
    dimensions: usize,
}

/// What the vectors know of a vocabulary.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorMatrix {
    /// The vector of each token, `[V, D]`, row-major; zeros for tokens without one.
    pub values: Vec<f32>,
    /// Whether each token has a vector, `[V]`.
    pub found: Vec<bool>,
    /// `D`.
    pub dimensions: usize,
}

/// How much of a text has a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// How many distinct words the text has.
    pub types: usize,
    /// How many of them have a vector.
    pub types_found: usize,
    /// How many words the text has, each as often as it stands there.
    pub tokens: usize,
    /// How many of them have a vector.
    pub tokens_found: usize,
}

impl Coverage {
    /// The share of the text's words that have a vector, in `[0, 1]`; 0 for an empty text.
    pub fn token_share(self) -> f64 {
        self.tokens_found as f64 / self.tokens.max(1) as f64
    }
}

impl TextVectors {
    /// Reads a file with a word and its `D` numbers a line, parted by blanks (Pennington et al.,
    /// 2014). The first line may be word2vec's header instead: the number of words, and `D`. A file
    /// whose name ends in `.gz` is decompressed.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if the file cannot be read, [`DatasetError::InvalidUtf8`] if it is not
    /// UTF-8, [`DatasetError::EmptyFile`] if it has no line, and [`DatasetError::InvalidLine`],
    /// which names the line, for a wrong number of columns, what is no number or not finite, a word
    /// that stands there twice, and a header that counts another number of words.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        Self::read_words(path, |_| true)
    }

    /// Reads as [`read`](Self::read) does, and keeps only the words that are `wanted`: the whole of
    /// a large file may not fit into memory. What is not kept is checked all the same, except for
    /// standing there twice.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub fn read_words(
        path: impl AsRef<Path>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let mut parser = Parser::new(path);
        for_each_line(path, |line, text| parser.line(line, text, &wanted))?;
        parser.finish()
    }

    /// The number of words.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no word at all.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// `D`.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The vector of a word, `[D]`.
    pub fn vector(&self, word: &str) -> Option<&[f32]> {
        let start = self.places.get(word)? * self.dimensions;
        Some(&self.values[start..start + self.dimensions])
    }

    /// The vectors of a vocabulary's tokens, in the order of their ids.
    pub fn matrix(&self, vocabulary: &Vocabulary) -> VectorMatrix {
        let mut values = Vec::with_capacity(vocabulary.len() * self.dimensions);
        let mut found = Vec::with_capacity(vocabulary.len());
        for token in vocabulary.tokens() {
            let vector = self.vector(token);
            found.push(vector.is_some());
            values.extend_from_slice(vector.unwrap_or_default());
            values.resize(found.len() * self.dimensions, 0.0);
        }
        VectorMatrix {
            values,
            found,
            dimensions: self.dimensions,
        }
    }

    /// How much of a text, cut into `words`, has a vector.
    pub fn coverage<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Coverage {
        let has_vector = |word: &&str| self.places.contains_key(*word);
        let words: Vec<&str> = words.into_iter().collect();
        let types: HashSet<&str> = words.iter().copied().collect();
        Coverage {
            types: types.len(),
            types_found: types.iter().filter(|word| has_vector(word)).count(),
            tokens: words.len(),
            tokens_found: words.iter().filter(|word| has_vector(word)).count(),
        }
    }
}
