//! Corpora for Recurra as plain host data: what a model reads, before any tensor.
//!
//! From a file to training windows, in reading order:
//!
//! 1. [`TextSource`] finds the files of a corpus, [`read_text`] reads one, [`Unit`] cuts it up;
//! 2. [`Vocabulary`] has an id for each token, [`LanguageModelCorpus`] holds the ids of all parts;
//! 3. [`Lanes`] lays a part out for stateful training, [`LaneCursor`] walks it window by window.
//!
//! Other data have a module or a type of their own, such as [`labelled`] texts. No file is needed by
//! [`generated_text`], constructors called `generated`, and tasks for a memory, such as
//! [`DelayedRecall`]; [`registry`] knows public data. All errors are a [`DatasetError`].

pub mod batches;
mod draw;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
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

pub use {error::DatasetError, lanes::*, language_model::LanguageModelCorpus, vocabulary::*};
pub use {generated::generated_text, generated::tasks::*, piano_roll::*};
pub use {part::Part, source::TextSource, text::*, unit::*, words::english_words};
