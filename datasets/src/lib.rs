//! Corpora for Recurra as plain host data: what a model reads, before any tensor.
//!
//! From a file to training windows, in reading order:
//!
//! 1. [`TextSource`] finds the files of a corpus, [`read_text`] reads one of them;
//! 2. [`Unit`] cuts text into tokens, [`Vocabulary`] turns tokens into ids and back;
//! 3. [`LanguageModelCorpus`] holds the ids of the training, validation and test parts;
//! 4. [`Lanes`] lays a part out for stateful training, [`LaneCursor`] walks it window by window.
//!
//! [`PianoRollCorpus`] holds music: which keys of a piano sound at each step of a piece.
//! [`generated_text`] writes a small text of its own for when there is no file, and [`DelayedRecall`] needs none.
//! Everything that can go wrong is a [`DatasetError`].
//!
//! Shape letters: `B` batch, `T` time.

mod error;
mod generated;
mod lanes;
mod language_model;
mod piano_roll;
mod source;
mod text;
mod unit;
mod vocabulary;

pub use error::{DatasetError, Part};
pub use generated::{DelayedRecall, RecallBatch, generated_text};
pub use lanes::{LaneCursor, Lanes, Window};
pub use language_model::LanguageModelCorpus;
pub use piano_roll::{LOWEST_NOTE, PIANO_KEYS, PianoRoll, PianoRollCorpus};
pub use source::TextSource;
pub use text::read_text;
pub use unit::{END_OF_LINE, Unit};
pub use vocabulary::Vocabulary;
