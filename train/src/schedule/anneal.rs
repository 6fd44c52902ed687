//! From one factor to another, along a straight line or half a cosine.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{check_count, check_factor};
use crate::Error;

/// The way from one factor to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Annealing {
    /// Half a cosine: slow at both ends.
    #[default]
    Cosine,
    /// A straight line.
    Linear,
}

impl Annealing {
    /// Between `from` and `to`; both ends are met exactly, at 0 and 1.
    pub(super) fn between(self, from: f64, to: f64, progress: f64) -> f64 {
        let left = match self {
            Self::Cosine => 0.5 * (1.0 + (PI * progress).cos()),
            Self::Linear => 1.0 - progress,
        };
        from * left + to * (1.0 - left)
    }
}

/// A straight line, PyTorch's `LinearLR`; from low to high it is the gradual warm-up of Goyal et al. (2017).
///
/// ```text
/// f(t) = start + (end - start) * min(t, steps) / steps
/// ```
///
/// After its end it stays at `end`. Unlike in PyTorch, `start` may be 0; the first step then changes no weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// The factor at step 0, in `[0, 1]`.
    pub start: f64,
    /// The factor from step `steps` on, in `[0, 1]`.
    pub end: f64,
    /// How many steps there are from `start` to `end`, at least 1.
    pub steps: usize,
}

impl Linear {
    /// Down from the base rate to 0.
    pub fn decay(steps: usize) -> Self {
        Self {
            start: 1.0,
            end: 0.0,
            steps,
        }
    }

    /// Up from `start` to the base rate.
    pub fn warm_up(start: f64, steps: usize) -> Self {
        Self {
            start,
            end: 1.0,
            steps,
        }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        check_factor("start", self.start)?;
        check_factor("end", self.end)?;
        check_count("steps", self.steps)
    }

    pub(super) fn factor(&self, step: usize) -> f64 {
        let progress = step.min(self.steps) as f64 / self.steps as f64;
        Annealing::Linear.between(self.start, self.end, progress)
    }
}

/// Cosine annealing, with or without warm restarts: SGDR (Loshchilov and Hutter 2017), PyTorch's `CosineAnnealingLR` and
/// `CosineAnnealingWarmRestarts`.
///
/// ```text
/// f(t) = minimum + (1 - minimum) * (1 + cos(pi * t / steps)) / 2        for t <= steps
/// ```
///
/// What comes after that, `end` says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cosine {
    /// How many steps there are from the base rate to the minimum, at least 1: `T_max`, or `T_0` with restarts.
    pub steps: usize,
    /// The lowest factor, in `[0, 1]`: `eta_min` over the base rate. Default: 0.
    #[serde(default)]
    pub minimum: f64,
    /// What comes after the minimum. Default: it stays there.
    #[serde(default)]
    pub end: CosineEnd,
}

/// What a [`Cosine`] does from step `steps` on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CosineEnd {
    /// It stays at the minimum.
    #[default]
    Hold,
    /// It follows the cosine up again and down, with a period of `2 * steps`, as `CosineAnnealingLR` does.
    Rise,
    /// It jumps to the base rate and falls anew, as `CosineAnnealingWarmRestarts` does: step `steps` is the first of the
    /// second fall, so that the minimum itself is never met.
    Restart {
        /// How many times longer each fall is than the one before, at least 1.
        t_mult: usize,
    },
}

impl Cosine {
    /// Down from the base rate to 0 in so many steps, and no further.
    pub fn new(steps: usize) -> Self {
        Self {
            steps,
            minimum: 0.0,
            end: CosineEnd::Hold,
        }
    }

    pub(super) fn validate(&self) -> Result<(), Error> {
        check_count("steps", self.steps)?;
        check_factor("minimum", self.minimum)?;
        match self.end {
            CosineEnd::Hold | CosineEnd::Rise => Ok(()),
            CosineEnd::Restart { t_mult } => check_count("t_mult", t_mult),
        }
    }

    pub(super) fn factor(&self, step: usize) -> f64 {
        let (step, steps) = match self.end {
            CosineEnd::Hold => (step.min(self.steps), self.steps),
            CosineEnd::Rise => (folded(step, self.steps), self.steps),
            CosineEnd::Restart { t_mult } => restarted(step, self.steps, t_mult),
        };
        Annealing::Cosine.between(1.0, self.minimum, step as f64 / steps as f64)
    }
}

/// The step of the first fall that has the same cosine.
fn folded(step: usize, steps: usize) -> usize {
    let within = step % steps;
    match (step / steps).is_multiple_of(2) {
        true => within,
        false => steps - within,
    }
}

/// The step within its fall, and the length of that fall.
fn restarted(step: usize, steps: usize, t_mult: usize) -> (usize, usize) {
    if t_mult == 1 {
        return (step % steps, steps);
    }
    let (mut step, mut length) = (step, steps);
    while step >= length {
        step -= length;
        length = length.saturating_mul(t_mult);
    }
    (step, length)
}
