//! Learning-rate schedules: pure functions of the step, as factors of a base rate.
//!
//! `t` is the step, counted from 0, `f(t)` the factor in `[0, 1]`, and the learning rate is `base_rate * f(t)`, for any
//! base rate above 0. A step may be an update, an epoch or whatever else the caller counts. With PyTorch's schedulers of
//! the same names they agree at every step; where these give a rate of their own (`eta_min`, `max_lr`), ours is a factor.

mod anneal;
mod course;
mod decay;
mod one_cycle;
mod rate;
mod sequence;

use serde::{Deserialize, Serialize};

use crate::Error;

pub use anneal::{Annealing, Cosine, CosineEnd, Linear};
pub use course::Course;
pub use decay::{Exponential, InverseSquareRoot, Step};
pub use one_cycle::{OneCycle, Phases};
pub use rate::ScheduledRate;
pub use sequence::Sequence;

/// A learning rate's course over the steps, as a factor of its base rate.
///
/// As a configuration it is one key, or the bare name of a schedule without fields: `"constant"`,
/// `{"cosine": {"steps": 1000}}`.
///
/// ```
/// use recurra_train::Schedule;
/// use recurra_train::schedule::{Cosine, Linear, Sequence};
///
/// let warm_up = Schedule::Linear(Linear::warm_up(0.1, 10));
/// let decay = Schedule::Cosine(Cosine::new(90));
/// let schedule = Schedule::Sequence(Sequence::new(vec![warm_up, decay], vec![10]));
/// assert_eq!(schedule.factor(0), 0.1);
/// assert_eq!(schedule.factor(10), 1.0);
/// assert_eq!(schedule.factor(100), 0.0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// The base rate throughout: `f(t) = 1`.
    #[default]
    Constant,
    /// A straight line, as a warm-up or a decay.
    Linear(Linear),
    /// Half a cosine, with or without restarts.
    Cosine(Cosine),
    /// A division every so many steps.
    Step(Step),
    /// A division every step, or every so many steps after a delay.
    Exponential(Exponential),
    /// A warm-up, then a fall with the square root of the step.
    InverseSquareRoot(InverseSquareRoot),
    /// Up to the base rate and far below where it began.
    OneCycle(OneCycle),
    /// One schedule after another.
    Sequence(Sequence),
}

impl Schedule {
    /// The factor of the base rate at `step`, counted from 0: a number in `[0, 1]`.
    ///
    /// Every schedule is defined at every step; what it does after its end is in its document.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn factor(&self, step: usize) -> f64 {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        self.valid_factor(step)
    }

    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the field's name.
    pub fn validate(&self) -> Result<(), Error> {
        match self {
            Self::Constant => Ok(()),
            Self::Linear(linear) => linear.validate(),
            Self::Cosine(cosine) => cosine.validate(),
            Self::Step(step) => step.validate(),
            Self::Exponential(exponential) => exponential.validate(),
            Self::InverseSquareRoot(root) => root.validate(),
            Self::OneCycle(cycle) => cycle.validate(),
            Self::Sequence(sequence) => sequence.validate(),
        }
    }

    /// [`factor`](Self::factor), of a schedule that is known to be in range.
    fn valid_factor(&self, step: usize) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Linear(linear) => linear.factor(step),
            Self::Cosine(cosine) => cosine.factor(step),
            Self::Step(decay) => decay.factor(step),
            Self::Exponential(exponential) => exponential.factor(step),
            Self::InverseSquareRoot(root) => root.factor(step),
            Self::OneCycle(cycle) => cycle.factor(step),
            Self::Sequence(sequence) => sequence.factor(step),
        }
    }
}

/// A count that must not be 0.
fn check_count(field: &'static str, count: usize) -> Result<(), Error> {
    match count {
        0 => Err(Error::config(field, "at least 1", count)),
        _ => Ok(()),
    }
}

/// A factor in `[0, 1]`.
fn check_factor(field: &'static str, factor: f64) -> Result<(), Error> {
    match (0.0..=1.0).contains(&factor) {
        true => Ok(()),
        false => Err(Error::config(field, "in [0, 1]", factor)),
    }
}
