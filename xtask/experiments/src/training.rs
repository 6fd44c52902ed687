//! Training one cell after the other: whatever is the same for every experiment.

mod checkpoints;
mod epochs;
mod history;
mod recipe;
mod session;
mod task;
mod trainer;

pub use epochs::{Epochs, Lesson};
pub use history::{Curve, History, Trained};
pub use recipe::Recipe;
pub use task::{Measures, Plan, Reading, Task};
pub use trainer::Trainer;

/// The streams of random numbers under one seed.
pub mod streams {
    /// Draws the initial weights.
    pub const WEIGHTS: u64 = 0;
    /// Draws what is dropped.
    pub const DROPOUT: u64 = 1;
    /// Draws from the trained model.
    pub const SAMPLE: u64 = 2;
    /// Draws how the data is read: in which order, in which parts.
    pub const READING: u64 = 3;
}
