//! What is compared: students that differ in nothing but what they learn from.

use serde::{Deserialize, Serialize};

/// What a student learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arm {
    /// Its labels alone.
    Student,
    /// Its labels, and the teacher's decisions on the pool.
    Pseudo,
    /// The teacher's logits on labelled texts and pool.
    Distilled,
    /// The same, and its logits on changed copies of those texts (Tang et al. 2019).
    Augmented,
}

impl Arm {
    /// The name in files and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Pseudo => "pseudo",
            Self::Distilled => "distilled",
            Self::Augmented => "augmented",
        }
    }

    /// What its accuracy is called in the results.
    pub fn metric(self) -> &'static str {
        match self {
            Self::Student => "student_accuracy",
            Self::Pseudo => "pseudo_label_accuracy",
            Self::Distilled => "distilled_accuracy",
            Self::Augmented => "augmented_accuracy",
        }
    }

    /// What it is called on the page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Student => "student alone",
            Self::Pseudo => "student on pseudo-labels",
            Self::Distilled => "distilled student",
            Self::Augmented => "distilled student, augmented texts",
        }
    }
}
