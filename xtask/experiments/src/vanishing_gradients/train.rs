//! Training one cell after the other, with a look at its gradients before and after.

use std::collections::BTreeMap;
use std::time::Instant;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;
use recurra_cells::SeededRng;
use recurra_datasets::{DelayedRecall, RecallBatch};
use recurra_train::diagnostics::{
    GateActivity, ParameterUpdate, StateGradients, parameter_updates,
};
use recurra_train::{ClippedAdam, ClippedAdamConfig, Quantity};

use super::config::Config;
use super::model::{self, Model};
use crate::cells::{CellKind, GateBiases};
use crate::error::Error;
use crate::interrupt;
use crate::metrics::{Line, Metrics};
use crate::progress::{Display, Progress, Seen, Subject};

/// The streams of random numbers under one seed.
const WEIGHTS: u64 = 0;
const TRAIN: u64 = 1;
const MEASURED: u64 = 2;
const TEST: u64 = 3;

/// How often a line is written, in steps of training.
const LINE_EVERY: usize = 50;

/// What one cell under one seed came to.
pub struct Outcome {
    pub kind: CellKind,
    pub seed: u64,
    pub parameters: usize,
    /// With the gates' biases that are usual, before training.
    pub usual: StateGradients,
    /// With those of the settings, before training.
    pub at_init: StateGradients,
    pub trained: StateGradients,
    /// How open each gate was over the measured sequences, before and after training.
    pub gates_at_init: Vec<GateActivity>,
    pub gates_trained: Vec<GateActivity>,
    /// What training has changed, by the parameter's path.
    pub updates: BTreeMap<String, ParameterUpdate>,
    /// The share of test sequences whose symbol is recalled, in `[0, 1]`.
    pub test_accuracy: f64,
    pub seconds: f64,
}

/// What the cells of a run have in common.
pub struct Trainer<'a> {
    pub config: &'a Config,
    pub device: Device,
    pub metrics: Metrics,
    pub display: Display,
}

impl Trainer<'_> {
    /// Trains the chosen cells under one seed and adds what they come to; fewer if Ctrl-C or an error comes between.
    pub fn train_cells(&mut self, seed: u64, outcomes: &mut Vec<Outcome>) -> Result<(), Error> {
        for kind in CellKind::chosen(self.config.cell) {
            outcomes.push(self.train_cell(kind, seed)?);
            if interrupt::requested() {
                break;
            }
        }
        Ok(())
    }

    fn train_cell(&mut self, kind: CellKind, seed: u64) -> Result<Outcome, Error> {
        let started = Instant::now();
        let config = self.config;
        let measured = task(config, seed, MEASURED).batch(config.measured_sequences);
        let usual = model::gradients(&self.model(kind, seed, GateBiases::Usual), &measured)?;
        let fresh = self.model(kind, seed, config.gate_biases);
        let at_init = model::gradients(&fresh, &measured)?;
        let parameters = fresh.num_params();
        let trained = self.train((kind, seed), fresh.clone())?;
        let test = task(config, seed, TEST).batch(config.test_sequences);
        Ok(Outcome {
            kind,
            seed,
            parameters,
            usual,
            at_init,
            gates_at_init: model::gates(&fresh, &measured),
            gates_trained: model::gates(&trained, &measured),
            updates: parameter_updates(&fresh, &trained),
            test_accuracy: model::accuracy(&trained, &test),
            trained: model::gradients(&trained, &measured)?,
            seconds: started.elapsed().as_secs_f64(),
        })
    }

    /// A fresh model, with gradients.
    fn model(&self, kind: CellKind, seed: u64, gate_biases: GateBiases) -> Model {
        let rng = &mut SeededRng::for_stream(seed, WEIGHTS);
        let device = self.device.clone().autodiff();
        model::build(self.config, kind, gate_biases, &device, rng)
    }

    /// The model after all steps of training, or those up to Ctrl-C.
    fn train(&mut self, (kind, seed): (CellKind, u64), mut model: Model) -> Result<Model, Error> {
        let config = self.config;
        let mut sequences = task(config, seed, TRAIN);
        let mut optimizer = ClippedAdam::new(ClippedAdamConfig::new(config.max_norm))?;
        let subject = Subject {
            label: format!("{} seed {seed}", kind.name()),
            counted: "steps",
            done: 0,
            steps: config.updates,
        };
        let mut progress = Progress::start(self.display, subject);
        let begun = Instant::now();
        for update in 1..=config.updates {
            let (loss, gradients) = loss(&model, &sequences.batch(config.batch_size));
            let last = update == config.updates || interrupt::requested();
            let is_written = last || update.is_multiple_of(LINE_EVERY);
            let before = is_written.then(|| model.clone());
            let grad_norm;
            (model, grad_norm) = optimizer.step(config.learning_rate, model, gradients);
            check(Quantity::Loss, update, loss)?;
            check(Quantity::GradientNorm, update, grad_norm)?;
            progress.step(&Seen {
                step: update,
                loss,
                grad_norm,
                learning_rate: config.learning_rate,
                rate: update as f64 / begun.elapsed().as_secs_f64(),
            });
            if let Some(before) = before {
                let line = Line::new(kind.name(), seed, update);
                let line = line.with("train_nats", loss).with("grad_norm", grad_norm);
                let norms = parameter_updates(&before, &model);
                self.metrics.write(&with_norms(line, norms))?;
            }
            if last {
                break;
            }
        }
        Ok(model)
    }
}

/// The line with the norm of each parameter before a step, and that of the step.
fn with_norms(line: Line, norms: BTreeMap<String, ParameterUpdate>) -> Line {
    norms.into_iter().fold(line, |line, (path, update)| {
        line.with(&format!("weight_norm/{path}"), update.weight_norm)
            .with(&format!("update_norm/{path}"), update.update_norm)
    })
}

/// The task's sequences for one purpose.
fn task(config: &Config, seed: u64, stream: u64) -> DelayedRecall {
    let seed = SeededRng::for_stream(seed, stream).below(usize::MAX) as u64;
    DelayedRecall::new(seed, config.symbols, config.noise, config.steps)
}

fn loss(model: &Model, batch: &RecallBatch) -> (f64, GradientsParams) {
    let (tokens, targets) = model::upload(batch, &model.device());
    let loss = model.loss(model.forward(tokens, None), targets);
    let gradients = GradientsParams::from_grads(loss.backward(), model);
    (loss.into_scalar::<f64>(), gradients)
}

fn check(quantity: Quantity, step: usize, value: f64) -> Result<(), Error> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::Train(recurra_train::Error::Diverged {
        quantity,
        step,
        value,
        skipped: 1,
        parameter: None,
    }))
}
