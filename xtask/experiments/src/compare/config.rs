//! The settings of the experiment, and where they start from.

use recurra_cells::kernel::Path;
use recurra_train::Course;
use serde::{Deserialize, Serialize};

use super::claim::Claim;
use crate::cells::{CellChoice, GateBiases};
use crate::error::Error;
use crate::memory;
use crate::settings::{Settings, check};

/// All settings. Each can stand in the file of `--config` and be given by `--set KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How cells run over a sequence, where a claim does not compare that: as one operation where they can, or step by step.
    pub path: Path,
    /// What is measured, at least one.
    pub claims: Vec<Claim>,
    /// How often everything that is timed is timed, at least 1, after once that does not count.
    pub rounds: usize,
    /// `[B, T, D, H]` of what is timed, each at least 1.
    pub timed: [usize; 4],
    /// The steps that gradients are followed over, at least 3.
    pub gradient_steps: usize,
    /// The distances over which cells are asked how far they remember, the shortest first, each at least 4.
    pub distances: Vec<usize>,
    /// The distance of the adding problem where a claim is about one, at least 4.
    pub distance: usize,
    /// The same where a claim is about few steps, from 4 to 9.
    pub short_steps: usize,
    /// `H` of an LSTM on generated tasks, at least 1; other cells have as many parameters.
    pub hidden_size: usize,
    /// The most updates on a generated task, at least 1.
    pub updates: usize,
    /// How many updates there are between two judgements, at least 1.
    pub judge_every: usize,
    /// The mean square error at which the adding problem is solved, above 0.
    pub solved_below: f64,
    /// Adam's learning rate on generated tasks, above 0 and finite.
    pub learning_rate: f64,
    /// The steps of a long sequence whose learning is measured, a multiple of 128.
    pub long_steps: usize,
    /// The characters of a generated text that a language model learns, at least 2000.
    pub characters: usize,
    /// How often it reads them, at least 1.
    pub readings: usize,
    /// How many generated reviews there are to learn from, at least 10, where a claim is not about few.
    pub texts: usize,
    /// How many there are where it is, at least 10.
    pub few_texts: usize,
    /// How often reviews are seen, at least 1.
    pub epochs: usize,
}

/// `B` on generated tasks.
pub const BATCH: usize = 32;
/// The norm that gradients are clipped to.
pub const MAX_NORM: f64 = 1.0;
/// How many sequences judge.
const JUDGED: usize = 500;

impl Config {
    /// All claims, at sizes at which they can be told apart.
    pub fn full() -> Self {
        Self {
            path: Path::Fused,
            claims: Claim::ALL.into(),
            rounds: 15,
            timed: [32, 64, 128, 128],
            gradient_steps: 100,
            distances: vec![5, 10, 20, 50, 100, 200, 400, 1000],
            distance: 50,
            short_steps: 8,
            hidden_size: 48,
            updates: 2000,
            judge_every: 50,
            solved_below: 0.01,
            learning_rate: 2e-3,
            long_steps: 2048,
            characters: 40_000,
            readings: 20,
            texts: 800,
            few_texts: 100,
            epochs: 12,
        }
    }

    /// A run of less than two minutes on two cores, in which little is learned.
    pub fn quick() -> Self {
        Self {
            rounds: 3,
            timed: [16, 32, 64, 64],
            gradient_steps: 50,
            distances: vec![5, 10],
            distance: 10,
            hidden_size: 32,
            updates: 400,
            learning_rate: 4e-3,
            long_steps: 512,
            characters: 10_000,
            readings: 3,
            texts: 400,
            epochs: 2,
            ..Self::full()
        }
    }

    /// The settings of a training on the adding problem.
    pub fn adding(&self) -> memory::Config {
        memory::Config {
            cell: CellChoice::All,
            path: self.path,
            distances: self.distances.clone(),
            hidden_size: self.hidden_size,
            gate_biases: GateBiases::Usual,
            batch_size: BATCH,
            updates: self.updates,
            judge_every: self.judge_every,
            judged: JUDGED,
            solved_below: self.solved_below,
            learning_rate: self.learning_rate,
            schedule: Course::Constant,
            max_norm: MAX_NORM,
        }
    }
}

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size, least, expected) in [
            ("claims", self.claims.len(), 1, "at least 1"),
            ("rounds", self.rounds, 1, "at least 1"),
            ("gradient_steps", self.gradient_steps, 3, "at least 3"),
            ("distances", self.distances.len(), 1, "at least 1"),
            ("distance", self.distance, 4, "at least 4"),
            ("hidden_size", self.hidden_size, 1, "at least 1"),
            ("updates", self.updates, 1, "at least 1"),
            ("judge_every", self.judge_every, 1, "at least 1"),
            ("characters", self.characters, 2000, "at least 2000"),
            ("readings", self.readings, 1, "at least 1"),
            ("texts", self.texts, 10, "at least 10"),
            ("few_texts", self.few_texts, 10, "at least 10"),
            ("epochs", self.epochs, 1, "at least 1"),
        ] {
            check(key, expected, size as f64, |size| size >= least as f64)?;
        }
        let smallest = self.timed.into_iter().min().unwrap_or(0);
        let expected = "at least 1, each";
        check("timed", expected, smallest as f64, |it| it >= 1.0)?;
        let short = self.short_steps as f64;
        check("short_steps", "from 4 to 9", short, |it| {
            (4.0..10.0).contains(&it)
        })?;
        let shortest = self.distances.iter().copied().min().unwrap_or(0);
        let expected = "at least 4, each, the shortest first";
        let in_order = self.distances.is_sorted();
        check("distances", expected, shortest as f64, |it| {
            it >= 4.0 && in_order
        })?;
        let is_whole = self.long_steps > 0 && self.long_steps.is_multiple_of(128);
        let expected = "a multiple of 128";
        check("long_steps", expected, self.long_steps as f64, |_| is_whole)?;
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let below = self.solved_below;
        check("solved_below", "above 0 and finite", below, positive)?;
        let rate = self.learning_rate;
        check("learning_rate", "above 0 and finite", rate, positive)
    }

    fn shorten(&mut self) {
        *self = Self {
            rounds: 1,
            // Few steps, each of so much that it is not repeated to be timed.
            timed: [64, 8, 128, 128],
            gradient_steps: 10,
            distances: vec![5],
            updates: 20,
            long_steps: 128,
            characters: 2000,
            readings: 1,
            texts: 40,
            few_texts: 10,
            epochs: 1,
            ..self.clone()
        };
    }
}
