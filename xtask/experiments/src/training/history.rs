//! What is remembered of a training.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Measures, Plan};
use crate::cells::CellKind;

const MIB: f64 = (1 << 20) as f64;

/// Steps and values.
pub type Curve = Vec<(usize, f64)>;

/// What a training has seen so far, as a checkpoint has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    /// The best validation.
    pub best: Option<f64>,
    /// Mean training loss since the point before.
    pub train: Curve,
    pub valid: Curve,
    /// Of the gradients before clipping, and what they were multiplied by.
    pub grad_norm: Curve,
    pub learning_rate: Curve,
    /// What losses were scaled by, where they were.
    pub loss_scale: Curve,
    /// The step after which weights were averaged, if they were.
    pub averaged_from: Option<usize>,
    /// The sum of the losses, and over how many time steps, since the last point.
    since: (f64, usize),
    /// All time steps that were read, and how long that took.
    read: usize,
    time: Duration,
}

impl History {
    /// Takes in a step of training over `read` time steps. A loss that is not finite, of a step that was skipped, is no part
    /// of the curve.
    pub fn add(&mut self, loss: f64, read: usize, time: Duration) {
        if loss.is_finite() {
            self.since.0 += loss * read as f64;
            self.since.1 += read;
        }
        self.read += read;
        self.time += time;
    }

    /// Ends a point of the training curve at `step`: the mean loss of a time step since the one before.
    pub fn end_point(&mut self, step: usize) -> f64 {
        let (sum, steps) = std::mem::take(&mut self.since);
        let mean = sum / steps as f64;
        self.train.push((step, mean));
        mean
    }

    /// How long the steps took, in seconds.
    pub fn seconds(&self) -> f64 {
        self.time.as_secs_f64()
    }

    /// Time steps a second, over the time that the steps of training took.
    pub fn rate(&self) -> f64 {
        self.read as f64 / self.seconds()
    }
}

/// What training one cell under one seed came to, besides the model.
#[derive(Clone, Debug)]
pub struct Trained {
    pub cell: CellKind,
    pub seed: u64,
    pub measures: Measures,
    pub plan: Plan,
    pub parameters: usize,
    /// The best validation; that of the model.
    pub valid: f64,
    /// With the validations, and making the model.
    pub seconds: f64,
    /// What was allocated on the host at most, on top of what was there before.
    pub peak_bytes: usize,
    /// How many steps were skipped because loss or gradients were not finite.
    pub skipped: usize,
    pub history: History,
}

impl Trained {
    /// Cell and seed.
    pub fn label(&self) -> String {
        format!("{}, seed {}", self.cell.name(), self.seed)
    }

    /// The metrics of every training.
    pub fn metrics(&self) -> Vec<(&'static str, f64)> {
        let mut metrics = vec![
            (self.measures.rate, self.history.rate()),
            ("parameters", self.parameters as f64),
            ("peak_memory_mib", self.peak_bytes as f64 / MIB),
        ];
        let skipped = (self.skipped > 0).then_some(("skipped_steps", self.skipped as f64));
        metrics.extend(skipped);
        let scale = self.history.loss_scale.last();
        metrics.extend(scale.map(|&(_, scale)| ("loss_scale", scale)));
        let averaged = |step| ("averaged_from_step", step as f64);
        metrics.extend(self.history.averaged_from.map(averaged));
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_a_mean_over_time_steps_without_those_of_skipped_steps() {
        let mut history = History::default();
        history.add(1.0, 30, Duration::from_secs(1));
        history.add(f64::NAN, 50, Duration::from_secs(2));
        history.add(3.0, 10, Duration::from_secs(1));
        assert_eq!(history.end_point(3), 1.5);
        history.add(2.0, 10, Duration::from_secs(1));
        assert_eq!(history.end_point(4), 2.0);
        assert_eq!(history.train, [(3, 1.5), (4, 2.0)]);
        assert_eq!(history.rate(), 20.0);
    }
}
