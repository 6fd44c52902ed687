//! The settings of the experiment, and where they start from.

use recurra_cells::kernel::Path;
use recurra_datasets::Unit;
use recurra_train::schedule::Exponential;
use recurra_train::{
    Course, DropoutRates, LossScalerConfig, OptimizerKind, Precision, Regularization, Schedule,
    TrainingConfig, WindowLengths,
};
use serde::{Deserialize, Serialize};

use crate::cells::CellChoice;
use crate::comparison::cells_config;
use crate::error::Error;
use crate::settings::{Settings, check};

/// All settings. Each can stand in the file of `--config` and be given by `--set KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What a token is.
    pub unit: Unit,
    /// The cell, or all four, with hidden sizes that give each as many parameters as the LSTM has.
    pub cell: CellChoice,
    /// How the cells run over a sequence: as one operation where they can, or one step at a time.
    pub path: Path,
    /// `E`, at least 1.
    pub embedding_size: usize,
    /// `H`, at least 1; with all cells, the LSTM's.
    pub hidden_size: usize,
    /// `L`, at least 1.
    pub num_layers: usize,
    /// Whether the output layer's weight is the embedding's, which then must be as wide: `E = H`.
    pub tie_embeddings: bool,
    /// The probability of variational dropout between and inside of the layers, in `[0, 1)`.
    pub dropout: f64,
    /// The probability that a word of the vocabulary is dropped from a window, in `[0, 1)`.
    pub word_dropout: f64,
    /// The probability that a recurrent weight is dropped from a window, in `[0, 1)`.
    pub weight_drop: f64,
    /// The factor of activation regularisation, at least 0 and finite.
    pub activation: f64,
    /// The factor of temporal activation regularisation, at least 0 and finite.
    pub temporal_activation: f64,
    /// `B`, how many parts of the text are read side by side, at least 1.
    pub batch_size: usize,
    /// `T`, over how many steps gradients flow, at least 1.
    pub window: usize,
    /// Whether every window has that length, or a random one around it, by which the learning rate is scaled.
    pub window_lengths: WindowLengths,
    /// How many windows the gradient of a step is a mean over, at least 1.
    pub accumulate: usize,
    /// How many steps to train, at least 1.
    pub steps: usize,
    /// How many steps there are between two validations, at least 1. The last step is followed by one in any case.
    pub validate_every: usize,
    /// How many steps there are between two checkpoints, at least 1. Each validation is followed by one in any case.
    pub checkpoint_every: usize,
    /// The number type that passes are computed in; weights are `f32` in any case.
    pub precision: Precision,
    /// With `precision = "f16"`: what losses are multiplied by at first, in `[2^-126, 2^126]`.
    pub loss_scale: f64,
    /// What changes the weights.
    pub optimizer: OptimizerKind,
    /// Which share of a weight a step at learning rate 1 takes off it, at least 0 and finite.
    pub weight_decay: f64,
    /// After how many validations without progress the weights are averaged (NT-ASGD); 0 for never.
    pub averaging: usize,
    /// The learning rate at its highest, above 0 and finite.
    pub learning_rate: f64,
    /// How the learning rate falls.
    pub schedule: Fall,
    /// With `schedule = "epochs"`: how many passes over the text have the highest rate, at least 1.
    pub epochs_held: usize,
    /// With `schedule = "epochs"`: what the rate is multiplied by at the start of every later pass, in `(0, 1]`.
    pub epoch_decay: f64,
    /// Draws every weight from this range around 0 at the start; 0 leaves each layer its own. At least 0 and finite.
    pub weight_range: f64,
    /// The global norm that gradients are clipped to, above 0; infinite for no clipping.
    pub max_norm: f64,
    /// The share of a plain text, from its end, that is for validation, in `(0, 1)`.
    pub validation_fraction: f64,
    /// How long the generated text is that stands in for `--data`, in characters.
    pub generated_characters: usize,
    /// The text that is drawn from the trained model.
    pub sample: SampleConfig,
}

/// The settings of the text that is drawn from the trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleConfig {
    /// How many tokens.
    pub tokens: usize,
    /// Divides the logits, above 0: 1 is the model's own distribution, less is more careful.
    pub temperature: f64,
}

/// How the learning rate falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fall {
    Constant,
    Linear,
    Cosine,
    /// Once a pass over the text, after `epochs_held` of them.
    Epochs,
}

impl Config {
    /// What the training of a model is told.
    pub fn training(&self) -> TrainingConfig {
        TrainingConfig {
            optimizer: self.optimizer,
            weight_decay: self.weight_decay,
            max_norm: self.max_norm,
            regularization: Regularization {
                dropout: DropoutRates {
                    words: self.word_dropout,
                    recurrent_weights: self.weight_drop,
                    ..DropoutRates::uniform(self.dropout)
                },
                activation: self.activation,
                temporal_activation: self.temporal_activation,
            },
            averaging: (self.averaging > 0).then_some(self.averaging),
            precision: self.precision,
            loss_scaler: self.loss_scaler(),
            ..TrainingConfig::default()
        }
    }

    fn loss_scaler(&self) -> LossScalerConfig {
        LossScalerConfig {
            initial_scale: self.loss_scale,
            ..LossScalerConfig::default()
        }
    }

    /// The learning rate's course, where a pass over the text has `epoch` windows.
    pub fn schedule(&self, epoch: usize) -> Schedule {
        match self.schedule {
            Fall::Constant => Course::Constant.over(self.steps),
            Fall::Linear => Course::Linear.over(self.steps),
            Fall::Cosine => Course::Cosine.over(self.steps),
            Fall::Epochs => Schedule::Exponential(Exponential::delayed(
                self.epoch_decay,
                self.epochs_held * epoch,
                epoch,
            )),
        }
    }
}

cells_config!(Config);

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        self.validate_sizes()?;
        let is_scale = |_| self.loss_scaler().validate().is_ok();
        check(
            "loss_scale",
            "in [2^-126, 2^126]",
            self.loss_scale,
            is_scale,
        )?;
        check("max_norm", "above 0", self.max_norm, |norm| norm > 0.0)?;
        for (key, value) in [
            ("learning_rate", self.learning_rate),
            ("sample.temperature", self.sample.temperature),
        ] {
            let holds = |value: f64| value > 0.0 && value.is_finite();
            check(key, "above 0 and finite", value, holds)?;
        }
        for (key, value) in [
            ("weight_range", self.weight_range),
            ("weight_decay", self.weight_decay),
            ("activation", self.activation),
            ("temporal_activation", self.temporal_activation),
        ] {
            let holds = |value: f64| value >= 0.0 && value.is_finite();
            check(key, "at least 0 and finite", value, holds)?;
        }
        self.validate_shares()
    }

    fn shorten(&mut self) {
        self.steps = 60;
    }
}

impl Config {
    fn validate_sizes(&self) -> Result<(), Error> {
        for (key, size) in [
            ("embedding_size", self.embedding_size),
            ("hidden_size", self.hidden_size),
            ("num_layers", self.num_layers),
            ("batch_size", self.batch_size),
            ("window", self.window),
            ("accumulate", self.accumulate),
            ("steps", self.steps),
            ("validate_every", self.validate_every),
            ("generated_characters", self.generated_characters),
            ("epochs_held", self.epochs_held),
            ("checkpoint_every", self.checkpoint_every),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        Ok(())
    }

    fn validate_shares(&self) -> Result<(), Error> {
        let below_one = |value| (0.0..1.0).contains(&value);
        for (key, value) in [
            ("dropout", self.dropout),
            ("word_dropout", self.word_dropout),
            ("weight_drop", self.weight_drop),
        ] {
            check(key, "in [0, 1)", value, below_one)?;
        }
        let decay = |value| value > 0.0 && value <= 1.0;
        check("epoch_decay", "in (0, 1]", self.epoch_decay, decay)?;
        let between = |value| value > 0.0 && below_one(value);
        let fraction = self.validation_fraction;
        check("validation_fraction", "in (0, 1)", fraction, between)
    }
}
