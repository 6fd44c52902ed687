//! Training one cell, and what that comes to.

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_datasets::{PIANO_KEYS, PianoRoll, PianoRollCorpus};
use recurra_train::checkpoint::Best;
use recurra_train::{
    MultiLabelBatch, MultiLabelPredictor, MultiLabelPredictorConfig, Schedule, TrainingConfig,
};
use serde::{Deserialize, Serialize};

use super::config::Config;
use super::model::model_config;
use super::results::Outcome;
use crate::cells::CellKind;
use crate::error::Error;
use crate::training::streams::{READING, SAMPLE};
use crate::training::{Measures, Plan, Reading, Task, Trainer};

/// Trains a cell under a seed, tests it and draws from it.
pub fn train(
    config: &Config,
    corpus: &PianoRollCorpus,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Outcome, Error> {
    let task = CellTask::new(config, corpus, cell);
    let (model, trained) = trainer.train(&task, seed)?;
    Ok(Outcome {
        test_nll: task.evaluate(&model, &corpus.test)?,
        sample: task.sample(&model, seed)?,
        model_config: task.model_config,
        model,
        trained,
    })
}

/// The training of one cell.
struct CellTask<'a> {
    config: &'a Config,
    corpus: &'a PianoRollCorpus,
    cell: CellKind,
    model_config: MultiLabelPredictorConfig<AnyCellConfig>,
    /// Of the learning rate.
    schedule: Schedule,
}

/// How far the pieces have been read.
#[derive(Serialize, Deserialize)]
struct Place {
    /// The order of this epoch.
    order: Vec<usize>,
    /// How many pieces of it have been read.
    read: usize,
    /// Draws the orders.
    rng: SeededRng,
}

impl<'a> CellTask<'a> {
    fn new(config: &'a Config, corpus: &'a PianoRollCorpus, cell: CellKind) -> Self {
        let steps = config.epochs * epoch(config, corpus);
        Self {
            config,
            corpus,
            cell,
            model_config: model_config(config, cell),
            schedule: config.schedule.over(steps),
        }
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

impl Task for CellTask<'_> {
    type Model = MultiLabelPredictor<AnyCell>;
    type Place = Place;

    const MEASURES: Measures = Measures {
        train: "train_nll",
        valid: "valid_nll",
        unit: "nats per step",
        best: Best::Lowest,
        rate: "music_steps_per_second",
        counted: "steps of music",
    };

    fn cell(&self) -> CellKind {
        self.cell
    }

    fn plan(&self) -> Plan {
        let epoch = epoch(self.config, self.corpus);
        let validate_every = self.config.validate_every * epoch;
        Plan {
            steps: self.config.epochs * epoch,
            validate_every,
            checkpoint_every: validate_every,
            point_every: epoch,
            epoch: Some(epoch),
        }
    }

    fn training(&self) -> TrainingConfig {
        TrainingConfig {
            max_norm: self.config.max_norm,
            regularization: self.config.of(self.cell).dropout().into(),
            ..TrainingConfig::default()
        }
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> MultiLabelPredictor<AnyCell> {
        self.model_config.init(device, rng)
    }

    fn begin(&self, seed: u64) -> Place {
        let mut rng = SeededRng::for_stream(seed, READING);
        let mut order: Vec<usize> = (0..self.corpus.train.len()).collect();
        rng.shuffle(&mut order);
        Place {
            order,
            read: 0,
            rng,
        }
    }

    /// The next pieces, whole. Each epoch has an order of its own.
    fn next(&self, place: &mut Place) -> Result<Reading<MultiLabelBatch>, Error> {
        if place.read == place.order.len() {
            place.rng.shuffle(&mut place.order);
            place.read = 0;
        }
        let rest = &place.order[place.read..];
        let next = &rest[..rest.len().min(self.config.batch_size)];
        place.read += next.len();
        let pieces: Vec<&PianoRoll> = next.iter().map(|&it| &self.corpus.train[it]).collect();
        Ok(Reading {
            windows: vec![batch(&pieces)?],
            begins: true,
        })
    }

    fn learning_rate(&self, updates: usize, _: &[MultiLabelBatch]) -> f64 {
        self.config.of(self.cell).learning_rate * self.schedule.factor(updates)
    }

    fn validate(&self, model: &MultiLabelPredictor<AnyCell>) -> Result<f64, Error> {
        self.evaluate(model, &self.corpus.valid)
    }
}

/// The steps of a pass over the pieces.
fn epoch(config: &Config, corpus: &PianoRollCorpus) -> usize {
    corpus.train.len().div_ceil(config.batch_size)
}

fn batch(pieces: &[&PianoRoll]) -> Result<MultiLabelBatch, Error> {
    let steps: Vec<&[Vec<usize>]> = pieces.iter().map(|piece| piece.steps()).collect();
    Ok(MultiLabelBatch::new(&steps, PIANO_KEYS)?)
}
