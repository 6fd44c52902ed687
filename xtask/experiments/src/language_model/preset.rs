//! Where the settings start from.

use clap::ValueEnum;
use recurra_cells::kernel::Path;
use recurra_datasets::Unit;
use recurra_train::{OptimizerKind, Precision, WindowLengths};
use serde::{Deserialize, Serialize};

use super::config::{Config, Fall, SampleConfig};
use crate::cells::CellChoice;

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
        tie_embeddings: false,
        dropout: 0.0,
        word_dropout: 0.0,
        weight_drop: 0.0,
        activation: 0.0,
        temporal_activation: 0.0,
        batch_size: 32,
        window: 64,
        window_lengths: WindowLengths::Fixed,
        accumulate: 1,
        steps: 2000,
        validate_every: 500,
        checkpoint_every: 500,
        precision: Precision::F32,
        loss_scale: 65536.0,
        optimizer: OptimizerKind::Adam,
        weight_decay: 0.0,
        averaging: 0,
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

/// 929,589 tokens in 20 lanes are 2,324 windows of 20 steps an epoch. The paper's loss is a sum over the 20 steps, where ours
/// is their mean: its learning rate of 1 is 20 here, and its norm of 5 is 0.25.
fn zaremba_small() -> Config {
    const EPOCH: usize = 2324;
    Config {
        dropout: 0.0,
        window: 20,
        steps: 13 * EPOCH,
        validate_every: EPOCH,
        optimizer: OptimizerKind::Sgd,
        learning_rate: 20.0,
        schedule: Fall::Epochs,
        epochs_held: 4,
        epoch_decay: 0.5,
        weight_range: 0.1,
        max_norm: 0.25,
        ..ptb_word()
    }
}
