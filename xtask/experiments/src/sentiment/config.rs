//! The settings of the experiment, and where they start from.

use recurra_cells::Direction;
use recurra_cells::kernel::Path;
use recurra_train::{Course, DropoutRates, Pooling};
use serde::{Deserialize, Serialize};

use crate::cells::CellChoice;
use crate::error::Error;
use crate::settings::{Settings, check};

/// All settings. Each can stand in the file of `--config` and be given by `--set KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The cell, or all four.
    pub cell: CellChoice,
    /// How the cells run over a sequence: as one operation where they can, or one step at a time.
    pub path: Path,
    /// `E`, at least 1.
    pub embedding_size: usize,
    /// The deviation of the vectors that are drawn, above 0 and finite.
    pub embedding_std: f64,
    /// A file of word vectors, as GloVe has them, that embeddings start from; they may be narrower. Empty for none.
    pub vectors: String,
    /// How often a word must stand in the texts to have a vector of its own, at least 1.
    pub min_count: usize,
    /// `H` of an LSTM in each direction, at least 1; other cells have as many parameters.
    pub hidden_size: usize,
    /// `L`, at least 1.
    pub num_layers: usize,
    /// Which way the network runs over a text.
    pub direction: Direction,
    /// How a text's outputs become one row.
    pub pooling: Pooling,
    /// The units of ReLU before the output layer; 0 for none.
    pub hidden_layer: usize,
    /// How many texts of the training part choose the model, at least 1.
    pub validation: usize,
    /// How many texts the generated corpus that stands in for `--data` has to learn from, at least 1.
    pub generated_texts: usize,
    /// How often each text is seen, at least 1.
    pub epochs: usize,
    /// `B`, at least 1.
    pub batch_size: usize,
    /// Adam's learning rate at its highest, above 0 and finite.
    pub learning_rate: f64,
    /// How it falls.
    pub schedule: Course,
    /// The global norm that gradients are clipped to, above 0; infinite for no clipping.
    pub max_norm: f64,
    /// What is dropped in training.
    pub dropout: DropoutRates,
}

impl Config {
    /// The Bi-LSTM of Tang et al. (2019) from random vectors.
    pub fn full() -> Self {
        Self {
            cell: CellChoice::Lstm,
            path: Path::Fused,
            embedding_size: 300,
            embedding_std: 0.1,
            vectors: String::new(),
            min_count: 1,
            hidden_size: 150,
            num_layers: 1,
            direction: Direction::Both,
            pooling: Pooling::Last,
            hidden_layer: 200,
            validation: 500,
            generated_texts: 4000,
            epochs: 4,
            batch_size: 64,
            learning_rate: 1e-3,
            schedule: Course::Cosine,
            max_norm: 1.0,
            dropout: DropoutRates {
                input: 0.3,
                output: 0.3,
                ..DropoutRates::NONE
            },
        }
    }

    /// A run of less than two minutes on two cores.
    pub fn quick() -> Self {
        Self {
            embedding_size: 64,
            hidden_size: 48,
            hidden_layer: 0,
            epochs: 2,
            learning_rate: 4e-3,
            ..Self::full()
        }
    }
}

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("embedding_size", self.embedding_size),
            ("min_count", self.min_count),
            ("hidden_size", self.hidden_size),
            ("num_layers", self.num_layers),
            ("validation", self.validation),
            ("generated_texts", self.generated_texts),
            ("epochs", self.epochs),
            ("batch_size", self.batch_size),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        let positive = |value: f64| value > 0.0 && value.is_finite();
        for (key, value) in [
            ("embedding_std", self.embedding_std),
            ("learning_rate", self.learning_rate),
        ] {
            check(key, "above 0 and finite", value, positive)?;
        }
        check("max_norm", "above 0", self.max_norm, |norm| norm > 0.0)?;
        Ok(self.dropout.validate()?)
    }
}
