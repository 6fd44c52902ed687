//! A schedule as burn's own trainers take it.

use burn::lr_scheduler::{LrScheduler, LrSchedulerRecord};
use burn::optim::LearningRate;

use super::Schedule;
use crate::Error;

/// The name of the step in a record.
const STEP: &str = "step";

/// The learning rates of a [`Schedule`], one after the other: burn's [`LrScheduler`].
///
/// burn's own schedulers refuse rates above 1; here any rate above 0 will do.
///
/// ```
/// use burn::lr_scheduler::LrScheduler;
/// use recurra_train::ScheduledRate;
/// use recurra_train::schedule::{Exponential, Schedule};
///
/// # fn main() -> Result<(), recurra_train::Error> {
/// let mut rate = ScheduledRate::new(Schedule::Exponential(Exponential::new(0.5)), 20.0)?;
/// assert_eq!([rate.step(), rate.step(), rate.step()], [20.0, 10.0, 5.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduledRate {
    schedule: Schedule,
    base_rate: f64,
    next: usize,
}

impl ScheduledRate {
    /// Before its first step.
    ///
    /// # Errors
    ///
    /// If a field of `schedule` is out of its range, or `base_rate` is not above 0 and finite.
    pub fn new(schedule: Schedule, base_rate: f64) -> Result<Self, Error> {
        schedule.validate()?;
        if !(base_rate.is_finite() && base_rate > 0.0) {
            return Err(Error::config("base_rate", "above 0 and finite", base_rate));
        }
        Ok(Self {
            schedule,
            base_rate,
            next: 0,
        })
    }

    /// The learning rate at `step`, counted from 0, wherever this one stands.
    pub fn at(&self, step: usize) -> f64 {
        self.base_rate * self.schedule.valid_factor(step)
    }

    /// The step whose rate comes next, which is how many have been given.
    pub fn next_step(&self) -> usize {
        self.next
    }
}

impl LrScheduler for ScheduledRate {
    /// The learning rate of the next step; the first call gives that of step 0.
    fn step(&mut self) -> LearningRate {
        let rate = self.at(self.next);
        self.next += 1;
        rate
    }

    /// The step whose rate comes next, and nothing of the configuration.
    fn to_record(&self) -> LrSchedulerRecord {
        LrSchedulerRecord::new().with_scalar(STEP, self.next)
    }

    /// Goes on from a saved step.
    ///
    /// # Panics
    ///
    /// If the record has no step: to go on without one would begin the schedule anew.
    fn load_record(&mut self, record: LrSchedulerRecord) {
        let Some(next) = record.scalar(STEP) else {
            panic!("expected the record of a scheduled rate, with a `{STEP}`, got {record:?}");
        };
        self.next = next;
    }
}
