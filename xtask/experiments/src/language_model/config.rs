//! The settings of the experiment, and where they start from.

use clap::ValueEnum;
use recurra_cells::kernel::Path;
use recurra_datasets::Unit;
use recurra_train::schedule::Exponential;
use recurra_train::{Course, OptimizerKind, Schedule};
use serde::{Deserialize, Serialize};

use crate::cells::CellChoice;
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
    /// The probability of variational dropout between and inside of the layers, in `[0, 1)`.
    pub dropout: f64,
    /// `B`, how many parts of the text are read side by side, at least 1.
    pub batch_size: usize,
    /// `T`, over how many steps gradients flow, at least 1.
    pub window: usize,
    /// How many windows to train on, at least 1.
    pub steps: usize,
    /// How many steps there are between two validations, at least 1. The last step is followed by one in any case.
    pub validate_every: usize,
    /// How many steps there are between two checkpoints, at least 1. Each validation is followed by one in any case.
    pub checkpoint_every: usize,
    /// What changes the weights.
    pub optimizer: OptimizerKind,
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

/// Where the settings start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
pub enum Preset {
    /// Characters of a text of about a megabyte.
    TinyChar,
    /// Words of the Penn Treebank: the small LSTM of Zaremba et al. (2014), trained by Adam, with variational dropout.
    PtbWord,
    /// The same network trained as they did: gradient descent over 13 epochs, no dropout.
    ZarembaSmall,
}

impl Preset {
    /// The usual one for tokens of this kind.
    pub fn for_unit(unit: Unit) -> Self {
        match unit {
            Unit::Char => Self::TinyChar,
            Unit::Word => Self::PtbWord,
        }
    }

    /// The data set that it is for, by the name of its folder.
    pub fn data_set(self) -> &'static str {
        match self {
            Self::TinyChar => "tinyshakespeare",
            Self::PtbWord | Self::ZarembaSmall => "ptb",
        }
    }

    /// Its settings.
    pub fn config(self) -> Config {
        match self {
            Self::TinyChar => tiny_char(),
            Self::PtbWord => ptb_word(),
            Self::ZarembaSmall => zaremba_small(),
        }
    }

    /// Its settings for a run of less than two minutes on two cores.
    pub fn quick(self) -> Config {
        let config = self.config();
        match self {
            Self::TinyChar => Config {
                embedding_size: 32,
                hidden_size: 128,
                steps: 250,
                validate_every: 250,
                ..config
            },
            Self::PtbWord => Config {
                embedding_size: 64,
                hidden_size: 64,
                num_layers: 1,
                dropout: 0.0,
                steps: 200,
                validate_every: 200,
                learning_rate: 1e-2,
                ..config
            },
            Self::ZarembaSmall => Config {
                steps: 400,
                validate_every: 400,
                ..config
            },
        }
    }
}

fn tiny_char() -> Config {
    Config {
        unit: Unit::Char,
        cell: CellChoice::Lstm,
        path: Path::Fused,
        embedding_size: 64,
        hidden_size: 256,
        num_layers: 1,
        dropout: 0.0,
        batch_size: 32,
        window: 64,
        steps: 2000,
        validate_every: 500,
        checkpoint_every: 500,
        optimizer: OptimizerKind::Adam,
        learning_rate: 1e-2,
        schedule: Fall::Cosine,
        epochs_held: 1,
        epoch_decay: 0.5,
        weight_range: 0.0,
        max_norm: 1.0,
        validation_fraction: 0.1,
        generated_characters: 300_000,
        sample: SampleConfig {
            tokens: 400,
            temperature: 0.8,
        },
    }
}

fn ptb_word() -> Config {
    Config {
        unit: Unit::Word,
        embedding_size: 200,
        hidden_size: 200,
        num_layers: 2,
        dropout: 0.2,
        batch_size: 20,
        window: 35,
        steps: 13_000,
        validate_every: 1300,
        learning_rate: 2e-3,
        sample: SampleConfig {
            tokens: 80,
            temperature: 0.8,
        },
        ..tiny_char()
    }
}

/// 929,589 tokens in 20 lanes are 2,324 windows of 20 steps an epoch.
fn zaremba_small() -> Config {
    const EPOCH: usize = 2324;
    Config {
        dropout: 0.0,
        window: 20,
        steps: 13 * EPOCH,
        validate_every: EPOCH,
        optimizer: OptimizerKind::Sgd,
        learning_rate: 1.0,
        schedule: Fall::Epochs,
        epochs_held: 4,
        epoch_decay: 0.5,
        weight_range: 0.1,
        max_norm: 5.0,
        ..ptb_word()
    }
}

impl Config {
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

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("embedding_size", self.embedding_size),
            ("hidden_size", self.hidden_size),
            ("num_layers", self.num_layers),
            ("batch_size", self.batch_size),
            ("window", self.window),
            ("steps", self.steps),
            ("validate_every", self.validate_every),
            ("generated_characters", self.generated_characters),
            ("epochs_held", self.epochs_held),
            ("checkpoint_every", self.checkpoint_every),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        check("max_norm", "above 0", self.max_norm, |norm| norm > 0.0)?;
        for (key, value) in [
            ("learning_rate", self.learning_rate),
            ("sample.temperature", self.sample.temperature),
        ] {
            let holds = |value: f64| value > 0.0 && value.is_finite();
            check(key, "above 0 and finite", value, holds)?;
        }
        let below_one = |value| (0.0..1.0).contains(&value);
        check("dropout", "in [0, 1)", self.dropout, below_one)?;
        let decay = |value| value > 0.0 && value <= 1.0;
        check("epoch_decay", "in (0, 1]", self.epoch_decay, decay)?;
        let range = |value: f64| value >= 0.0 && value.is_finite();
        check(
            "weight_range",
            "at least 0 and finite",
            self.weight_range,
            range,
        )?;
        let fraction = self.validation_fraction;
        let between = |value| value > 0.0 && below_one(value);
        check("validation_fraction", "in (0, 1)", fraction, between)
    }
}
