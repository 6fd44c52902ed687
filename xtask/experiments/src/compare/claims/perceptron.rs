//! A perceptron over a whole sequence against a cell that reads it step by step.

use burn::tensor::Device;
use recurra_cells::{AnyCell, RecurrentConfig, SeededRng};
use recurra_datasets::AddingProblem;
use recurra_train::{ForecastBatch, Forecaster, ForecasterConfig};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use crate::cells::CellKind;
use crate::error::Error;
use crate::memory::Config;
use crate::memory::adding::{INPUTS, Sums, adder};
use crate::memory::trial::{Learned, Of, Sequences, learn};
use crate::training::streams::WEIGHTS;

/// The steps that both learn from.
const SHORT: usize = 20;
/// Of Adam; and for how many times the settings' updates: a perceptron learns this slowly.
const LEARNING_RATE: f64 = 5e-3;
const PATIENCE: usize = 2;
/// How many sequences judge.
const JUDGED: usize = 1000;
/// A seed of which no training has a sequence.
const TEST: u64 = 1 << 40;

/// Sequences of the adding problem, each as one row with room for twice its length, zeros behind it.
struct Flattened {
    task: AddingProblem,
    steps: usize,
    room: usize,
}

impl Flattened {
    /// Sequences that fill a room of this size.
    fn filling(seed: u64, room: usize) -> Self {
        Self {
            task: AddingProblem::new(seed, room),
            steps: room,
            room,
        }
    }
}

impl Sequences for Flattened {
    type Model = Forecaster<AnyCell>;

    fn new(seed: u64, distance: usize) -> Self {
        Self {
            room: 2 * distance,
            ..Self::filling(seed, distance)
        }
    }

    fn batch(&mut self, rows: usize) -> ForecastBatch {
        let batch = self.task.batch(rows);
        let padding = vec![0.0; (self.room - self.steps) * INPUTS];
        let filled = batch.steps.chunks_exact(self.steps * INPUTS);
        let values = filled.flat_map(|row| [row, &padding].concat()).collect();
        ForecastBatch::new(
            (values, [rows, 1, self.room * INPUTS]),
            (batch.sums, [rows, 1, 1]),
        )
    }

    fn error(model: &Forecaster<AnyCell>, sequences: &ForecastBatch) -> f64 {
        Sums::error(model, sequences)
    }
}

/// The perceptron is a plain cell that makes one step; its recurrent weights see zeros alone, and are not counted.
pub fn measure(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let short = SHORT;
    let long = 2 * short;
    let size = with.hidden_size(CellKind::Gru);
    let of_gru = CellKind::Gru.parameters(INPUTS, size);
    let of_perceptron = |steps: usize, units: usize| units * (INPUTS * steps + 1);
    let units = CellKind::closest_hidden_size(of_gru, |units| of_perceptron(long, units));
    let device = with.trainer.device().clone().autodiff();
    let rng = &mut SeededRng::for_stream(with.seed, WEIGHTS);
    let network = RecurrentConfig::new(CellKind::Gru.config(size));
    let gru = adder(network, &device, rng);
    let perceptron = perceptron(long * INPUTS, units, &device, rng);
    let gru = judge::<Sums>(with, ("gru", gru), short, |seed| Sums::new(seed, long))?;
    let longer = |seed| Flattened::filling(seed, long);
    let perceptron = judge::<Flattened>(with, ("perceptron", perceptron), short, longer)?;
    let figures = [
        ("gru_parameters", of_gru as f64),
        ("gru_at_twice_the_steps_parameters", of_gru as f64),
        ("perceptron_parameters", of_perceptron(short, units) as f64),
        (
            "perceptron_at_twice_the_steps_parameters",
            of_perceptron(long, units) as f64,
        ),
        ("gru_mse", gru.0.error()),
        ("gru_at_twice_the_steps_mse", gru.1),
        ("perceptron_mse", perceptron.0.error()),
        ("perceptron_at_twice_the_steps_mse", perceptron.1),
    ];
    let figures = figures.map(|(name, value)| (name.to_owned(), value));
    let learned = |error: f64| error < AddingProblem::GUESSING / 2.0;
    let verdict = match learned(gru.0.error()) && learned(perceptron.0.error()) {
        true => Verdict::of(learned(gru.1) && !learned(perceptron.1)),
        false => Verdict::Undecided,
    };
    Ok(finding(figures.into(), verdict, [short, long]))
}

fn finding(figures: Vec<(String, f64)>, verdict: Verdict, [short, long]: [usize; 2]) -> Finding {
    Finding::new(
        Claim::Perceptron,
        "A perceptron over the flattened sequence grows with its length and is lost beyond the length that it learned from; a \
         GRU does not grow, and goes on.",
        figures,
        verdict,
        format!(
            "Holds if, after learning to add over {short} steps, the error over {long} is below half of guessing's {:.3} for the \
             GRU and above for the perceptron, which has as many parameters for {long} steps and saw zeros behind the first \
             {short}; undecided if one has not learned {short} steps.",
            AddingProblem::GUESSING
        ),
    )
}

fn perceptron(
    inputs: usize,
    units: usize,
    device: &Device,
    rng: &mut SeededRng,
) -> Forecaster<AnyCell> {
    let network = RecurrentConfig::new(CellKind::Rnn.config(units));
    ForecasterConfig::new(inputs, network, 1, 1).init(device, rng)
}

/// What a model learns over a distance, and how wrong it then is on longer sequences.
fn judge<S: Sequences<Model = Forecaster<AnyCell>>>(
    with: &mut Measuring<'_, '_>,
    (name, model): (&str, Forecaster<AnyCell>),
    distance: usize,
    longer: impl FnOnce(u64) -> S,
) -> Result<(Learned, f64), Error> {
    let of = Of {
        name,
        seed: with.seed,
        distance,
    };
    let config = Config {
        updates: PATIENCE * with.config.updates,
        learning_rate: LEARNING_RATE,
        ..with.config.adding()
    };
    let (told, _) = with.clipped();
    let (learned, model) = learn::<S>(&config, (model, told), of, with.trainer)?;
    let error = S::error(&model, &longer(TEST + with.seed).batch(JUDGED));
    Ok((learned, error))
}
