//! What the three ways to learn from a long sequence take, measured side by side.

use std::time::Duration;

use burn::tensor::Device;
use recurra_cells::kernel::release_buffers;

use super::config::Config;
use super::learner::{Learner, Method};
use crate::bench::measure::{Effort, Timed, Times, in_turn};
use crate::error::Error;

const MIB: f64 = (1 << 20) as f64;

/// The three ways, that which the others are compared with first.
pub const METHODS: [Method; 3] = [Method::Full, Method::Accumulated, Method::Updated];

/// What was measured under one seed.
pub struct Outcome {
    pub seed: u64,
    /// For each of [`METHODS`], over a sequence of the settings' length.
    pub times: Vec<Times>,
    /// The shortest sequences first.
    pub peaks: Vec<Peak>,
}

/// The memory that a pass needs at its peak, on top of what is allocated before.
#[derive(Clone, Copy, Debug)]
pub struct Peak {
    pub method: Method,
    pub steps: usize,
    pub mib: f64,
    pub source: Source,
}

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Measured,
    /// From shorter sequences, because this one would need more than the limit.
    Estimated,
}

impl Outcome {
    /// The peak of a method over a sequence of this length.
    pub fn peak(&self, method: Method, steps: usize) -> Peak {
        let mut peaks = self.peaks.iter();
        let found = peaks.find(|peak| (peak.method, peak.steps) == (method, steps));
        *found.expect("every method is measured at every length of the settings")
    }
}

/// Measures times, then memory: a sequence much longer than those timed leaves more memory behind than these would have.
pub fn measure(config: &Config, seed: u64, device: &Device) -> Result<Outcome, Error> {
    let times = times(config, seed, device)?;
    let mut peaks = Vec::new();
    for method in METHODS {
        let mut learner = Learner::new(config, seed, device)?;
        // What an optimiser remembers is not an activation: it is there from the first update on.
        learner.pass(Method::Accumulated, config.window);
        for steps in config.lengths() {
            peaks.push(peak(config, &mut learner, method, steps));
        }
    }
    Ok(Outcome { seed, times, peaks })
}

/// The peak of one pass, unless full backpropagation would need more than it may have.
fn peak(config: &Config, learner: &mut Learner, method: Method, steps: usize) -> Peak {
    let peak = |mib, source| Peak {
        method,
        steps,
        mib,
        source,
    };
    if method == Method::Full && steps > config.steps {
        let mib = estimate(config, learner, steps);
        if mib > config.memory_limit_mib {
            return peak(mib, Source::Estimated);
        }
    }
    peak(peak_mib(learner, method, steps), Source::Measured)
}

/// The peak of full backpropagation, if it goes on growing as it does up to the settings' length.
fn estimate(config: &Config, learner: &mut Learner, steps: usize) -> f64 {
    let half = config.steps / 2;
    let [shorter, longer] =
        [half, config.steps].map(|steps| peak_mib(learner, Method::Full, steps));
    longer + (longer - shorter) / half as f64 * (steps - config.steps) as f64
}

fn peak_mib(learner: &mut Learner, method: Method, steps: usize) -> f64 {
    // What a pass before has left for the next counts as new, as it would in a process of its own.
    release_buffers();
    learner.pass(method, steps).peak_bytes as f64 / MIB
}

/// The times of all methods in turn.
fn times(config: &Config, seed: u64, device: &Device) -> Result<Vec<Times>, Error> {
    let mut ways = Vec::new();
    for method in METHODS {
        let mut learner = Learner::new(config, seed, device)?;
        let way: Timed<'_> = Box::new(move |passes| {
            let costs = (0..passes).map(|_| learner.pass(method, config.steps));
            let seconds: f64 = costs.map(|cost| cost.seconds).sum();
            Ok(seconds * 1e3 / passes as f64)
        });
        ways.push(way);
    }
    let effort = Effort {
        warm_up: 1,
        at_least: config.rounds,
        at_most: config.rounds,
        budget: Duration::MAX,
    };
    in_turn(effort, 1, &mut ways)
}
