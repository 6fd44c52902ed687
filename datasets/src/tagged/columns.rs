//! From lines to sentences.

use std::path::Path;

use super::TaggedSentence;
use crate::DatasetError;

/// The columns of CoNLL-U.
const CONLLU_COLUMNS: usize = 10;

/// The columns of CoNLL-2003.
const CONLL2003_COLUMNS: usize = 4;

/// What a row says: a word and its tag, or nothing that counts.
pub(super) type Parsed<'a> = Option<(&'a str, &'a str)>;

/// What is expected of a row, and what is there instead.
pub(super) type Mistake = (String, String);

/// The sentences in `text`, the content of the file `path`; `row` reads a line, given how many words
/// the sentence has so far.
pub(super) fn sentences(
    path: &Path,
    text: &str,
    row: impl Fn(&str, usize) -> Result<Parsed<'_>, Mistake>,
) -> Result<Vec<TaggedSentence>, DatasetError> {
    let mut sentences = Vec::new();
    let mut sentence = TaggedSentence::default();
    for (place, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            sentences.push(std::mem::take(&mut sentence));
            continue;
        }
        let parsed = row(line, sentence.words.len());
        let parsed = parsed.map_err(|(expected, got)| DatasetError::InvalidLine {
            path: path.to_owned(),
            line: place + 1,
            expected,
            got,
        })?;
        if let Some((word, tag)) = parsed {
            sentence.words.push(word.to_owned());
            sentence.tags.push(tag.to_owned());
        }
    }
    sentences.push(sentence);
    sentences.retain(|sentence| !sentence.words.is_empty());
    if sentences.is_empty() {
        return Err(DatasetError::NoExamples {
            path: path.to_owned(),
        });
    }
    Ok(sentences)
}

/// A row of CoNLL-U behind `words` words, with its tag in the column at `tag_column`.
pub(super) fn conllu(row: &str, words: usize, tag_column: usize) -> Result<Parsed<'_>, Mistake> {
    if row.starts_with('#') {
        return Ok(None);
    }
    let columns: Vec<&str> = row.split('\t').collect();
    if columns.len() != CONLLU_COLUMNS {
        let expected = format!("{CONLLU_COLUMNS} columns parted by tabs");
        return Err((expected, columns.len().to_string()));
    }
    let (id, word, tag) = (columns[0], columns[1], columns[tag_column]);
    if id.contains(['-', '.']) {
        return Ok(None);
    }
    if id.parse() != Ok(words + 1) {
        return Err((
            format!("word {} of the sentence", words + 1),
            format!("{id:?}"),
        ));
    }
    if word.is_empty() {
        return Err(("a word in column 2".to_owned(), "an empty field".to_owned()));
    }
    if tag.is_empty() || tag == "_" {
        return Err((
            format!("a tag in column {}", tag_column + 1),
            format!("{tag:?}"),
        ));
    }
    Ok(Some((word, tag)))
}

/// A row of CoNLL-2003.
pub(super) fn conll2003(row: &str) -> Result<Parsed<'_>, Mistake> {
    let columns: Vec<&str> = row.split_whitespace().collect();
    let &[word, _, _, tag] = columns.as_slice() else {
        let expected = format!("{CONLL2003_COLUMNS} columns parted by blanks");
        return Err((expected, columns.len().to_string()));
    };
    if word == "-DOCSTART-" {
        return Ok(None);
    }
    if tag != "O" && !tag.starts_with("I-") && !tag.starts_with("B-") {
        return Err(("an entity tag O, I- or B-".to_owned(), format!("{tag:?}")));
    }
    Ok(Some((word, tag)))
}
