//! The settings of the experiment, and where they start from.

use recurra_cells::Direction;
use recurra_cells::kernel::Path;
use recurra_train::{Course, DropoutRates, Pooling};
use serde::{Deserialize, Serialize};

use crate::cells::CellChoice;
use crate::comparison::cells_config;
use crate::error::Error;
use crate::settings::{Settings, check};
use crate::training::Recipe;

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
    /// How the texts are learned.
    pub training: Recipe,
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
            training: Recipe {
                epochs: 4,
                updates: 0,
                batch_size: 64,
                validations: 4,
                learning_rate: 1e-3,
                schedule: Course::Cosine,
                max_norm: 1.0,
                dropout: DropoutRates {
                    input: 0.3,
                    output: 0.3,
                    ..DropoutRates::NONE
                },
            },
        }
    }

    /// A run of less than two minutes on two cores.
    pub fn quick() -> Self {
        let full = Self::full();
        Self {
            embedding_size: 64,
            hidden_size: 48,
            hidden_layer: 0,
            training: Recipe {
                epochs: 2,
                learning_rate: 4e-3,
                ..full.training
            },
            ..full
        }
    }
}

cells_config!(Config);

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("embedding_size", self.embedding_size),
            ("min_count", self.min_count),
            ("hidden_size", self.hidden_size),
            ("num_layers", self.num_layers),
            ("validation", self.validation),
            ("generated_texts", self.generated_texts),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let std = self.embedding_std;
        check("embedding_std", "above 0 and finite", std, positive)?;
        self.training.validate()
    }

    fn shorten(&mut self) {
        self.training.updates = 100;
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use recurra_cells::Direction;
    use recurra_train::Pooling;

    use super::*;
    use crate::cli::CellArgs;
    use crate::comparison;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: CellArgs,
    }

    fn resolved(line: &str) -> Result<Config, Error> {
        let words = std::iter::once("x").chain(line.split_whitespace());
        let args = Line::try_parse_from(words).expect(line).args;
        comparison::resolve(&args, Config::full, Config::quick)
    }

    #[test]
    fn settings_are_over_the_presets() {
        assert_eq!(resolved("").unwrap(), Config::full());
        assert_eq!(resolved("--quick").unwrap(), Config::quick());
        let line = "--cell all --set direction=forward --set pooling=attention --set training.dropout.words=0.1";
        let mut expected = Config {
            cell: CellChoice::All,
            direction: Direction::Forward,
            pooling: Pooling::Attention,
            ..Config::full()
        };
        expected.training.dropout.words = 0.1;
        assert_eq!(resolved(line).unwrap(), expected);
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        let cases = [
            ("--set direction=left", "backward"),
            ("--set pooling=sum", "attention"),
            ("--set hiden_size=3", "hidden_size"),
            (
                "--set training.batch_size=0",
                "batch_size must be at least 1",
            ),
            ("--set training.dropout.input=1.0", "input"),
            ("--set training.learning_rate=-1", "above 0 and finite"),
        ];
        for (line, expected) in cases {
            let text = resolved(line).expect_err(line).to_string();
            assert!(
                text.contains(expected) && text.lines().count() == 1,
                "{line}: {text}"
            );
        }
    }
}
