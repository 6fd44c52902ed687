//! Backpropagation through windows of a sequence: what it saves.

use recurra_cells::kernel::release_buffers;

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use crate::bench::measure::{Timed, in_turn};
use crate::error::Error;
use crate::long_sequences::config::Config as LongConfig;
use crate::long_sequences::learner::{Learner, Method};

/// At most this share of memory, and this ratio of times, is a saving.
const LITTLE_MEMORY: f64 = 0.25;
const SAME_TIME: f64 = 1.1;

/// Time and memory over a long sequence, whole and in windows with one update.
pub fn cost(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let config = LongConfig {
        path: with.config.path,
        steps: with.config.long_steps,
        ..LongConfig::full()
    };
    let (mut peaks, mut ways) = (Vec::new(), Vec::new());
    for method in [Method::Full, Method::Accumulated] {
        let mut learner = Learner::new(&config, with.seed, with.trainer.device())?;
        // What an optimiser remembers is there from the first update on.
        learner.pass(Method::Accumulated, config.window);
        release_buffers();
        peaks.push(learner.pass(method, config.steps).peak_bytes as f64);
        let steps = config.steps;
        let way: Timed<'_> = Box::new(move |passes| {
            let costs = (0..passes).map(|_| learner.pass(method, steps).seconds);
            Ok(costs.sum::<f64>() * 1e3 / passes as f64)
        });
        ways.push(way);
    }
    let times = in_turn(with.effort(), 1, &mut ways)?;
    let (memory, time) = (peaks[1] / peaks[0], times[1].ratio(&times[0]));
    let figures = vec![
        ("memory_ratio".to_owned(), memory),
        ("time_ratio".to_owned(), time),
    ];
    Ok(Finding::new(
        Claim::TruncationCost,
        "Truncated backpropagation needs the memory of a window instead of a sequence's, and no more time.",
        figures,
        Verdict::of(memory <= LITTLE_MEMORY && time <= SAME_TIME),
        format!(
            "Holds if a step over {} time steps in windows of {} has at most {LITTLE_MEMORY} of the whole pass's peak and \
             {SAME_TIME} of its time (an LSTM, B = {}, H = {}; memory as this process asks for it).",
            config.steps, config.window, config.batch_size, config.hidden_size
        ),
    ))
}
