//! One cycle up and down.

use serde::{Deserialize, Serialize};

use super::{Annealing, check_count, check_factor};
use crate::Error;

/// The 1cycle policy (Smith and Topin 2018), PyTorch's `OneCycleLR` without its momentum. The base rate is the highest,
/// `max_lr`.
///
/// ```text
/// initial = 1 / div_factor,  lowest = initial / final_div_factor,  peak = pct_start * steps - 1
///
/// two phases:    initial -> 1 at peak -> lowest at steps - 1
/// three phases:  initial -> 1 at peak -> initial at 2 * peak -> lowest at steps - 1
/// ```
///
/// `->` is `annealing`, and `peak` need not be a whole number. After its end, from step `steps` on, it stays at `lowest`,
/// where PyTorch's runs on for one step and then refuses.
///
/// ```
/// use recurra_train::Schedule;
/// use recurra_train::schedule::{OneCycle, Phases};
///
/// let cycle = OneCycle { phases: Phases::Three, ..OneCycle::new(100) };
/// assert_eq!(Schedule::OneCycle(cycle).factor(29), 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneCycle {
    /// How many steps the cycle has, at least 1: `total_steps`.
    pub steps: usize,
    /// The part of the steps in which the rate rises, in `[0, 1]`, with three phases in `[0, 0.5]`. Default: 0.3.
    #[serde(default = "default_pct_start")]
    pub pct_start: f64,
    /// The way from one factor to the next: `anneal_strategy`. Default: cosine.
    #[serde(default)]
    pub annealing: Annealing,
    /// Whether the rise has a fall of its own length. Default: two phases.
    #[serde(default)]
    pub phases: Phases,
    /// How many times the base rate is the rate that the cycle begins with, at least 1 and finite. Default: 25.
    #[serde(default = "default_div_factor")]
    pub div_factor: f64,
    /// How many times the rate at the beginning is the rate at the end, at least 1 and finite. Default: 10000.
    #[serde(default = "default_final_div_factor")]
    pub final_div_factor: f64,
}

/// How many phases a [`OneCycle`] has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phases {
    /// Up, and in one go down to the end.
    #[default]
    Two,
    /// Up, down to where it began, and further down: the paper's own.
    Three,
}

impl OneCycle {
    /// A cycle of so many steps, the rest as in PyTorch.
    pub fn new(steps: usize) -> Self {
        Self {
            steps,
            pct_start: default_pct_start(),
            annealing: Annealing::default(),
            phases: Phases::default(),
            div_factor: default_div_factor(),
            final_div_factor: default_final_div_factor(),
        }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        check_count("steps", self.steps)?;
        check_factor("pct_start", self.pct_start)?;
        if self.phases == Phases::Three && self.pct_start > 0.5 {
            let expected = "in [0, 0.5] with three phases";
            return Err(Error::config("pct_start", expected, self.pct_start));
        }
        for (field, divisor) in [
            ("div_factor", self.div_factor),
            ("final_div_factor", self.final_div_factor),
        ] {
            if !(divisor.is_finite() && divisor >= 1.0) {
                return Err(Error::config(field, "at least 1 and finite", divisor));
            }
        }
        Ok(())
    }

    pub(super) fn factor(&self, step: usize) -> f64 {
        let initial = self.div_factor.recip();
        let lowest = initial / self.final_div_factor;
        let last = (self.steps - 1) as f64;
        let peak = self.pct_start * self.steps as f64 - 1.0;
        let (rise, end) = ((peak, 1.0), (last, lowest));
        match self.phases {
            Phases::Two => self.along(&[rise, end], initial, step),
            Phases::Three => self.along(&[rise, (2.0 * peak, initial), end], initial, step),
        }
    }

    /// The factor on the way from `initial` at step 0 through each phase's end, a step and its factor.
    fn along(&self, phases: &[(f64, f64)], initial: f64, step: usize) -> f64 {
        let (step, mut start, mut from) = (step as f64, 0.0, initial);
        for &(end, to) in phases {
            if step <= end {
                // A phase without length is at its end.
                let progress = if end > start {
                    (step - start) / (end - start)
                } else {
                    1.0
                };
                return self.annealing.between(from, to, progress);
            }
            (start, from) = (end, to);
        }
        from
    }
}

fn default_pct_start() -> f64 {
    0.3
}

fn default_div_factor() -> f64 {
    25.0
}

fn default_final_div_factor() -> f64 {
    1e4
}
