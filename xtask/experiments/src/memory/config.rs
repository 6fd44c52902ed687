//! What the experiments on memory can be told.

use recurra_cells::kernel::Path;
use recurra_train::Course;
use serde::{Deserialize, Serialize};

use crate::cells::{CellChoice, GateBiases};
use crate::error::Error;
use crate::settings::{Settings, check};

/// All settings. Each can stand in the file of `--config` and be given by `--set KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The cell, or all four.
    pub cell: CellChoice,
    /// How the cells run over a sequence: as one operation where they can, or one step at a time.
    pub path: Path,
    /// The distances `T`, each at least 2.
    pub distances: Vec<usize>,
    /// `H` of an LSTM, at least 1; other cells have as many parameters.
    pub hidden_size: usize,
    /// The biases that the gates start with.
    pub gate_biases: GateBiases,
    /// `B`, at least 1. No sequence is seen twice.
    pub batch_size: usize,
    /// The most updates of the weights at a distance, at least 1.
    pub updates: usize,
    /// How many updates there are between two judgements, at least 1; the first that finds the task solved ends the training.
    pub judge_every: usize,
    /// How many sequences judge, at least 1, other than those of the training.
    pub judged: usize,
    /// At which error the task is solved, above 0.
    pub solved_below: f64,
    /// Adam's learning rate at its highest, above 0 and finite.
    pub learning_rate: f64,
    /// How it falls over all updates.
    pub schedule: Course,
    /// The global norm that gradients are clipped to, above 0; infinite for no clipping.
    pub max_norm: f64,
}

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("hidden_size", self.hidden_size),
            ("batch_size", self.batch_size),
            ("updates", self.updates),
            ("judge_every", self.judge_every),
            ("judged", self.judged),
            ("distances", self.distances.len()),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        let shortest = self.distances.iter().copied().min().unwrap_or(0);
        let expected = "at least 2, each";
        check("distances", expected, shortest as f64, |it| it >= 2.0)?;
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let rate = self.learning_rate;
        check("learning_rate", "above 0 and finite", rate, positive)?;
        let below = self.solved_below;
        check("solved_below", "above 0 and finite", below, positive)?;
        check("max_norm", "above 0", self.max_norm, |norm| norm > 0.0)
    }

    fn shorten(&mut self) {
        self.updates = 100;
    }
}
