//! Training one cell, and what that comes to.

use std::cell::RefCell;

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_datasets::batches::{BatchCursor, EpochBatches, PaddedBatch, PaddedBatches};
use recurra_datasets::labelled::LabelledText;
use recurra_train::checkpoint::Best;
use recurra_train::{
    ClassifierBatch, Schedule, SequenceClassifier, SequenceClassifierConfig, TrainingConfig,
};
use serde::{Deserialize, Serialize};

use super::config::Config;
use super::data::Data;
use super::model::model_config;
use super::results::{Confusion, Outcome};
use crate::cells::CellKind;
use crate::error::Error;
use crate::texts::{Model, logits, token_rows};
use crate::training::{Measures, Plan, Reading, Task, Trainer};

/// How many points the curve of the training loss has in an epoch, at most.
const CURVE_POINTS: usize = 20;
/// How often a model is validated in an epoch, at most.
const VALIDATIONS: usize = 4;

/// Trains a cell under a seed and tests it.
pub fn train(
    config: &Config,
    data: &Data,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Outcome, Error> {
    let rows = data.reader.rows(texts(&data.train))?;
    let task = CellTask::new(config, data, &rows, cell)?;
    let (classifier, trained) = trainer.train(&task, seed)?;
    let test = task.decisions(&classifier, &data.test)?;
    Ok(Outcome {
        confusion: Confusion::new(data.classes.len(), &data.test, &test),
        model: Model {
            config: task.model_config,
            classifier,
            reader: data.reader.without_vectors(),
            classes: data.classes.clone(),
        },
        trained,
    })
}

/// The training of one cell.
struct CellTask<'a> {
    config: &'a Config,
    data: &'a Data,
    cell: CellKind,
    model_config: SequenceClassifierConfig<AnyCellConfig>,
    batches: PaddedBatches<'a>,
    /// Of the learning rate.
    schedule: Schedule,
    /// The epoch that is being read: to draw its order takes longer than to read a batch.
    epoch: RefCell<Option<EpochBatches<'a>>>,
}

/// How far the texts have been read.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Place {
    /// Draws the order of each epoch.
    seed: u64,
    cursor: BatchCursor,
}

impl<'a> CellTask<'a> {
    fn new(
        config: &'a Config,
        data: &'a Data,
        rows: &'a [Vec<u32>],
        cell: CellKind,
    ) -> Result<Self, Error> {
        let batches = PaddedBatches::new(rows, 0, config.batch_size)?;
        let sizes = (data.reader.vocabulary.len(), data.classes.len());
        Ok(Self {
            config,
            data,
            cell,
            model_config: model_config(config, cell, sizes),
            schedule: config.schedule.over(config.epochs * batches.len()),
            batches,
            epoch: RefCell::new(None),
        })
    }

    /// The class of each text.
    fn decisions(
        &self,
        model: &SequenceClassifier<AnyCell>,
        part: &[LabelledText],
    ) -> Result<Vec<usize>, Error> {
        let rows = self.data.reader.rows(texts(part))?;
        Ok(logits(model, &rows)?.decisions())
    }

    /// The next batch behind the place, which then is behind that.
    fn batch(&self, place: &mut Place) -> PaddedBatch {
        if place.cursor.position() == self.batches.len() {
            place.cursor = place.cursor.next_epoch();
        }
        let mut epoch = self.epoch.borrow_mut();
        let reading = match epoch.as_mut() {
            Some(reading) if reading.cursor() == place.cursor => reading,
            _ => epoch.insert(self.batches.epoch(place.seed, place.cursor)),
        };
        let batch = reading.next().expect("an epoch has as many batches");
        place.cursor = reading.cursor();
        batch
    }
}

impl Task for CellTask<'_> {
    type Model = SequenceClassifier<AnyCell>;
    type Place = Place;

    const MEASURES: Measures = Measures {
        train: "train_loss",
        valid: "valid_accuracy",
        unit: "% right",
        best: Best::Highest,
        rate: "texts_per_second",
        counted: "texts",
    };

    fn cell(&self) -> CellKind {
        self.cell
    }

    fn plan(&self) -> Plan {
        let epoch = self.batches.len();
        let validate_every = epoch.div_ceil(VALIDATIONS);
        Plan {
            steps: self.config.epochs * epoch,
            validate_every,
            checkpoint_every: validate_every,
            point_every: epoch.div_ceil(CURVE_POINTS),
            epoch: Some(epoch),
        }
    }

    fn training(&self) -> TrainingConfig {
        TrainingConfig {
            max_norm: self.config.max_norm,
            regularization: self.config.dropout.into(),
            ..TrainingConfig::default()
        }
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> SequenceClassifier<AnyCell> {
        let mut model = self.model_config.init(device, rng);
        let reader = &self.data.reader;
        reader.begin(&mut model.embedding, self.config.embedding_std);
        model
    }

    fn begin(&self, seed: u64) -> Place {
        Place {
            seed,
            cursor: BatchCursor::default(),
        }
    }

    /// The next texts. Each epoch has an order of its own.
    fn next(&self, place: &mut Place) -> Result<Reading<ClassifierBatch>, Error> {
        let batch = self.batch(place);
        let label = |&row: &usize| self.data.train[row].label;
        let labels = batch.rows.iter().map(label).collect();
        Ok(Reading {
            windows: vec![ClassifierBatch::new(token_rows(&batch)?, labels)],
            begins: true,
        })
    }

    fn learning_rate(&self, updates: usize, _: &[ClassifierBatch]) -> f64 {
        self.config.learning_rate * self.schedule.factor(updates)
    }

    fn validate(&self, model: &SequenceClassifier<AnyCell>) -> Result<f64, Error> {
        let part = &self.data.valid;
        let decisions = self.decisions(model, part)?;
        Ok(Confusion::new(self.data.classes.len(), part, &decisions).accuracy())
    }
}

fn texts(part: &[LabelledText]) -> impl Iterator<Item = &str> {
    part.iter().map(|it| it.text.as_str())
}
