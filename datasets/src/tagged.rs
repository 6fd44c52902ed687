//! Sentences with a tag for each word, from column files.

mod columns;
mod corpus;
mod entities;
mod lexicon;

use std::path::Path;

use crate::{DatasetError, read_text};
pub use corpus::{TagKind, TaggedCorpus};
pub use entities::{Entity, bioes, entities};
pub use lexicon::TagLexicon;

/// A sentence of `T` words, each with its tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaggedSentence {
    /// The words as they are written, `[T]`, at least one.
    pub words: Vec<String>,
    /// The tag of each word, `[T]`.
    pub tags: Vec<String>,
}

/// Which tags of CoNLL-U are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartOfSpeech {
    /// The 17 universal tags, column 4: `NOUN`, `VERB`.
    Universal,
    /// The treebank's own, column 5: in English those of the Penn Treebank, `NNS`, `VBD`.
    Treebank,
}

/// Reads the words and parts of speech of a CoNLL-U file (Universal Dependencies): ten columns
/// parted by tabs, comments that begin with `#`, an empty line after each sentence. Only rows whose
/// first column is a whole number are words; those of spans (`1-2`) and of words that are not
/// written (`1.1`) are passed over.
///
/// # Errors
///
/// Those of [`read_text`]; [`DatasetError::InvalidLine`], which names the line, for another number
/// of columns, words that are not numbered from 1, and an empty word or tag;
/// [`DatasetError::NoExamples`] if there is no sentence.
pub fn read_conllu(
    path: impl AsRef<Path>,
    tags: PartOfSpeech,
) -> Result<Vec<TaggedSentence>, DatasetError> {
    let path = path.as_ref();
    let tag_column = match tags {
        PartOfSpeech::Universal => 3,
        PartOfSpeech::Treebank => 4,
    };
    let text = read_text(path)?;
    columns::sentences(path, &text, |row, words| {
        columns::conllu(row, words, tag_column)
    })
}

/// Reads the words and entity tags of a CoNLL-2003 file: four columns parted by blanks (word, part
/// of speech, chunk, entity), an empty line after each sentence. `-DOCSTART-` lines are passed over.
/// The tags are those of the file: in the published one, IOB1, in which `B-` stands only where two
/// entities of one type touch.
///
/// # Errors
///
/// Those of [`read_text`]; [`DatasetError::InvalidLine`], which names the line, for another number
/// of columns and for a tag that is neither `O` nor begins with `I-` or `B-`;
/// [`DatasetError::NoExamples`] if there is no sentence.
pub fn read_conll2003(path: impl AsRef<Path>) -> Result<Vec<TaggedSentence>, DatasetError> {
    let path = path.as_ref();
    columns::sentences(path, &read_text(path)?, |row, _| columns::conll2003(row))
}
