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

/// What is to be remembered over a distance.
pub trait Problem {
    type Model: SequenceModel;

    /// The sequences of a distance, from a seed on.
    fn new(seed: u64, distance: usize) -> Self;

    /// The model of a cell, before training.
    fn init(
        config: &Config,
        cell: CellKind,
        distance: usize,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Self::Model;

    /// The next sequences.
    fn batch(&mut self, rows: usize) -> <Self::Model as SequenceModel>::Window;

    /// How wrong a model is on sequences.
    fn error(model: &Self::Model, sequences: &<Self::Model as SequenceModel>::Window) -> f64;

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
        let (config, started) = (self.config, Instant::now());
        let device = trainer.device().clone().autodiff();
        let rng = &mut SeededRng::for_stream(self.seed, WEIGHTS);
        let model = P::init(config, self.cell, self.distance, &device, rng);
        let parameters = model.num_params();
        let told = TrainingConfig {
            max_norm: config.max_norm,
            ..TrainingConfig::default()
        };
        let dropout = SeededRng::for_stream(self.seed, DROPOUT);
        let mut training = TruncatedBptt::new(model, told, dropout)?;
        // Odd and even seeds, so that no seed's training is another's test.
        let mut sequences = P::new(2 * self.seed, self.distance);
        let judged = P::new(2 * self.seed + 1, self.distance).batch(config.judged);
        let mut progress = Progress::start(trainer.display(), self.subject());
        let schedule = config.schedule.over(config.updates);
        let mut judgements = Vec::new();
        for update in 1..=config.updates {
            let batch = sequences.batch(config.batch_size);
            let rate = config.learning_rate * schedule.factor(update - 1);
            let report = training.train_window(&batch, rate)?;
            let seen = self.seen((update, rate), &report, started);
            self.show(&seen, &mut progress, trainer)?;
            if update == config.updates || update.is_multiple_of(config.judge_every) {
                let error = P::error(&training.model_for_use(), &judged);
                judgements.push((update, error));
                progress.validation(error, &format!("update {update} error {error:.5}"));
                if error < config.solved_below {
                    break;
                }
            }
            if interrupt::requested() {
                return Ok(None);
            }
        }
        Ok(Some(self.trial(parameters, judgements, started)))
    }

    fn trial(&self, parameters: usize, judgements: Vec<(usize, f64)>, started: Instant) -> Trial {
        let (updates, error) = *judgements.last().expect("the last update is judged");
        Trial {
            cell: self.cell,
            seed: self.seed,
            distance: self.distance,
            parameters,
            error,
            solved: error < self.config.solved_below,
            updates,
            seconds: started.elapsed().as_secs_f64(),
            judgements,
        }
    }

    fn name(&self) -> String {
        format!("{}-{}", self.cell.name(), self.distance)
    }

    fn subject(&self) -> Subject {
        Subject {
            label: format!("{} seed {}", self.name(), self.seed),
            counted: "sequences",
            done: 0,
            steps: self.config.updates,
        }
    }

    fn seen(&self, (update, rate): (usize, f64), report: &StepReport, started: Instant) -> Seen {
        let sequences = (update * self.config.batch_size) as f64;
        Seen {
            step: update,
            loss: report.loss,
            grad_norm: report.grad_norm,
            learning_rate: rate,
            rate: sequences / started.elapsed().as_secs_f64(),
        }
    }

    fn show(
        &self,
        seen: &Seen,
        progress: &mut Progress,
        trainer: &mut Trainer<'_>,
    ) -> Result<(), Error> {
        progress.step(seen);
        if !seen.step.is_multiple_of(LINE_EVERY) {
            return Ok(());
        }
        let line = Line::new(&self.name(), self.seed, seen.step);
        let line = line.with("train_loss", seen.loss);
        let line = line.with("grad_norm", seen.grad_norm);
        let line = line.with("learning_rate", seen.learning_rate);
        trainer.metrics().write(&line)
    }
}
