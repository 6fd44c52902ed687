//! What can go wrong while a data set is found, read and cut up.

mod constructors;
mod listing;
mod one_line;

use std::{io, path::PathBuf};

use crate::Part;
pub(crate) use {listing::listing, one_line::one_line};

/// An error of this crate.
///
/// Each text is a lowercase fragment on one line and contains its cause, so that printing the error
/// alone is enough; where something helps that is not obvious, a second line says what.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// A file or folder could not be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system answered.
        cause: io::Error,
    },

    /// A file could not be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system answered.
        cause: io::Error,
    },

    /// A text file is not UTF-8.
    #[error("{}:{line}: expected UTF-8, got an invalid sequence at byte {byte}", path.display())]
    InvalidUtf8 {
        /// The file.
        path: PathBuf,
        /// The line with the first invalid byte, counted from 1.
        line: usize,
        /// The offset of the first invalid byte in the file, counted from 0.
        byte: usize,
    },

    /// A text file holds nothing, or nothing but a byte order mark.
    #[error("{} is empty, expected text", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },

    /// No data set has this name.
    #[error("data set must be one of {}, got {name:?}", known.join(", "))]
    UnknownSource {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },

    /// A data set is not on this machine, or not all of it.
    #[error("found no data set {name}: {found}\n{advice}")]
    NoDataSet {
        /// Its name.
        name: &'static str,
        /// What is in the places where it could be, or keeps it from being fetched.
        found: String,
        /// How to get it.
        advice: String,
    },

    /// What lies at an address could not be had, or is not what it should be.
    #[error("cannot fetch {address}: {cause}")]
    Fetch {
        /// The address.
        address: String,
        /// What went wrong. Its kind is `UnexpectedEof` for an answer that broke off, `InvalidData`
        /// for a wrong one.
        cause: io::Error,
    },

    /// A vocabulary file is not valid JSON, or not a valid vocabulary.
    #[error("{}: expected a vocabulary: {}", path.display(), one_line(cause))]
    InvalidVocabulary {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        cause: serde_json::Error,
    },

    /// A file is not JSON, or breaks off.
    #[error("{}: expected JSON: {}", path.display(), one_line(cause))]
    InvalidJson {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        cause: serde_json::Error,
    },

    /// A file of piano rolls has another form than it should.
    #[error("{}: {place}: expected {expected}, got {got}", path.display())]
    InvalidPianoRoll {
        /// The file.
        path: PathBuf,
        /// The part, and where it matters the piece and the step, both counted from 0.
        place: String,
        /// What would be right.
        expected: &'static str,
        /// What is there.
        got: String,
    },

    /// A line of a file has another form than it should.
    #[error("{}:{line}: expected {expected}, got {got}", path.display())]
    InvalidLine {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1; of something that spans several, the first.
        line: usize,
        /// What would be right.
        expected: String,
        /// What is there.
        got: String,
    },

    /// A file has another form than it should, in a place that is no line.
    #[error("{}: {place}: expected {expected}, got {got}", path.display())]
    InvalidContent {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        place: String,
        /// What would be right.
        expected: String,
        /// What is there.
        got: String,
    },

    /// A file has a header at most.
    #[error("{} has no example, expected at least 1", path.display())]
    NoExamples {
        /// The file.
        path: PathBuf,
    },

    /// A file's name does not tell its format.
    #[error("cannot tell the format of {}, expected {expected}", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// The names that do.
        expected: &'static str,
    },

    /// A folder lacks a file of the data set.
    #[error("{}: expected {expected}, found {}", folder.display(), listing(found))]
    MissingFile {
        /// The folder that was searched.
        folder: PathBuf,
        /// What should have been there.
        expected: String,
        /// What is there, sorted.
        found: Vec<String>,
    },

    /// A folder holds several data sets or texts, and nothing says which one is meant.
    #[error(
        "{}: expected one data set, or the name of one, found {}",
        folder.display(), listing(candidates)
    )]
    Ambiguous {
        /// The folder that was searched.
        folder: PathBuf,
        /// What could have been meant, sorted.
        candidates: Vec<String>,
    },

    /// A speaker has no recording.
    #[error(
        "no recording by {speaker:?}, expected a speaker of {}",
        listing(speakers)
    )]
    UnknownSpeaker {
        /// The name given.
        speaker: String,
        /// Those who have recordings, sorted.
        speakers: Vec<String>,
    },

    /// The share of a text that is set aside for validation is out of range.
    #[error("validation fraction must be in (0, 1), got {fraction}")]
    FractionOutOfRange {
        /// The value given.
        fraction: f64,
    },

    /// A probability is out of range.
    #[error("probability to {name} must be in [0, 1], got {probability}")]
    ProbabilityOutOfRange {
        /// What would happen with this probability.
        name: &'static str,
        /// The value given.
        probability: f64,
    },

    /// A part of a corpus is too short to predict anything in it.
    #[error("{part} part has {tokens} tokens, expected at least {needed}")]
    PartTooShort {
        /// The part.
        part: Part,
        /// How many tokens it has.
        tokens: usize,
        /// How many it needs.
        needed: usize,
    },

    /// A corpus has too few different examples for the parts that are to be drawn from it.
    #[error("corpus has {examples} different examples, expected at least {needed} for its parts")]
    TooFewExamples {
        /// How many it has that may be drawn.
        examples: usize,
        /// How many the parts need.
        needed: usize,
    },

    /// A labelled part has no example of a class.
    #[error("a labelled part of {examples} has no example of class {class}, expected at least 1")]
    NoneOfClass {
        /// The class.
        class: String,
        /// How many examples the part has.
        examples: usize,
    },

    /// A token stream is too short for the batch size.
    #[error(
        "cannot cut {tokens} tokens into {batch_size} lanes, expected at least {needed} tokens"
    )]
    TooShortForLanes {
        /// How many tokens there are.
        tokens: usize,
        /// How many lanes were asked for.
        batch_size: usize,
        /// How many tokens that takes.
        needed: usize,
    },

    /// A sequence that is to become a row of a batch has no token.
    #[error("sequence {row} has no token, expected at least 1")]
    EmptySequence {
        /// Its place among the sequences, counted from 0.
        row: usize,
    },

    /// A token is not in the vocabulary, and the vocabulary has no unknown token to stand for it.
    #[error(
        "token {token:?} is not among the {size} of the vocabulary, which has no unknown token"
    )]
    TokenNotInVocabulary {
        /// The token.
        token: String,
        /// How many tokens the vocabulary has.
        size: usize,
    },

    /// An id belongs to no token of the vocabulary.
    #[error("token id must be below {size}, the size of the vocabulary, got {id}")]
    IdOutOfRange {
        /// The id.
        id: u32,
        /// How many tokens the vocabulary has.
        size: usize,
    },

    /// A token stands twice in a list that is to become a vocabulary.
    #[error("token {token:?} has the ids {first} and {second}, expected each token once")]
    DuplicateToken {
        /// The token.
        token: String,
        /// Its first id, counted from 0.
        first: usize,
        /// Its second id.
        second: usize,
    },

    /// A special token is not in the vocabulary's own list.
    #[error("{role} token {token:?} must be one of the vocabulary's {size} tokens")]
    SpecialNotListed {
        /// What it is for: unknown, padding.
        role: &'static str,
        /// The token.
        token: String,
        /// How many tokens the vocabulary has.
        size: usize,
    },
}
