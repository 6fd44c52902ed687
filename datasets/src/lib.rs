//! Corpora for Recurra as plain host data: what a model reads, before any tensor.
//!
//! From a file to training windows, in reading order:
//!
//! 1. [`TextSource`] finds the files of a corpus, [`read_text`] reads one of them;
//! 2. [`Unit`] cuts text into tokens, [`Vocabulary`] turns tokens into ids and back;
//! 3. [`LanguageModelCorpus`] holds the ids of the training, validation and test parts;
//! 4. [`Lanes`] lays a part out for stateful training, [`LaneCursor`] walks it window by window.
//!
//! Other data have a module or a type of their own, such as [`labelled`] texts. No file is needed by
//! [`generated_text`], the corpora that have a constructor `generated`, and tasks for a memory, such
//! as [`DelayedRecall`]. All errors are a [`DatasetError`]. Shapes: `B` batch, `T` time, `D` dimensions.

pub mod batches;
mod draw;
mod error;
mod generated;
pub mod images;
pub mod labelled;
mod lanes;
mod language_model;
pub mod parallel;
mod part;
mod piano_roll;
pub mod registry;
pub mod series;
mod source;
pub mod speech;
pub mod tagged;
mod text;
pub mod text_vectors;
mod unit;
mod vocabulary;
mod words;

pub use generated::{generated_text, tasks::*};
pub use piano_roll::{LOWEST_NOTE, PIANO_KEYS, PianoRoll, PianoRollCorpus};
pub use {error::DatasetError, lanes::*, language_model::LanguageModelCorpus, vocabulary::*};
pub use {part::Part, source::TextSource, text::*, unit::*, words::english_words};
