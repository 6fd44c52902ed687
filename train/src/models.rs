//! Networks with what goes before and after them, a task each.

mod language_model;

pub use language_model::{LanguageModel, LanguageModelConfig, LanguageModelMasks};
