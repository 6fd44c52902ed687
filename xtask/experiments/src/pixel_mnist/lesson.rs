//! Training one cell, and what that comes to.

use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, Lengths, RecurrentConfig, SeededRng};
use recurra_train::checkpoint::Best;
use recurra_train::{SeriesBatch, SeriesClassifier, SeriesClassifierConfig};

use super::config::Config;
use super::data::{CLASSES, Data, Sequences};
use super::results::Outcome;
use crate::cells::CellKind;
use crate::confusion::Confusion;
use crate::error::Error;
use crate::training::{Epochs, Lesson, Measures, Trainer};

/// How many images are read at a time where nothing is learned.
const READ: usize = 256;

/// Trains a cell under a seed and tests it; beside the first of several cells also a perceptron.
pub fn train(
    config: &Config,
    data: &Data,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Outcome, Error> {
    let images = |reads, model| Images { data, reads, model };
    let first = CellKind::chosen(config.cell)[0];
    let perceptron = match config.perceptron && cell == first {
        false => None,
        true => {
            let images = images(Reads::Whole, perceptron(config, data));
            let task = Epochs::new(images, CellKind::Rnn, &config.training);
            let (model, trained) = trainer.train(&task, seed)?;
            let confusion = task.lesson.judge(&model, &data.test);
            Some((trained.parameters, confusion.accuracy()))
        }
    };
    let images = images(Reads::Steps, model_config(config, cell, data));
    let task = Epochs::new(images, cell, &config.training);
    let (model, trained) = trainer.train(&task, seed)?;
    Ok(Outcome {
        confusion: task.lesson.judge(&model, &data.test),
        model_config: task.lesson.model,
        model,
        trained,
        perceptron,
    })
}

/// The model of `kind` whose number of parameters comes closest to the settings'.
fn model_config(
    config: &Config,
    kind: CellKind,
    data: &Data,
) -> SeriesClassifierConfig<AnyCellConfig> {
    let [steps, width] = data.train.shape;
    let parameters = |hidden| {
        let further = (config.num_layers - 1) * kind.parameters(hidden, hidden);
        kind.parameters(width, hidden) + further + (hidden + 1) * CLASSES
    };
    let hidden = CellKind::closest_hidden_size(config.parameters, parameters);
    let cell = config.gate_biases.of(kind.config(hidden), steps);
    let network = RecurrentConfig::new(cell).with_num_layers(config.num_layers);
    SeriesClassifierConfig::new(width, network, CLASSES)
}

/// A plain cell that makes one step over the whole image is a perceptron with one hidden layer.
fn perceptron(config: &Config, data: &Data) -> SeriesClassifierConfig<AnyCellConfig> {
    let [steps, width] = data.train.shape;
    let parameters =
        |hidden| CellKind::Rnn.parameters(steps * width, hidden) + (hidden + 1) * CLASSES;
    let hidden = CellKind::closest_hidden_size(config.parameters, parameters);
    let network = RecurrentConfig::new(CellKind::Rnn.config(hidden));
    SeriesClassifierConfig::new(steps * width, network, CLASSES)
}

/// How much of an image a step reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    Steps,
    Whole,
}

/// The images of the training part.
struct Images<'a> {
    data: &'a Data,
    reads: Reads,
    model: SeriesClassifierConfig<AnyCellConfig>,
}

impl Images<'_> {
    fn of(&self, part: &Sequences, places: &[usize]) -> SeriesBatch {
        let [steps, width] = match self.reads {
            Reads::Steps => part.shape,
            Reads::Whole => [1, part.shape[0] * part.shape[1]],
        };
        let values = places.iter().flat_map(|&place| part.row(place));
        let labels = places.iter().map(|&place| part.labels[place]);
        let lengths = vec![steps; places.len()];
        let lengths = Lengths::new(lengths, steps).expect("all rows are full");
        SeriesBatch::new(values.copied().collect(), width, lengths, labels.collect())
    }

    fn judge(&self, model: &SeriesClassifier<AnyCell>, part: &Sequences) -> Confusion {
        let model = model.valid();
        let places: Vec<usize> = (0..part.labels.len()).collect();
        let decisions = places.chunks(READ).flat_map(|places| {
            let batch = self.of(part, places);
            let values = batch.values(&model.device());
            let logits = model.forward(values, batch.lengths().clone());
            let decided = logits.argmax(1).into_data();
            decided
                .iter::<i64>()
                .map(|it| it as usize)
                .collect::<Vec<_>>()
        });
        Confusion::new(CLASSES, part.labels.iter().copied().zip(decisions))
    }
}

impl Lesson for Images<'_> {
    type Model = SeriesClassifier<AnyCell>;

    const MEASURES: Measures = Measures {
        train: "train_loss",
        valid: "valid_accuracy",
        unit: "% right",
        best: Best::Highest,
        rate: "images_per_second",
        counted: "images",
    };

    fn variant(&self) -> &str {
        match self.reads {
            Reads::Steps => "",
            Reads::Whole => "perceptron",
        }
    }

    fn lengths(&self) -> Vec<usize> {
        vec![self.data.train.shape[0]; self.data.train.labels.len()]
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> SeriesClassifier<AnyCell> {
        self.model.init(device, rng)
    }

    fn batch(&self, rows: &[usize]) -> Result<SeriesBatch, Error> {
        Ok(self.of(&self.data.train, rows))
    }

    fn validate(&self, model: &SeriesClassifier<AnyCell>) -> Result<f64, Error> {
        Ok(self.judge(model, &self.data.valid).accuracy())
    }
}
