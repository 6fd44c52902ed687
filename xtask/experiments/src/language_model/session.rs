//! One cell while it trains: its weights, the best of them so far, its curves and its clock.

use std::time::{Duration, Instant};

use recurra_cells::{AnyCell, SeededRng};
use recurra_train::checkpoint::{self, Checkpoint};
use recurra_train::{LanguageModel, StepReport, TokenWindow, TruncatedBptt};
use serde::{Deserialize, Serialize};

use crate::cells::CellKind;
use crate::error::Error;

/// One cell in training under one seed.
pub struct Session {
    pub kind: CellKind,
    pub seed: u64,
    /// The best validation so far, in nats per token, and the weights it judged.
    pub best: Option<(f64, LanguageModel<AnyCell>)>,
    /// Step and mean training loss since the point before.
    pub train_curve: Vec<(usize, f64)>,
    /// Step and validation loss.
    pub valid_curve: Vec<(usize, f64)>,
    /// Draws the lengths of the windows.
    pub windows: SeededRng,
    training: TruncatedBptt<LanguageModel<AnyCell>>,
    /// The losses since the last point of the curve.
    losses: Vec<f64>,
    tokens: usize,
    training_time: Duration,
}

/// What a session knows besides weights and optimiser, as a checkpoint has it.
#[derive(Serialize, Deserialize)]
pub struct SessionState {
    /// The best validation so far; its weights stand in a section of their own.
    best: Option<f64>,
    train_curve: Vec<(usize, f64)>,
    valid_curve: Vec<(usize, f64)>,
    losses: Vec<f64>,
    tokens: usize,
    training_time: Duration,
    windows: SeededRng,
}

/// The section of a checkpoint with the weights of the best validation.
const BEST: &str = "best";

/// A line of `metrics.jsonl`.
#[derive(Serialize)]
pub struct Line {
    seed: u64,
    cell: &'static str,
    step: usize,
    #[serde(flatten)]
    measured: Measured,
}

/// What a line says of its step.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Measured {
    Train {
        train_nats: f64,
        grad_norm: f64,
        learning_rate: f64,
    },
    Valid {
        valid_nats: f64,
        /// Whether the weights that were judged are averages.
        averaged: bool,
    },
}

impl Session {
    /// Begins a session; `windows` draws the lengths of the windows.
    pub fn new(
        (kind, seed): (CellKind, u64),
        training: TruncatedBptt<LanguageModel<AnyCell>>,
        windows: SeededRng,
    ) -> Self {
        Self {
            kind,
            seed,
            best: None,
            train_curve: Vec::new(),
            valid_curve: Vec::new(),
            windows,
            training,
            losses: Vec::new(),
            tokens: 0,
            training_time: Duration::ZERO,
        }
    }

    /// What is not in the sections that [`record`](Self::record) writes.
    pub fn state(&self) -> SessionState {
        SessionState {
            best: self.best.as_ref().map(|(nats, _)| *nats),
            train_curve: self.train_curve.clone(),
            valid_curve: self.valid_curve.clone(),
            losses: self.losses.clone(),
            tokens: self.tokens,
            training_time: self.training_time,
            windows: self.windows.clone(),
        }
    }

    /// Writes down weights, optimiser, carried state and generators, and the weights of the best validation.
    pub fn record(&self, checkpoint: &mut Checkpoint) -> Result<(), Error> {
        self.training.record(checkpoint)?;
        if let Some((_, best)) = &self.best {
            checkpoint.set_tensors(BEST, checkpoint::parameters(best))?;
        }
        Ok(())
    }

    /// Goes on from what was recorded.
    pub fn restore(&mut self, checkpoint: &Checkpoint, state: SessionState) -> Result<(), Error> {
        self.training.restore(checkpoint)?;
        self.best = match state.best {
            Some(nats) => {
                let weights = checkpoint.tensors(BEST)?;
                Some((nats, checkpoint::set_parameters(self.model(), weights)?))
            }
            None => None,
        };
        self.train_curve = state.train_curve;
        self.valid_curve = state.valid_curve;
        self.losses = state.losses;
        self.tokens = state.tokens;
        self.training_time = state.training_time;
        self.windows = state.windows;
        Ok(())
    }

    /// The model of now, for use: with averaged weights once they are averaged.
    pub fn model(&self) -> LanguageModel<AnyCell> {
        self.training.model_for_use()
    }

    /// Whether weights are being averaged.
    pub fn is_averaging(&self) -> bool {
        self.training.is_averaging()
    }

    /// How many steps have changed the weights.
    pub fn updates(&self) -> usize {
        self.training.updates()
    }

    /// How long the steps took.
    pub fn training_time(&self) -> f64 {
        self.training_time.as_secs_f64()
    }

    /// Over the time that the steps took.
    pub fn tokens_per_second(&self) -> f64 {
        self.tokens as f64 / self.training_time()
    }

    /// The next window begins the text anew.
    pub fn begin_text(&mut self) {
        self.training.reset_state();
    }

    /// Makes a step on windows that continue each other.
    pub fn step(
        &mut self,
        windows: &[TokenWindow],
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        let begun = Instant::now();
        let report = self.training.train_windows(windows, learning_rate)?;
        self.training_time += begun.elapsed();
        self.tokens += windows.iter().map(TokenWindow::tokens).sum::<usize>();
        self.losses.push(report.loss);
        Ok(report)
    }

    /// Ends a point of the training curve at `step`: the mean loss since the one before.
    pub fn end_point(&mut self, step: usize) -> f64 {
        let mean = self.losses.iter().sum::<f64>() / self.losses.len() as f64;
        self.losses.clear();
        self.train_curve.push((step, mean));
        mean
    }

    /// Keeps `model` if its validation is the best so far.
    pub fn judge(&mut self, step: usize, valid_nats: f64, model: LanguageModel<AnyCell>) {
        self.valid_curve.push((step, valid_nats));
        self.training.observe_validation(valid_nats);
        // Written so that a NaN is never better, and anything is better than a NaN.
        let is_kept = |(best, _): &(f64, _)| *best <= valid_nats || valid_nats.is_nan();
        if !self.best.as_ref().is_some_and(is_kept) {
            self.best = Some((valid_nats, model));
        }
    }

    /// A line about `step`.
    pub fn line(&self, step: usize, measured: Measured) -> Line {
        Line {
            seed: self.seed,
            cell: self.kind.name(),
            step,
            measured,
        }
    }
}
