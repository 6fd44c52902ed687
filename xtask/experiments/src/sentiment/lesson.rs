//! Training one cell, and what that comes to.

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_datasets::labelled::LabelledText;
use recurra_train::checkpoint::Best;
use recurra_train::{ClassifierBatch, SequenceClassifier, SequenceClassifierConfig, TokenRows};

use super::config::Config;
use super::data::Data;
use super::model::model_config;
use super::results::Outcome;
use crate::cells::CellKind;
use crate::confusion::Confusion;
use crate::error::Error;
use crate::texts::{Model, logits};
use crate::training::{Epochs, Lesson, Measures, Trainer};

/// Trains a cell under a seed and tests it.
pub fn train(
    config: &Config,
    data: &Data,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Outcome, Error> {
    let sizes = (data.reader.vocabulary.len(), data.classes.len());
    let model = model_config(config, cell, sizes);
    train_model((config, model), data, (cell, seed), trainer)
}

/// Trains this model under a seed and tests it.
pub fn train_model(
    (config, model): (&Config, SequenceClassifierConfig<AnyCellConfig>),
    data: &Data,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Outcome, Error> {
    let texts = Texts {
        config,
        data,
        rows: data.rows(&data.train)?,
        model,
    };
    let task = Epochs::new(texts, cell, &config.training);
    let (classifier, trained) = trainer.train(&task, seed)?;
    let texts = task.lesson;
    Ok(Outcome {
        confusion: texts.judge(&classifier, &data.test)?,
        model: Model {
            config: texts.model,
            classifier,
            reader: data.reader.without_vectors(),
            classes: data.classes.clone(),
        },
        trained,
    })
}

/// The texts of the training part, to be told what they are for.
struct Texts<'a> {
    config: &'a Config,
    data: &'a Data,
    /// As the network reads them.
    rows: Vec<Vec<u32>>,
    model: SequenceClassifierConfig<AnyCellConfig>,
}

impl Texts<'_> {
    fn judge(
        &self,
        model: &SequenceClassifier<AnyCell>,
        part: &[LabelledText],
    ) -> Result<Confusion, Error> {
        let decisions = logits(model, &self.data.rows(part)?)?.decisions();
        let labels = part.iter().map(|it| it.label);
        Ok(Confusion::new(
            self.data.classes.len(),
            labels.zip(decisions),
        ))
    }
}

impl Lesson for Texts<'_> {
    type Model = SequenceClassifier<AnyCell>;

    const MEASURES: Measures = Measures {
        train: "train_loss",
        valid: "valid_accuracy",
        unit: "% right",
        best: Best::Highest,
        rate: "texts_per_second",
        counted: "texts",
    };

    fn lengths(&self) -> Vec<usize> {
        self.rows.iter().map(Vec::len).collect()
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> SequenceClassifier<AnyCell> {
        let mut model = self.model.init(device, rng);
        let reader = &self.data.reader;
        reader.begin(&mut model.embedding, self.config.embedding_std);
        model
    }

    fn batch(&self, rows: &[usize]) -> Result<ClassifierBatch, Error> {
        let texts: Vec<&[u32]> = rows.iter().map(|&row| self.rows[row].as_slice()).collect();
        let labels = rows.iter().map(|&row| self.data.train[row].label);
        Ok(ClassifierBatch::new(
            // Any token does: padding is never read.
            TokenRows::padded(&texts, 0),
            labels.collect(),
        ))
    }

    fn validate(&self, model: &SequenceClassifier<AnyCell>) -> Result<f64, Error> {
        Ok(self.judge(model, &self.data.valid)?.accuracy())
    }
}
