//! Training one cell, and what that comes to.

use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, Lengths, RecurrentConfig, SeededRng};
use recurra_train::checkpoint::Best;
use recurra_train::{SeriesBatch, SeriesClassifier, SeriesClassifierConfig};

use super::config::Config;
use super::data::{CLASSES, Data, Parts, Sequences};
use super::results::Outcome;
use super::stretch::stretched;
use crate::cells::{CellKind, GateBiases};
use crate::confusion::Confusion;
use crate::error::Error;
use crate::interrupt;
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
    let first = CellKind::chosen(config.cell)[0];
    let perceptron = match config.perceptron && cell == first {
        false => None,
        true => Some(judged_perceptron(config, data, seed, trainer)?),
    };
    let (mut learned, mut trainings) = (None, Vec::new());
    let smaller = data.smaller.iter().zip(config.smaller());
    let smaller = smaller.map(|(parts, recipe)| (parts.variant(), parts, recipe));
    let last = (String::new(), &data.lesson, config.training.clone());
    for (variant, parts, recipe) in smaller.chain([last]) {
        let images = Images {
            variant,
            begin: learned.take().map(|it| stretch(config, it)),
            ..Images::steps(parts, model_config(config, cell, parts))
        };
        let (model, trained) = trainer.train(&Epochs::new(images, cell, &recipe), seed)?;
        learned = Some(model);
        trainings.push(trained);
        // What is unfinished is nothing to begin with: a run that goes on would not know.
        if interrupt::requested() {
            break;
        }
    }
    let (model, trained) = (learned.zip(trainings.pop())).expect("a training at least");
    let images = Images::steps(&data.lesson, model_config(config, cell, &data.lesson));
    Ok(Outcome {
        confusion: images.judge(&model, &data.test),
        model_config: images.model,
        model,
        trained,
        smaller: trainings,
        perceptron,
    })
}

/// Trains a perceptron and tests it: its parameters, and its accuracy in percent.
fn judged_perceptron(
    config: &Config,
    data: &Data,
    seed: u64,
    trainer: &mut Trainer<'_>,
) -> Result<(usize, f64), Error> {
    let images = Images::whole(&data.lesson, perceptron(config, data));
    let task = Epochs::new(images, CellKind::Rnn, &config.training);
    let (model, trained) = trainer.train(&task, seed)?;
    let confusion = task.lesson.judge(&model, &data.test);
    Ok((trained.parameters, confusion.accuracy()))
}

/// The model of `kind` whose number of parameters comes closest to the settings'.
fn model_config(
    config: &Config,
    kind: CellKind,
    parts: &Parts,
) -> SeriesClassifierConfig<AnyCellConfig> {
    let [steps, width] = parts.train.shape;
    let parameters = |hidden| {
        let further = (config.num_layers - 1) * kind.parameters(hidden, hidden);
        kind.parameters(width, hidden) + further + (hidden + 1) * CLASSES
    };
    let hidden = CellKind::closest_hidden_size(config.parameters, parameters);
    let cell = config.gate_biases.of(kind.config(hidden), steps);
    let network = RecurrentConfig::new(cell).with_num_layers(config.num_layers);
    SeriesClassifierConfig::new(width, network, CLASSES)
}

/// What has learned images of one size, for those of the next, which have four times the steps.
fn stretch(config: &Config, model: SeriesClassifier<AnyCell>) -> SeriesClassifier<AnyCell> {
    match config.gate_biases {
        GateBiases::Usual => model,
        GateBiases::Chrono => stretched(model, 4.0),
    }
}

/// A plain cell that makes one step over the whole image is a perceptron with one hidden layer.
fn perceptron(config: &Config, data: &Data) -> SeriesClassifierConfig<AnyCellConfig> {
    let [steps, width] = data.lesson.train.shape;
    let parameters =
        |hidden| CellKind::Rnn.parameters(steps * width, hidden) + (hidden + 1) * CLASSES;
    let hidden = CellKind::closest_hidden_size(config.parameters, parameters);
    let network = RecurrentConfig::new(CellKind::Rnn.config(hidden));
    SeriesClassifierConfig::new(steps * width, network, CLASSES)
}

/// The images of the training part.
struct Images<'a> {
    parts: &'a Parts,
    /// `T` and `D` of what the model reads.
    shape: [usize; 2],
    variant: String,
    model: SeriesClassifierConfig<AnyCellConfig>,
    /// What training begins with, if not with weights that are drawn.
    begin: Option<SeriesClassifier<AnyCell>>,
}

impl<'a> Images<'a> {
    /// Read in the steps that they have.
    fn steps(parts: &'a Parts, model: SeriesClassifierConfig<AnyCellConfig>) -> Self {
        Self {
            parts,
            shape: parts.train.shape,
            variant: String::new(),
            model,
            begin: None,
        }
    }

    /// Read in one step.
    fn whole(parts: &'a Parts, model: SeriesClassifierConfig<AnyCellConfig>) -> Self {
        let [steps, width] = parts.train.shape;
        Self {
            shape: [1, steps * width],
            variant: "perceptron".to_owned(),
            ..Self::steps(parts, model)
        }
    }

    fn of(&self, part: &Sequences, places: &[usize]) -> SeriesBatch {
        let [steps, width] = self.shape;
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
        &self.variant
    }

    fn lengths(&self) -> Vec<usize> {
        vec![self.shape[0]; self.parts.train.labels.len()]
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> SeriesClassifier<AnyCell> {
        match &self.begin {
            None => self.model.init(device, rng),
            Some(model) => model.clone(),
        }
    }

    fn batch(&self, rows: &[usize]) -> Result<SeriesBatch, Error> {
        Ok(self.of(&self.parts.train, rows))
    }

    fn validate(&self, model: &SeriesClassifier<AnyCell>) -> Result<f64, Error> {
        Ok(self.judge(model, &self.parts.valid).accuracy())
    }
}
