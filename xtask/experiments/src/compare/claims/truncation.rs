//! Backpropagation through windows of a sequence: what it saves, and what it cannot learn.

use burn::tensor::Device;
use recurra_cells::kernel::release_buffers;
use recurra_cells::{AnyCell, RecurrentConfig, SeededRng};
use recurra_datasets::{DelayedRecall, RecallBatch};
use recurra_train::{
    LanguageModel, LanguageModelConfig, TokenWindow, TrainingConfig, TruncatedBptt,
};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::config::{BATCH, MAX_NORM};
use super::super::finding::{Finding, Verdict};
use crate::bench::measure::{Timed, in_turn};
use crate::cells::{CellKind, GateBiases};
use crate::error::Error;
use crate::interrupt;
use crate::long_sequences::config::Config as LongConfig;
use crate::long_sequences::learner::{Learner, Method};
use crate::training::streams::{DROPOUT, WEIGHTS};

/// At most this share of memory, and this ratio of times, is a saving.
const LITTLE_MEMORY: f64 = 0.25;
const SAME_TIME: f64 = 1.1;

/// The steps of a sequence whose first token is to be recalled, those of a window, and the symbols.
const STEPS: usize = 40;
const WINDOW: usize = 10;
const SYMBOLS: u32 = 8;
const EMBEDDING: usize = 16;
const JUDGED: usize = 512;

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

/// Recall from before the window.
pub fn reach(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let whole = recall(with, STEPS)?;
    let windows = recall(with, WINDOW)?;
    let guessing = 100.0 / f64::from(SYMBOLS);
    // Who has not learned it whole says nothing of windows.
    let verdict = match whole >= 90.0 {
        true => Verdict::of(windows < (whole + guessing) / 2.0),
        false => Verdict::Undecided,
    };
    let figures = vec![
        ("whole_accuracy_percent".to_owned(), whole),
        ("windows_accuracy_percent".to_owned(), windows),
        ("guessing_accuracy_percent".to_owned(), guessing),
    ];
    Ok(Finding::new(
        Claim::TruncationReach,
        "What lies further back than the window, truncated backpropagation cannot learn to remember, although the state is \
         carried on.",
        figures,
        verdict,
        format!(
            "Holds if an LSTM (chrono biases) that recalls the first of {STEPS} tokens at least nine times out of ten after whole \
             passes does so, from as many sequences in windows of {WINDOW}, less than half as often beyond guessing \
             ({guessing} %); undecided if it does not learn that from whole passes."
        ),
    ))
}

/// How many of a hundred symbols are recalled after learning in windows.
fn recall(with: &mut Measuring<'_, '_>, window: usize) -> Result<f64, Error> {
    let device = with.trainer.device().clone().autodiff();
    // Whatever follows a step but for the last is always the same: only the recall is left to learn.
    let task = |stream| DelayedRecall::new(2 * with.seed + stream, SYMBOLS, 1, STEPS);
    let mut sequences = task(0);
    let mut training = TruncatedBptt::new(
        model(with, sequences.vocabulary_size(), &device),
        TrainingConfig {
            max_norm: MAX_NORM,
            ..TrainingConfig::default()
        },
        SeededRng::for_stream(with.seed, DROPOUT),
    )?;
    for _ in 0..with.config.updates {
        training.reset_state();
        for window in windows(&sequences.batch(BATCH), window) {
            training.train_window(&window, with.config.learning_rate)?;
        }
        if interrupt::requested() {
            break;
        }
    }
    let judged = task(1).batch(JUDGED);
    Ok(accuracy(&training.model_for_use(), &judged))
}

fn model(with: &Measuring<'_, '_>, tokens: usize, device: &Device) -> LanguageModel<AnyCell> {
    let cell = CellKind::Lstm.config(with.config.hidden_size);
    let network = RecurrentConfig::new(GateBiases::Chrono.of(cell, STEPS));
    let rng = &mut SeededRng::for_stream(with.seed, WEIGHTS);
    LanguageModelConfig::new(tokens, EMBEDDING, network).init(device, rng)
}

/// Each sequence with its symbol behind it, cut into windows.
fn windows(batch: &RecallBatch, length: usize) -> Vec<TokenWindow> {
    let rows = || batch.tokens.chunks_exact(STEPS).zip(&batch.targets);
    let starts = (0..STEPS).step_by(length);
    let window = |start: usize| {
        let end = (start + length).min(STEPS);
        let inputs = rows().flat_map(|(row, _)| row[start..end].to_vec());
        let targets = rows().flat_map(|(row, &symbol)| {
            let next = row[1..].iter().copied().chain([symbol]);
            next.skip(start).take(end - start).collect::<Vec<u32>>()
        });
        let shape = [batch.targets.len(), end - start];
        TokenWindow::new(inputs.collect(), targets.collect(), shape)
    };
    starts.map(window).collect()
}

fn accuracy(model: &LanguageModel<AnyCell>, batch: &RecallBatch) -> f64 {
    let whole = windows(batch, STEPS).remove(0);
    let (logits, _) = model.forward(whole.inputs(&model.device()), None);
    let last = logits.narrow(1, STEPS - 1, 1).argmax(2).into_data();
    let told = last.iter::<i64>().zip(&batch.targets);
    let right = told.filter(|(told, target)| *told == i64::from(**target));
    100.0 * right.count() as f64 / batch.targets.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_a_sequence_and_its_symbol() {
        let batch = DelayedRecall::new(1, SYMBOLS, 1, STEPS).batch(2);
        let windows = windows(&batch, WINDOW);
        assert_eq!(windows.len(), STEPS / WINDOW);
        let device = Device::default();
        let last = windows[3].targets(&device).into_data();
        let last: Vec<i64> = last.iter::<i64>().collect();
        assert_eq!(last[WINDOW - 1], i64::from(batch.targets[0]));
        assert_eq!(last[2 * WINDOW - 1], i64::from(batch.targets[1]));
        let first = windows[0].inputs(&device).into_data();
        assert_eq!(first.iter::<i64>().next(), Some(i64::from(batch.tokens[0])));
    }
}
