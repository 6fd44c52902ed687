//! Training one cell after the other, and what each comes to.

use std::time::Instant;

use super::config::Config;
use super::model::model_config;
use super::session::{Measured, Session};
use crate::cells::CellKind;
use crate::error::Error;
use crate::interrupt;
use crate::progress::{Progress, duration};
use crate::run_folder::Metrics;
use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_datasets::{PIANO_KEYS, PianoRoll, PianoRollCorpus};
use recurra_train::{
    ClippedAdam, ClippedAdamConfig, MultiLabelBatch, MultiLabelPredictor, MultiLabelPredictorConfig,
};

/// The streams of random numbers under one seed.
const WEIGHTS: u64 = 0;
const DROPOUT: u64 = 1;
const SAMPLE: u64 = 2;
const ORDER: u64 = 3;

/// What training one cell under one seed came to.
pub struct Outcome {
    pub kind: CellKind,
    pub seed: u64,
    pub model_config: MultiLabelPredictorConfig<AnyCellConfig>,
    /// With the weights of the best validation.
    pub model: MultiLabelPredictor<AnyCell>,
    pub parameters: usize,
    /// The best validation's negative log-likelihood in nats per step of music.
    pub valid_nll: f64,
    /// That of the same weights on the test part.
    pub test_nll: f64,
    /// Steps of music, over the time spent in steps of training.
    pub music_steps_per_second: f64,
    pub seconds: f64,
    /// Epoch and mean training loss since the point before.
    pub train_curve: Vec<(usize, f64)>,
    /// Epoch and validation loss.
    pub valid_curve: Vec<(usize, f64)>,
    /// The beginning of a validation piece, and how the model goes on from there.
    pub sample: Vec<Vec<usize>>,
}

/// What the cells of a run have in common.
pub struct Trainer<'a> {
    config: &'a Config,
    corpus: &'a PianoRollCorpus,
    device: Device,
    metrics: Metrics,
}

impl<'a> Trainer<'a> {
    /// Trains on `device` and writes to `metrics`.
    pub fn new(
        config: &'a Config,
        corpus: &'a PianoRollCorpus,
        device: Device,
        metrics: Metrics,
    ) -> Self {
        Self {
            config,
            corpus,
            device,
            metrics,
        }
    }

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
        let model_config = model_config(self.config, kind);
        let device = self.device.clone().autodiff();
        let model = model_config.init(&device, &mut SeededRng::for_stream(seed, WEIGHTS));
        let parameters = model.num_params();
        let optimizer = ClippedAdam::new(ClippedAdamConfig::new(self.config.max_norm))?;
        let dropout = self.config.of(kind).dropout();
        let dropout = (dropout, SeededRng::for_stream(seed, DROPOUT));
        let mut session = Session::new((kind, seed), model, optimizer, dropout);
        self.train(&mut session)?;
        let music_steps_per_second = session.music_steps_per_second();
        let (valid_nll, model) = session.best.expect("training ends with a validation");
        Ok(Outcome {
            kind,
            seed,
            parameters,
            valid_nll,
            test_nll: self.evaluate(&model, &self.corpus.test)?,
            music_steps_per_second,
            train_curve: session.train_curve,
            valid_curve: session.valid_curve,
            sample: self.sample(&model, seed)?,
            seconds: started.elapsed().as_secs_f64(),
            model_config,
            model,
        })
    }

    /// All epochs, or the steps up to Ctrl-C; the last is followed by a validation.
    fn train(&mut self, session: &mut Session) -> Result<(), Error> {
        let (epochs, a_epoch) = (self.config.epochs, self.steps_an_epoch());
        let label = format!("{} seed {}", session.kind.name(), session.seed);
        let mut progress = Progress::start(label, "steps of music", epochs * a_epoch);
        let mut order = SeededRng::for_stream(session.seed, ORDER);
        let mut pieces: Vec<&PianoRoll> = self.corpus.train.iter().collect();
        for epoch in 1..=epochs {
            shuffle(&mut pieces, &mut order);
            self.epoch(session, &pieces, epoch, &mut progress)?;
            let last = epoch == epochs || interrupt::requested();
            if last || epoch.is_multiple_of(self.config.validate_every) {
                let nll = self.validate(session, epoch)?;
                let time = duration(session.training_time());
                progress.note(&format!(
                    "epoch {epoch} validation {nll:.4} nats per step after {time} of training"
                ));
            }
            if last {
                break;
            }
        }
        Ok(())
    }

    fn steps_an_epoch(&self) -> usize {
        self.corpus.train.len().div_ceil(self.config.batch_size)
    }

    /// One pass over the pieces in this order, up to Ctrl-C.
    fn epoch(
        &mut self,
        session: &mut Session,
        pieces: &[&PianoRoll],
        epoch: usize,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let before = (epoch - 1) * self.steps_an_epoch();
        let schedule = self
            .config
            .schedule
            .over(self.config.epochs * self.steps_an_epoch());
        let base_rate = self.config.of(session.kind).learning_rate;
        let (mut grad_norm, mut learning_rate) = (0.0, 0.0);
        for (index, pieces) in pieces.chunks(self.config.batch_size).enumerate() {
            let step = before + index;
            learning_rate = base_rate * schedule.factor(step);
            let report = session.step(&batch(pieces)?, learning_rate)?;
            grad_norm = report.grad_norm;
            progress.step(step + 1, report.loss, session.music_steps_per_second());
            if interrupt::requested() {
                break;
            }
        }
        let measured = Measured::Train {
            train_nll: session.end_point(epoch),
            grad_norm,
            learning_rate,
        };
        self.metrics.write(&session.line(epoch, measured))
    }

    fn validate(&mut self, session: &mut Session, epoch: usize) -> Result<f64, Error> {
        let model = session.model();
        let valid_nll = self.evaluate(&model, &self.corpus.valid)?;
        session.judge(epoch, valid_nll, model);
        self.metrics
            .write(&session.line(epoch, Measured::Valid { valid_nll }))?;
        Ok(valid_nll)
    }

    /// Nats per predicted step of a part.
    fn evaluate(
        &self,
        model: &MultiLabelPredictor<AnyCell>,
        part: &[PianoRoll],
    ) -> Result<f64, Error> {
        let pieces: Vec<&PianoRoll> = part.iter().collect();
        let (mut nats, mut steps) = (0.0, 0);
        for pieces in pieces.chunks(self.config.batch_size) {
            let batch = batch(pieces)?;
            nats += model.evaluate(&batch) * batch.predicted_steps() as f64;
            steps += batch.predicted_steps();
        }
        Ok(nats / steps as f64)
    }

    /// Goes on from the beginning of the first validation piece.
    fn sample(
        &self,
        model: &MultiLabelPredictor<AnyCell>,
        seed: u64,
    ) -> Result<Vec<Vec<usize>>, Error> {
        let settings = &self.config.sample;
        let piece = self.corpus.valid[0].steps();
        let mut music = piece[..settings.given.min(piece.len())].to_vec();
        let rng = SeededRng::for_stream(seed, SAMPLE);
        let drawn = model.sample(&music, settings.temperature, rng)?;
        music.extend(drawn.take(settings.drawn));
        Ok(music)
    }
}

fn batch(pieces: &[&PianoRoll]) -> Result<MultiLabelBatch, Error> {
    let steps: Vec<&[Vec<usize>]> = pieces.iter().map(|piece| piece.steps()).collect();
    Ok(MultiLabelBatch::new(&steps, PIANO_KEYS)?)
}

/// Every order is equally likely (Fisher and Yates, 1938).
fn shuffle<T>(items: &mut [T], rng: &mut SeededRng) {
    for end in (1..items.len()).rev() {
        items.swap(end, rng.below(end + 1));
    }
}
