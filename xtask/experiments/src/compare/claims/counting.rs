//! What peepholes gain where a cell has to count, or to time.

use recurra_cells::{AnyCell, Lengths, RecurrentConfig, SeededRng};
use recurra_datasets::Dyck;
use recurra_train::{SequenceTagger, SequenceTaggerConfig, TaggerBatch, TokenRows};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::Finding;
use super::super::learners::diverged_or;
use super::adding::sooner;
use crate::cells::CellKind;
use crate::error::Error;
use crate::memory::Config;
use crate::memory::trial::{Learned, Of, Sequences, learn};
use crate::training::streams::WEIGHTS;

/// How many brackets may be open.
const DEPTH: usize = 12;
/// How many steps behind a spike is to be answered.
const DELAY: usize = 16;
/// `E`, `H` of an LSTM, the tokens, and the most answers.
const EMBEDDING: usize = 4;
const HIDDEN: usize = 8;
const TOKENS: usize = 2;
const ANSWERS: usize = 3;
/// The share of steps told wrongly below which a cell has learned its task.
const LEARNED: f64 = 0.005;

/// Brackets of one kind, and after each which may follow: open, close, or either.
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
        let answers = batch.next.chunks_exact(2).map(|next| match next {
            [true, false] => 0,
            [false, true] => 1,
            _ => 2,
        });
        whole_rows(batch.tokens, answers.collect(), self.steps)
    }

    fn error(model: &SequenceTagger<AnyCell>, sequences: &TaggerBatch) -> f64 {
        wrong(model, sequences)
    }
}

/// Spikes at random moments, each to be answered [`DELAY`] steps later: 1 there, 0 elsewhere. None comes before the last was
/// answered.
struct Spikes {
    rng: SeededRng,
    steps: usize,
}

impl Sequences for Spikes {
    type Model = SequenceTagger<AnyCell>;

    fn new(seed: u64, distance: usize) -> Self {
        Self {
            rng: SeededRng::new(seed),
            steps: distance,
        }
    }

    fn batch(&mut self, rows: usize) -> TaggerBatch {
        let mut tokens = vec![0; rows * self.steps];
        let mut answers = tokens.clone();
        let pairs = tokens.chunks_exact_mut(self.steps);
        for (tokens, answers) in pairs.zip(answers.chunks_exact_mut(self.steps)) {
            let mut spike = self.rng.below(DELAY);
            while spike < self.steps {
                tokens[spike] = 1;
                if let Some(answer) = answers.get_mut(spike + DELAY) {
                    *answer = 1;
                }
                spike += DELAY + 1 + self.rng.below(DELAY);
            }
        }
        whole_rows(tokens, answers, self.steps)
    }

    fn error(model: &SequenceTagger<AnyCell>, sequences: &TaggerBatch) -> f64 {
        wrong(model, sequences)
    }
}

fn whole_rows(tokens: Vec<u32>, answers: Vec<u32>, steps: usize) -> TaggerBatch {
    let rows = tokens.len() / steps;
    let lengths = Lengths::new(vec![steps; rows], steps).expect("all rows are full");
    TaggerBatch::new(TokenRows::new(tokens, lengths), answers)
}

/// The share of steps that are told wrongly.
fn wrong(model: &SequenceTagger<AnyCell>, sequences: &TaggerBatch) -> f64 {
    let device = model.device();
    let logits = model.forward(sequences.rows().tokens(&device), None);
    1.0 - model.accuracy(logits, sequences.labels(&device), None)
}

/// Brackets that are to be counted.
pub fn count(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    // Enough to get as deep as can be, and back, twice.
    let steps = 4 * DEPTH;
    let task = format!("which bracket may follow each of {steps}, {DEPTH} open at most,");
    let text = "Peepholes let an LSTM learn to count sooner.";
    race::<Brackets>(with, (Claim::Counting, text), steps, &task)
}

/// Spikes whose answers are to be timed (after Gers, Schraudolph and Schmidhuber 2002).
pub fn time(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let steps = 6 * DELAY;
    let task = format!("when {DELAY} steps have passed since a spike, over {steps} steps,");
    let text = "Peepholes let an LSTM learn to time sooner.";
    race::<Spikes>(with, (Claim::Timing, text), steps, &task)
}

/// An LSTM with peepholes and without, at equal parameters.
fn race<S: Sequences<Model = SequenceTagger<AnyCell>>>(
    with: &mut Measuring<'_, '_>,
    (claim, text): (Claim, &str),
    steps: usize,
    task: &str,
) -> Result<Finding, Error> {
    let lstm = learned::<S>(with, (claim, CellKind::Lstm), steps)?;
    let peephole = learned::<S>(with, (claim, CellKind::Peephole), steps)?;
    let figures = [("lstm", &lstm), ("peephole", &peephole)];
    let figures = figures.iter().flat_map(|(name, learned)| {
        let updates = learned.updates() as f64;
        [
            (format!("{name}_updates"), updates),
            (format!("{name}_wrong_percent"), 100.0 * learned.error()),
        ]
    });
    let why = format!(
        "Holds if, at equal parameters, fewer updates make it tell {task} wrongly in less than {} % of steps; undecided if neither \
         learns that in {}.",
        100.0 * LEARNED,
        with.config.updates
    );
    let verdict = sooner(&settings(with), &peephole, &[&lstm]);
    Ok(Finding::new(claim, text, figures.collect(), verdict, why))
}

fn learned<S: Sequences<Model = SequenceTagger<AnyCell>>>(
    with: &mut Measuring<'_, '_>,
    (claim, kind): (Claim, CellKind),
    steps: usize,
) -> Result<Learned, Error> {
    let hidden = kind.hidden_size_like_lstm(EMBEDDING, HIDDEN);
    let network = RecurrentConfig::new(kind.config(hidden));
    let device = with.trainer.device().clone().autodiff();
    let rng = &mut SeededRng::for_stream(with.seed, WEIGHTS);
    let model = SequenceTaggerConfig::new(TOKENS, EMBEDDING, network, ANSWERS).init(&device, rng);
    let of = Of {
        name: &format!("{}-{}", kind.name(), claim.name()),
        seed: with.seed,
        distance: steps,
    };
    let (told, _) = with.clipped();
    let config = settings(with);
    diverged_or(learn::<S>(&config, (model, told), of, with.trainer))
}

fn settings(with: &Measuring<'_, '_>) -> Config {
    Config {
        solved_below: LEARNED,
        learning_rate: 1e-2,
        // Some learn within a few hundred updates.
        judge_every: with.config.judge_every.min(10),
        ..with.config.adding()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn each_spike_is_answered_once() {
        let (steps, device) = (6 * DELAY, Device::default());
        let batch = Spikes::new(3, steps).batch(4);
        let tokens = batch.rows().tokens(&device).into_data();
        let answers = batch.labels(&device).into_data();
        let tokens: Vec<i64> = tokens.iter::<i64>().collect();
        let answers: Vec<i64> = answers.iter::<i64>().collect();
        assert!(tokens.iter().sum::<i64>() >= 4 * 2);
        for (tokens, answers) in tokens.chunks(steps).zip(answers.chunks(steps)) {
            let later = std::iter::repeat_n(0, DELAY).chain(tokens.iter().copied());
            assert!(later.take(steps).eq(answers.iter().copied()));
        }
    }
}
