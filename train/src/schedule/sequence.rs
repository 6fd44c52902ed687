//! One schedule after another.

use serde::{Deserialize, Serialize};

use super::Schedule;
use crate::Error;

/// One schedule after another, PyTorch's `SequentialLR`.
///
/// ```text
/// f(t) = schedules[i](t - milestones[i - 1])        for milestones[i - 1] <= t < milestones[i]
/// ```
///
/// Each schedule counts its own steps from 0, and all of them are factors of the same base rate. The first begins at step
/// 0, the last has no end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sequence {
    /// What follows what, at least one; sequences may be among them.
    pub schedules: Vec<Schedule>,
    /// At which step each schedule but the first begins: rising, from at least 1, one fewer than there are schedules.
    pub milestones: Vec<usize>,
}

impl Sequence {
    /// These schedules, each but the first from its milestone on.
    pub fn new(schedules: Vec<Schedule>, milestones: Vec<usize>) -> Self {
        Self {
            schedules,
            milestones,
        }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        let (schedules, milestones) = (self.schedules.len(), self.milestones.len());
        if schedules == 0 {
            return Err(Error::config("schedules", "at least one", "none"));
        }
        if milestones + 1 != schedules {
            let expected = format!("one fewer than the {schedules} schedules");
            return Err(Error::config("milestones", expected, milestones));
        }
        let mut before = 0;
        for &milestone in &self.milestones {
            if milestone <= before {
                let expected = format!("rising, above {before}");
                return Err(Error::config("milestones", expected, milestone));
            }
            before = milestone;
        }
        self.schedules.iter().try_for_each(Schedule::validate)
    }

    pub(super) fn factor(&self, step: usize) -> f64 {
        let index = self
            .milestones
            .partition_point(|&milestone| milestone <= step);
        let begin = index.checked_sub(1).map_or(0, |last| self.milestones[last]);
        self.schedules[index].valid_factor(step - begin)
    }
}
