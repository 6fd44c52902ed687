//! The experiment `copy-memory`: ten symbols, to be repeated after a long silence.

use burn::tensor::Device;
use recurra_cells::kernel::Path;
use recurra_cells::{AnyCell, AnyCellConfig, Lengths, RecurrentConfig, SeededRng};
use recurra_datasets::CopyMemory;
use recurra_train::{Course, SequenceTagger, SequenceTaggerConfig, TaggerBatch, TokenRows};

use super::config::Config;
use super::trial::{Problem, Sequences};
use super::{Scenario, network};
use crate::cells::{CellChoice, CellKind, GateBiases};
use crate::cli::Summary;

/// `E`.
pub const EMBEDDING: usize = 10;

/// The experiment.
pub struct Copying;

impl Scenario for Copying {
    type Problem = Symbols;

    const SUMMARY: Summary = Summary {
        name: "copy-memory",
        task: "repeat ten symbols after a silence",
        data: "generated",
        expected: "which silence each cell outlasts",
        time: "3 min a cell; --quick 20 s",
    };
    const TITLE: &'static str = "The copy memory task";
    const TASK: &'static str = "Ten symbols are read, then silence for about T steps; then they are to be repeated in their order.";
    const ERROR: &'static str = "share of the symbols that are told wrongly";

    fn preset(quick: bool) -> Config {
        let full = Config {
            cell: CellChoice::Gru,
            path: Path::Fused,
            distances: vec![5, 10, 30, 100, 300],
            hidden_size: 96,
            gate_biases: GateBiases::Chrono,
            batch_size: 32,
            updates: 3000,
            judge_every: 50,
            judged: 200,
            solved_below: 0.01,
            learning_rate: 1e-2,
            schedule: Course::Cosine,
            max_norm: 1.0,
        };
        match quick {
            false => full,
            true => Config {
                distances: vec![5, 10],
                updates: 1000,
                ..full
            },
        }
    }
}

/// Symbols to be repeated.
pub struct Symbols(CopyMemory);

impl Sequences for Symbols {
    type Model = SequenceTagger<AnyCell>;

    fn new(seed: u64, distance: usize) -> Self {
        Self(CopyMemory::new(seed, distance))
    }

    fn batch(&mut self, rows: usize) -> TaggerBatch {
        let (steps, batch) = (self.0.steps(), self.0.batch(rows));
        let lengths = Lengths::new(vec![steps; rows], steps).expect("all rows are full");
        TaggerBatch::new(TokenRows::new(batch.inputs, lengths), batch.targets)
    }

    fn error(model: &SequenceTagger<AnyCell>, sequences: &TaggerBatch) -> f64 {
        let rows = sequences.rows();
        let device = model.device();
        let logits = model.forward(rows.tokens(&device), None);
        let decided = model.predict(logits, None);
        let labels = sequences.labels(&device).into_data();
        let labels: Vec<u32> = labels.iter::<u32>().collect();
        let steps = rows.lengths().steps();
        let told = steps - CopyMemory::TOLD..steps;
        let pairs = decided.iter().zip(labels.chunks_exact(steps));
        let wrong = pairs
            .flat_map(|(decided, labels)| decided[told.clone()].iter().zip(&labels[told.clone()]));
        let wrong = wrong.filter(|(decided, label)| decided != label).count();
        wrong as f64 / (rows.batch_size() * CopyMemory::TOLD) as f64
    }
}

/// The model that repeats symbols with this network.
pub fn copier(
    network: RecurrentConfig<AnyCellConfig>,
    device: &Device,
    rng: &mut SeededRng,
) -> SequenceTagger<AnyCell> {
    let tokens = CopyMemory::VOCABULARY;
    SequenceTaggerConfig::new(tokens, EMBEDDING, network, tokens).init(device, rng)
}

impl Problem for Symbols {
    const GUESSING: f64 = 7.0 / 8.0;

    fn init(
        config: &Config,
        cell: CellKind,
        distance: usize,
        device: &Device,
        rng: &mut SeededRng,
    ) -> SequenceTagger<AnyCell> {
        copier(network(config, cell, (EMBEDDING, distance)), device, rng)
    }
}
