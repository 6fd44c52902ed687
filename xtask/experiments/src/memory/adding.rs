//! The experiment `adding`: the sum of two numbers that were marked long before.

use burn::tensor::Device;
use recurra_cells::kernel::Path;
use recurra_cells::{AnyCell, AnyCellConfig, RecurrentConfig, SeededRng};
use recurra_datasets::AddingProblem;
use recurra_train::{Course, ForecastBatch, Forecaster, ForecasterConfig, Pass, SequenceModel};

use super::config::Config;
use super::trial::{Problem, Sequences};
use super::{Scenario, network};
use crate::cells::{CellChoice, CellKind, GateBiases};
use crate::cli::Summary;

/// The number and the mark of a step.
pub const INPUTS: usize = 2;

/// The experiment.
pub struct Adding;

impl Scenario for Adding {
    type Problem = Sums;

    const SUMMARY: Summary = Summary {
        name: "adding",
        task: "add two numbers read long before",
        data: "generated",
        expected: "GRU solves T = 600 (error below 0.001)",
        time: "2 min; --quick 10 s",
    };
    const TITLE: &'static str = "The adding problem";
    const TASK: &'static str =
        "Two of T numbers are marked, one in each half; their sum is to be told after the last.";
    const ERROR: &'static str = "mean square error";

    fn preset(quick: bool) -> Config {
        let full = Config {
            cell: CellChoice::Gru,
            path: Path::Fused,
            distances: vec![50, 100, 200, 400, 600],
            hidden_size: 64,
            gate_biases: GateBiases::Usual,
            batch_size: 32,
            updates: 3000,
            judge_every: 50,
            judged: 500,
            solved_below: 1e-3,
            learning_rate: 4e-3,
            schedule: Course::Constant,
            max_norm: 1.0,
        };
        match quick {
            false => full,
            true => Config {
                distances: vec![20, 50],
                updates: 1000,
                ..full
            },
        }
    }
}

/// Sequences and their sums.
pub struct Sums {
    task: AddingProblem,
    steps: usize,
}

/// The model that reads sequences with this network and tells their sums.
pub fn adder(
    network: RecurrentConfig<AnyCellConfig>,
    device: &Device,
    rng: &mut SeededRng,
) -> Forecaster<AnyCell> {
    ForecasterConfig::new(INPUTS, network, 1, 1).init(device, rng)
}

impl Sequences for Sums {
    type Model = Forecaster<AnyCell>;

    fn new(seed: u64, distance: usize) -> Self {
        Self {
            task: AddingProblem::new(seed, distance),
            steps: distance,
        }
    }

    fn batch(&mut self, rows: usize) -> ForecastBatch {
        let batch = self.task.batch(rows);
        ForecastBatch::new(
            (batch.steps, [rows, self.steps, INPUTS]),
            (batch.sums, [rows, 1, 1]),
        )
    }

    fn error(model: &Forecaster<AnyCell>, sequences: &ForecastBatch) -> f64 {
        let loss = model.window_loss(sequences, None, Pass::Evaluation);
        loss.mean.into_scalar::<f64>()
    }
}

impl Problem for Sums {
    const GUESSING: f64 = AddingProblem::GUESSING;

    fn init(
        config: &Config,
        cell: CellKind,
        distance: usize,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Forecaster<AnyCell> {
        adder(network(config, cell, (INPUTS, distance)), device, rng)
    }
}
