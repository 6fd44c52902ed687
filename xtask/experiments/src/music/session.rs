//! One cell while it trains: its weights, the best of them so far, its curves and its clock.

use std::time::{Duration, Instant};

use burn::module::Module;
use burn::optim::GradientsParams;
use recurra_cells::{AnyCell, SeededRng};
use recurra_train::{
    ClippedAdam, DropoutRates, MultiLabelBatch, MultiLabelPredictor, Quantity, StepReport,
};
use serde::Serialize;

use crate::cells::CellKind;
use crate::error::Error;

const AT_HOME: &str = "the model is away only while the optimiser has it";

/// One cell in training under one seed.
pub struct Session {
    pub kind: CellKind,
    pub seed: u64,
    /// The best validation so far, in nats per step of music, and the weights it judged.
    pub best: Option<(f64, MultiLabelPredictor<AnyCell>)>,
    /// Epoch and mean training loss since the point before.
    pub train_curve: Vec<(usize, f64)>,
    /// Epoch and validation loss.
    pub valid_curve: Vec<(usize, f64)>,
    /// Given to the optimiser whole: of a clone it would have to copy every weight in every step.
    model: Option<MultiLabelPredictor<AnyCell>>,
    optimizer: ClippedAdam,
    dropout: DropoutRates,
    rng: SeededRng,
    /// Nats and steps of music since the last point of the curve.
    since: (f64, usize),
    /// Steps of training, and the steps of music in them.
    steps: usize,
    music_steps: usize,
    training_time: Duration,
}

/// A line of `metrics.jsonl`.
#[derive(Serialize)]
pub struct Line {
    seed: u64,
    cell: &'static str,
    epoch: usize,
    #[serde(flatten)]
    measured: Measured,
}

/// What a line says of its epoch.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Measured {
    Train {
        train_nll: f64,
        grad_norm: f64,
        learning_rate: f64,
    },
    Valid {
        valid_nll: f64,
    },
}

impl Session {
    /// Starts training `model`; `rng` draws the dropout masks.
    pub fn new(
        (kind, seed): (CellKind, u64),
        model: MultiLabelPredictor<AnyCell>,
        optimizer: ClippedAdam,
        (dropout, rng): (DropoutRates, SeededRng),
    ) -> Self {
        Self {
            kind,
            seed,
            best: None,
            train_curve: Vec::new(),
            valid_curve: Vec::new(),
            model: Some(model.train()),
            optimizer,
            dropout,
            rng,
            since: (0.0, 0),
            steps: 0,
            music_steps: 0,
            training_time: Duration::ZERO,
        }
    }

    /// The model of now, for use.
    pub fn model(&self) -> MultiLabelPredictor<AnyCell> {
        self.model.as_ref().expect(AT_HOME).valid()
    }

    /// How long the steps took.
    pub fn training_time(&self) -> f64 {
        self.training_time.as_secs_f64()
    }

    /// Steps of music, over the time that the steps of training took.
    pub fn music_steps_per_second(&self) -> f64 {
        self.music_steps as f64 / self.training_time()
    }

    /// Makes a step.
    ///
    /// # Errors
    ///
    /// If the loss or the norm of the gradients is not finite; the weights are then those from before the step.
    pub fn step(
        &mut self,
        batch: &MultiLabelBatch,
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        let begun = Instant::now();
        self.steps += 1;
        let (loss, gradients) = self.gradients(batch);
        self.check(Quantity::Loss, loss)?;
        let model = self.model.take().expect(AT_HOME);
        let (model, grad_norm) = self.optimizer.step(learning_rate, model, gradients);
        self.model = Some(model);
        self.check(Quantity::GradientNorm, grad_norm)?;
        self.training_time += begun.elapsed();
        let steps = batch.predicted_steps();
        self.music_steps += steps;
        self.since.0 += loss * steps as f64;
        self.since.1 += steps;
        Ok(StepReport {
            loss,
            grad_norm,
            updated: true,
        })
    }

    fn gradients(&mut self, batch: &MultiLabelBatch) -> (f64, GradientsParams) {
        let model = self.model.as_ref().expect(AT_HOME);
        let (device, lengths) = (model.device(), batch.lengths());
        let masks = model.sample_masks(batch.batch_size(), &self.dropout, &mut self.rng);
        let logits = model.forward_masked(batch.inputs(&device), lengths.clone(), masks);
        let loss = model.loss(logits, batch.targets(&device), Some(lengths));
        let gradients = GradientsParams::from_grads(loss.backward(), model);
        (loss.into_scalar::<f64>(), gradients)
    }

    fn check(&self, quantity: Quantity, value: f64) -> Result<(), Error> {
        if value.is_finite() {
            return Ok(());
        }
        let step = self.steps;
        Err(Error::Train(recurra_train::Error::Diverged {
            quantity,
            step,
            value,
            skipped: 1,
            parameter: None,
        }))
    }

    /// Ends a point of the training curve at `epoch`: the mean loss since the one before.
    pub fn end_point(&mut self, epoch: usize) -> f64 {
        let (nats, steps) = std::mem::take(&mut self.since);
        let mean = nats / steps as f64;
        self.train_curve.push((epoch, mean));
        mean
    }

    /// Keeps `model` if its validation is the best so far.
    pub fn judge(&mut self, epoch: usize, valid_nll: f64, model: MultiLabelPredictor<AnyCell>) {
        self.valid_curve.push((epoch, valid_nll));
        // Written so that a NaN is never better, and anything is better than a NaN.
        let is_kept = |(best, _): &(f64, _)| *best <= valid_nll || valid_nll.is_nan();
        if !self.best.as_ref().is_some_and(is_kept) {
            self.best = Some((valid_nll, model));
        }
    }

    /// A line about `epoch`.
    pub fn line(&self, epoch: usize, measured: Measured) -> Line {
        Line {
            seed: self.seed,
            cell: self.kind.name(),
            epoch,
            measured,
        }
    }
}
