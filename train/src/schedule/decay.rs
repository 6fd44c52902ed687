//! Decays without an end: in stairs, and with the square root of the step.

use serde::{Deserialize, Serialize};

use super::check_count;
use crate::Error;

/// The factor `gamma` every so many steps, PyTorch's `StepLR`.
///
/// ```text
/// f(t) = gamma ^ floor(t / step_size)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// How many steps have the same rate, at least 1.
    pub step_size: usize,
    /// What the rate is multiplied by, in `(0, 1]`.
    pub gamma: f64,
}

impl Step {
    /// `gamma` every `step_size` steps.
    pub fn new(step_size: usize, gamma: f64) -> Self {
        Self { step_size, gamma }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        check_count("step_size", self.step_size)?;
        check_gamma(self.gamma)
    }

    pub(super) fn factor(&self, step: usize) -> f64 {
        stairs(self.gamma, step, self.step_size, self.step_size)
    }
}

/// The factor `gamma` every step, PyTorch's `ExponentialLR`; or every period after a delay, which is the schedule of
/// Zaremba et al. (2014).
///
/// ```text
/// f(t) = 1                                           for t < delay
/// f(t) = gamma ^ (1 + floor((t - delay) / period))   from there on
/// ```
///
/// With a delay and a period of 1 that is `gamma ^ t`. Zaremba et al. count epochs of `n` steps and write
/// `decay ^ max(epoch + 1 - max_epoch, 0)`: `gamma = decay`, `delay = max_epoch * n`, `period = n`. Their medium network
/// divides by 1.2 after 6 epochs, which is a `gamma` of `1 / 1.2`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    /// What the rate is multiplied by, in `(0, 1]`.
    pub gamma: f64,
    /// How many steps have the base rate. Default: 1.
    #[serde(default = "one")]
    pub delay: usize,
    /// How many steps after those have the same rate, at least 1. Default: 1.
    #[serde(default = "one")]
    pub period: usize,
}

impl Exponential {
    /// `gamma` every step.
    pub fn new(gamma: f64) -> Self {
        Self::delayed(gamma, 1, 1)
    }

    /// `delay` steps at the base rate, then `gamma` every `period` steps, the first time at once.
    pub fn delayed(gamma: f64, delay: usize, period: usize) -> Self {
        Self {
            gamma,
            delay,
            period,
        }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        check_gamma(self.gamma)?;
        check_count("period", self.period)
    }

    pub(super) fn factor(&self, step: usize) -> f64 {
        stairs(self.gamma, step, self.delay, self.period)
    }
}

/// A straight warm-up, then a fall with the square root of the step: the schedule of Vaswani et al. (2017), often named
/// after Noam Shazeer.
///
/// ```text
/// f(t) = min((t + 1) / warm_up, sqrt(warm_up / (t + 1)))
/// ```
///
/// The paper counts from 1 and multiplies by `(d_model * warm_up)^-0.5`; here that is the base rate, which the last step
/// of the warm-up, `t = warm_up - 1`, has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InverseSquareRoot {
    /// How many steps the warm-up has, at least 1.
    pub warm_up: usize,
}

impl InverseSquareRoot {
    /// With a warm-up of so many steps.
    pub fn new(warm_up: usize) -> Self {
        Self { warm_up }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        check_count("warm_up", self.warm_up)
    }

    pub(super) fn factor(&self, step: usize) -> f64 {
        let ratio = (step as f64 + 1.0) / self.warm_up as f64;
        ratio.min(ratio.recip().sqrt())
    }
}

/// 1 for `delay` steps, then `gamma`, and again `gamma` after every `period`.
fn stairs(gamma: f64, step: usize, delay: usize, period: usize) -> f64 {
    match step.checked_sub(delay) {
        None => 1.0,
        Some(late) => gamma.powf(1.0 + (late / period) as f64),
    }
}

fn check_gamma(gamma: f64) -> Result<(), Error> {
    match gamma > 0.0 && gamma <= 1.0 {
        true => Ok(()),
        false => Err(Error::config("gamma", "in (0, 1]", gamma)),
    }
}

fn one() -> usize {
    1
}
