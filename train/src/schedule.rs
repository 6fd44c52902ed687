//! How the learning rate changes while training goes on.

use serde::{Deserialize, Serialize};

/// A learning rate's course, as a factor of its highest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// The same throughout.
    Constant,
    /// Down to 0 along a straight line.
    Linear,
    /// Down to 0 along half a cosine (Loshchilov and Hutter 2017, without restarts).
    #[default]
    Cosine,
}

impl Schedule {
    /// The factor in `[0, 1]` after the part `progress` of training, which is clamped to `[0, 1]`.
    ///
    /// ```
    /// use recurra_train::Schedule;
    ///
    /// assert_eq!(Schedule::Cosine.factor(0.0), 1.0);
    /// assert_eq!(Schedule::Linear.factor(0.25), 0.75);
    /// ```
    pub fn factor(self, progress: f64) -> f64 {
        let progress = progress.clamp(0.0, 1.0);
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - progress,
            Self::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_falling_course_ends_at_zero() {
        for schedule in [Schedule::Linear, Schedule::Cosine] {
            assert!(schedule.factor(1.0).abs() < 1e-15, "{schedule:?}");
            assert!((schedule.factor(0.5) - 0.5).abs() < 1e-15, "{schedule:?}");
        }
    }

    proptest! {
        #[test]
        fn no_course_rises(early in 0.0f64..1.0, later in 0.0f64..1.0) {
            for schedule in [Schedule::Constant, Schedule::Linear, Schedule::Cosine] {
                let (early, later) = (early.min(later), early.max(later));
                prop_assert!(schedule.factor(early) >= schedule.factor(later));
            }
        }
    }
}
