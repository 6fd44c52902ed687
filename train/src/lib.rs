//! Training recurrent networks on [burn](https://burn.dev), one truncated window at a time.
//!
//! In the order a program uses them:
//!
//! 1. [`LanguageModelConfig`] builds a [`LanguageModel`]: embedding, recurrent network, output layer;
//! 2. [`TruncatedBptt`] trains it on one [`TokenWindow`] after the other, of fixed or random [`WindowLengths`], with a
//!    carried state, an optimiser of [`optim`] and a [`Schedule`]; [`evaluate`] judges it;
//! 3. [`sample`] draws text from it, [`save`] and [`load`] keep it, [`checkpoint`] keeps a run, [`tensorboard`] shows it.
//!
//! Other tasks have a [`SequenceClassifier`], [`SequenceTagger`], [`WordTagger`], [`Forecaster`], [`Seq2Seq`] or
//! [`CtcRecognizer`]; a model of your own is trained the same way once it is a [`SequenceModel`], or in burn-train's learner
//! (feature `learner`). [`diagnostics`] look into any network. What can go wrong is an [`Error`], what is random a `SeededRng`.
//!
//! Shape letters: `B` batch, `T` time, `E` embedding size, `H` hidden size, `V` vocabulary or classes.

pub mod checkpoint;
pub mod diagnostics;
mod error;
mod evaluate;
pub mod learner;
mod models;
pub mod optim;
pub mod precision;
pub mod regularize;
mod sample;
pub mod schedule;
mod store;
mod tbptt;
pub mod tensorboard;
mod window;

pub use error::{Error, Quantity};
pub use evaluate::evaluate;
pub use sample::{Sampler, sample};
pub use schedule::{Course, Schedule, ScheduledRate};
pub use store::{CONFIG_FILE, ModelConfig, WEIGHTS_FILE, load, save};
pub use tbptt::*;
pub use window::{TokenWindow, WindowLengths};
pub use {models::*, optim::*, precision::*, regularize::*};
