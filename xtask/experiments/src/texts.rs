//! Texts and their classes: how they are read, what a network of words makes of them, and what words alone do.

mod bag_of_words;
mod logits;
mod model;
mod reader;

pub use bag_of_words::bag_of_words;
pub use logits::{logits, token_rows};
pub use model::Model;
pub use reader::Reader;
