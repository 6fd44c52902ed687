//! Training one cell at one distance, until it has solved the task or the updates are spent.

use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::SeededRng;
use recurra_train::{SequenceModel, StepReport, TrainingConfig, TruncatedBptt};
use serde::{Deserialize, Serialize};

use super::config::Config;
use crate::cells::CellKind;
use crate::error::Error;
use crate::interrupt;
use crate::metrics::Line;
use crate::progress::{Progress, Seen, Subject};
use crate::run_folder::RunFolder;
use crate::training::Trainer;
use crate::training::streams::{DROPOUT, WEIGHTS};

/// How often a line is written, in updates.
const LINE_EVERY: usize = 50;

/// Sequences that a model learns from and is judged by.
pub trait Sequences {
    type Model: SequenceModel;

    /// The sequences of a distance, from a seed on.
    fn new(seed: u64, distance: usize) -> Self;

    /// The next sequences.
    fn batch(&mut self, rows: usize) -> <Self::Model as SequenceModel>::Window;

    /// How wrong a model is on sequences.
    fn error(model: &Self::Model, sequences: &<Self::Model as SequenceModel>::Window) -> f64;
}

/// What is to be remembered over a distance.
pub trait Problem: Sequences {
    /// The model of a cell, before training.
    fn init(
        config: &Config,
        cell: CellKind,
        distance: usize,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Self::Model;

    /// How wrong whoever remembers nothing is.
    const GUESSING: f64;
}

/// What a cell came to at a distance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub cell: CellKind,
    pub seed: u64,
    pub distance: usize,
    pub parameters: usize,
    /// Of the last judgement.
    pub error: f64,
    pub solved: bool,
    /// How many there were.
    pub updates: usize,
    pub seconds: f64,
    /// The judgements: updates and errors.
    pub judgements: Vec<(usize, f64)>,
}

/// All distances, those that are finished from the run's folder; fewer after Ctrl-C.
pub fn trials<P: Problem>(
    config: &Config,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Vec<Trial>, Error> {
    let mut finished = Vec::new();
    for &distance in &config.distances {
        let folder = RunFolder::at(trainer.folder());
        let file = format!("{}-{distance}-{seed}.json", cell.name());
        let trial = match folder.join(&file).is_file() {
            true => folder.read(&file)?,
            false => {
                let run = Run {
                    config,
                    cell,
                    seed,
                    distance,
                };
                let Some(trial) = run.train::<P>(trainer)? else {
                    break;
                };
                folder.write_json(&file, &trial)?;
                trial
            }
        };
        finished.push(trial);
    }
    Ok(finished)
}

struct Run<'a> {
    config: &'a Config,
    cell: CellKind,
    seed: u64,
    distance: usize,
}

impl Run<'_> {
    /// `None` after Ctrl-C.
    fn train<P: Problem>(&self, trainer: &mut Trainer<'_>) -> Result<Option<Trial>, Error> {
        let device = trainer.device().clone().autodiff();
        let rng = &mut SeededRng::for_stream(self.seed, WEIGHTS);
        let model = P::init(self.config, self.cell, self.distance, &device, rng);
        let parameters = model.num_params();
        let told = TrainingConfig {
            max_norm: self.config.max_norm,
            ..TrainingConfig::default()
        };
        let of = Of {
            name: self.cell.name(),
            seed: self.seed,
            distance: self.distance,
        };
        let (learned, _) = learn::<P>(self.config, (model, told), of, trainer)?;
        Ok(learned.finished.then(|| self.trial(parameters, learned)))
    }

    fn trial(&self, parameters: usize, learned: Learned) -> Trial {
        Trial {
            cell: self.cell,
            seed: self.seed,
            distance: self.distance,
            parameters,
            error: learned.error(),
            solved: learned.solved(self.config),
            updates: learned.updates(),
            seconds: learned.seconds,
            judgements: learned.judgements,
        }
    }
}

/// Whose training it is.
#[derive(Clone, Copy)]
pub struct Of<'a> {
    pub name: &'a str,
    pub seed: u64,
    pub distance: usize,
}

/// What a training came to.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    /// The judgements: updates and errors.
    pub judgements: Vec<(usize, f64)>,
    /// The largest norm of a gradient before clipping, of those that were finite.
    pub largest_norm: f64,
    pub seconds: f64,
    /// Whether it came to its end; not after Ctrl-C.
    pub finished: bool,
}

impl Learned {
    /// Of the last judgement; NaN before the first.
    pub fn error(&self) -> f64 {
        self.judgements.last().map_or(f64::NAN, |last| last.1)
    }

    /// How many updates there were up to the last judgement.
    pub fn updates(&self) -> usize {
        self.judgements.last().map_or(0, |last| last.0)
    }

    /// Whether the last judgement found the task solved.
    pub fn solved(&self, config: &Config) -> bool {
        self.error() < config.solved_below
    }
}

/// Trains a model on fresh sequences until it has solved their task or the updates of the settings are spent; gives the model, ready to use.
///
/// # Errors
///
/// If the training diverges, or a line cannot be written.
pub fn learn<S: Sequences>(
    config: &Config,
    (model, told): (S::Model, TrainingConfig),
    of: Of<'_>,
    trainer: &mut Trainer<'_>,
) -> Result<(Learned, S::Model), Error> {
    let started = Instant::now();
    let dropout = SeededRng::for_stream(of.seed, DROPOUT);
    let mut training = TruncatedBptt::new(model, told, dropout)?;
    // Odd and even seeds, so that no seed's training is another's test.
    let mut sequences = S::new(2 * of.seed, of.distance);
    let judged = S::new(2 * of.seed + 1, of.distance).batch(config.judged);
    let mut progress = Progress::start(trainer.display(), of.subject(config.updates));
    let schedule = config.schedule.over(config.updates);
    let mut learned = Learned::default();
    for update in 1..=config.updates {
        let batch = sequences.batch(config.batch_size);
        let rate = config.learning_rate * schedule.factor(update - 1);
        let report = training.train_window(&batch, rate)?;
        learned.largest_norm = learned.largest_norm.max(finite(report.grad_norm));
        let done = update * config.batch_size;
        of.show(
            &seen((update, rate), &report, (done, started)),
            &mut progress,
            trainer,
        )?;
        learned.finished = update == config.updates;
        if learned.finished || update.is_multiple_of(config.judge_every) {
            let error = S::error(&training.model_for_use(), &judged);
            learned.judgements.push((update, error));
            progress.validation(error, &format!("update {update} error {error:.5}"));
            learned.finished |= learned.solved(config);
        }
        if learned.finished || interrupt::requested() {
            break;
        }
    }
    learned.seconds = started.elapsed().as_secs_f64();
    Ok((learned, training.model_for_use()))
}

/// A norm that can be compared; 0 for one that cannot.
fn finite(norm: f64) -> f64 {
    match norm.is_finite() {
        true => norm,
        false => 0.0,
    }
}

fn seen(
    (update, rate): (usize, f64),
    report: &StepReport,
    (sequences, started): (usize, Instant),
) -> Seen {
    Seen {
        step: update,
        loss: report.loss,
        grad_norm: report.grad_norm,
        learning_rate: rate,
        rate: sequences as f64 / started.elapsed().as_secs_f64(),
    }
}

impl Of<'_> {
    fn label(self) -> String {
        format!("{}-{}", self.name, self.distance)
    }

    fn subject(self, updates: usize) -> Subject {
        Subject {
            label: format!("{} seed {}", self.label(), self.seed),
            counted: "sequences",
            done: 0,
            steps: updates,
        }
    }

    fn show(
        self,
        seen: &Seen,
        progress: &mut Progress,
        trainer: &mut Trainer<'_>,
    ) -> Result<(), Error> {
        progress.step(seen);
        if !seen.step.is_multiple_of(LINE_EVERY) {
            return Ok(());
        }
        let line = Line::new(&self.label(), self.seed, seen.step);
        let line = line.with("train_loss", seen.loss);
        let line = line.with("grad_norm", seen.grad_norm);
        let line = line.with("learning_rate", seen.learning_rate);
        trainer.metrics().write(&line)
    }
}
