//! Distillation: what a large text classifier knows, taught to a small recurrent network.
//!
//! 1. [`HuggingFaceFolder`] reads an [`Encoder`] of the BERT family, with or without its classifier;
//! 2. [`losses`] train a student by what a teacher says;
//! 3. a [`Teacher`] gives texts [`SoftLabels`], which a [`SoftLabelCache`] keeps; [`FineTuning`] makes one of an encoder;
//! 4. a [`Student`] learns from them.
//!
//! Everything that can go wrong is an [`Error`]. Random numbers come from a
//! [`SeededRng`](recurra_cells::SeededRng) on the host, so that a seed gives the same run on every device.
//!
//! Shape letters: `B` batch, `T` time, `W` width of a hidden state, `V` classes, `L` layers.

mod encoder;
mod error;
mod fine_tuning;
pub mod losses;
mod student;
pub mod teacher;

pub use encoder::*;
pub use error::Error;
pub use fine_tuning::{FineTuning, FineTuningConfig};
pub use losses::*;
pub use student::*;
pub use teacher::*;
