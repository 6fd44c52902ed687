//! Texts: how they are read, what a network of words makes of them, and what counting words does.

mod bag_of_words;
mod logits;
mod model;
mod n_grams;
mod reader;

pub use bag_of_words::bag_of_words;
pub use logits::{logits, token_rows};
pub use model::Model;
pub use n_grams::{BestNGrams, LONGEST};
pub use reader::Reader;
