//! What peepholes gain where a cell has to count.

use recurra_cells::{AnyCell, Lengths, RecurrentConfig, SeededRng};
use recurra_datasets::Dyck;
use recurra_train::{SequenceTagger, SequenceTaggerConfig, TaggerBatch, TokenRows};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use super::adding::sooner;
use crate::cells::CellKind;
use crate::error::Error;
use crate::memory::Config;
use crate::memory::trial::{Learned, Of, Sequences, learn};
use crate::training::streams::WEIGHTS;

/// How many brackets may be open, `E`, `H` of an LSTM, and the answers: open, close, or either.
const DEPTH: usize = 12;
const EMBEDDING: usize = 4;
const HIDDEN: usize = 8;
const ANSWERS: usize = 3;
/// The share of steps told wrongly below which a cell has learned to count.
const COUNTS: f64 = 0.005;

/// Brackets of one kind, and after each which may follow: whether any are open, and whether the most are.
struct Brackets {
    task: Dyck,
    steps: usize,
}

impl Sequences for Brackets {
    type Model = SequenceTagger<AnyCell>;

    fn new(seed: u64, distance: usize) -> Self {
        Self {
            task: Dyck::new(seed, 1, DEPTH, distance),
            steps: distance,
        }
    }

    fn batch(&mut self, rows: usize) -> TaggerBatch {
        let batch = self.task.batch(rows);
        let lengths = Lengths::new(vec![self.steps; rows], self.steps);
        let lengths = lengths.expect("all rows are full");
        let answers = batch.next.chunks_exact(2).map(|next| match next {
            [true, false] => 0,
            [false, true] => 1,
            _ => 2,
        });
        TaggerBatch::new(TokenRows::new(batch.tokens, lengths), answers.collect())
    }

    fn error(model: &SequenceTagger<AnyCell>, sequences: &TaggerBatch) -> f64 {
        let device = model.device();
        let logits = model.forward(sequences.rows().tokens(&device), None);
        1.0 - model.accuracy(logits, sequences.labels(&device), None)
    }
}

/// An LSTM with peepholes and without, at equal parameters.
pub fn measure(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    // Enough to get as deep as can be, and back, twice.
    let steps = 4 * DEPTH;
    let lstm = count(with, CellKind::Lstm, steps)?;
    let peephole = count(with, CellKind::Peephole, steps)?;
    let figures = [("lstm", &lstm), ("peephole", &peephole)];
    let figures = figures.iter().flat_map(|(name, learned)| {
        let updates = learned.updates() as f64;
        [
            (format!("{name}_updates"), updates),
            (format!("{name}_wrong_percent"), 100.0 * learned.error()),
        ]
    });
    let verdict: Verdict = sooner(&settings(with), &peephole, &[&lstm]);
    Ok(Finding::new(
        Claim::Counting,
        "Peepholes let an LSTM learn to count sooner.",
        figures.collect(),
        verdict,
        format!(
            "Holds if, at equal parameters, fewer updates make it tell which bracket may follow each of {steps}, {DEPTH} open at \
             most, wrongly in less than {} % of steps; undecided if neither learns that in {}.",
            100.0 * COUNTS,
            with.config.updates
        ),
    ))
}

fn count(with: &mut Measuring<'_, '_>, kind: CellKind, steps: usize) -> Result<Learned, Error> {
    let target = CellKind::Lstm.parameters(EMBEDDING, HIDDEN);
    let hidden = CellKind::closest_hidden_size(target, |it| kind.parameters(EMBEDDING, it));
    let network = RecurrentConfig::new(kind.config(hidden));
    let device = with.trainer.device().clone().autodiff();
    let rng = &mut SeededRng::for_stream(with.seed, WEIGHTS);
    let model = SequenceTaggerConfig::new(2, EMBEDDING, network, ANSWERS).init(&device, rng);
    let of = Of {
        name: &format!("{}-counting", kind.name()),
        seed: with.seed,
        distance: steps,
    };
    let (told, _) = with.clipped();
    let config = settings(with);
    Ok(learn::<Brackets>(&config, (model, told), of, with.trainer)?.0)
}

fn settings(with: &Measuring<'_, '_>) -> Config {
    Config {
        solved_below: COUNTS,
        learning_rate: 1e-2,
        ..with.config.adding()
    }
}
