//! The course of a learning rate over a run of any length.

use serde::{Deserialize, Serialize};

use super::{Cosine, Linear, Schedule};

/// A schedule by its bare name, for settings: it spans the run, however long that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Course {
    /// The base rate throughout.
    Constant,
    /// Down to 0 along a straight line.
    Linear,
    /// Down to 0 along half a cosine.
    #[default]
    Cosine,
}

impl Course {
    /// The schedule of a run of so many steps, at least 1. It would be 0 at step `steps`, the first after the run.
    ///
    /// ```
    /// use recurra_train::Course;
    ///
    /// assert_eq!(Course::Linear.over(4).factor(1), 0.75);
    /// ```
    pub fn over(self, steps: usize) -> Schedule {
        match self {
            Self::Constant => Schedule::Constant,
            Self::Linear => Schedule::Linear(Linear::decay(steps)),
            Self::Cosine => Schedule::Cosine(Cosine::new(steps)),
        }
    }
}
