//! The settings of the experiment, and where they start from.

use recurra_cells::kernel::Path;
use recurra_train::{Course, DropoutRates};
use serde::{Deserialize, Serialize};

use super::model;
use crate::cells::{CellChoice, CellKind};
use crate::comparison::cells_config;
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
    /// How many parameters a model has, with the hidden size that comes closest; as many as a hidden size of 1 takes, or
    /// more.
    pub parameters: usize,
    /// `L`, at least 1.
    pub num_layers: usize,
    /// `B`, how many whole pieces a step of training sees, at least 1.
    pub batch_size: usize,
    /// How often each piece is seen, at least 1.
    pub epochs: usize,
    /// How many epochs there are between two validations, at least 1. The last one is followed by one in any case.
    pub validate_every: usize,
    /// How the learning rate falls.
    pub schedule: Course,
    /// The global norm that gradients are clipped to, above 0; infinite for no clipping.
    pub max_norm: f64,
    /// How many pieces the generated corpus that stands in for `--data` has to learn from, at least 1.
    pub generated_pieces: usize,
    /// What suits the plain cell.
    pub rnn: CellSettings,
    /// What suits the LSTM.
    pub lstm: CellSettings,
    /// What suits the peephole LSTM.
    pub peephole: CellSettings,
    /// What suits the GRU.
    pub gru: CellSettings,
    /// The music that is drawn from the trained model.
    pub sample: SampleConfig,
}

/// The settings of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellSettings {
    /// Adam's learning rate at its highest, above 0 and finite.
    pub learning_rate: f64,
    /// The probability that a key of the piano is dropped from what the network reads in a batch, in `[0, 1)`.
    pub dropout_input: f64,
    /// The probability that a hidden unit is dropped from what the recurrent weights see, in `[0, 1)`.
    pub dropout_recurrent: f64,
    /// The probability that a hidden unit is dropped from what further layers and the output layer read, in `[0, 1)`.
    pub dropout_output: f64,
}

/// The settings of the music that is drawn from the trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleConfig {
    /// How many steps of a validation piece are given, at least 1; at most those that it has.
    pub given: usize,
    /// How many steps are drawn.
    pub drawn: usize,
    /// Divides the logits, above 0: 1 is the model's own distribution, less is more careful.
    pub temperature: f64,
}

impl CellSettings {
    /// The dropout of a batch.
    pub fn dropout(&self) -> DropoutRates {
        DropoutRates {
            input: self.dropout_input,
            between: self.dropout_output,
            recurrent: self.dropout_recurrent,
            output: self.dropout_output,
            ..DropoutRates::NONE
        }
    }
}

impl Config {
    /// Models of about 300,000 parameters, as in Bai et al. (2018), with what served each cell best in validation on the
    /// JSB chorales.
    pub fn full() -> Self {
        let lstm = CellSettings {
            learning_rate: 1.6e-2,
            dropout_input: 0.1,
            dropout_recurrent: 0.5,
            dropout_output: 0.5,
        };
        Self {
            cell: CellChoice::Lstm,
            path: Path::Fused,
            parameters: 300_000,
            num_layers: 1,
            batch_size: 8,
            epochs: 150,
            validate_every: 2,
            schedule: Course::Cosine,
            max_norm: 1.0,
            generated_pieces: 200,
            rnn: CellSettings {
                learning_rate: 1e-3,
                dropout_recurrent: 0.2,
                dropout_output: 0.3,
                ..lstm
            },
            lstm,
            peephole: lstm,
            gru: CellSettings {
                learning_rate: 8e-3,
                dropout_output: 0.3,
                ..lstm
            },
            sample: SampleConfig {
                given: 16,
                drawn: 64,
                temperature: 0.8,
            },
        }
    }

    /// A run of less than two minutes on two cores.
    pub fn quick() -> Self {
        Self {
            parameters: 100_000,
            epochs: 30,
            ..Self::full()
        }
    }

    /// The settings of this cell.
    pub fn of(&self, kind: CellKind) -> &CellSettings {
        match kind {
            CellKind::Rnn => &self.rnn,
            CellKind::Lstm => &self.lstm,
            CellKind::Peephole => &self.peephole,
            CellKind::Gru => &self.gru,
        }
    }
}

impl CellSettings {
    /// Says which setting of the cell `name` is out of its range, if one is.
    fn validate(&self, name: &str) -> Result<(), Error> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let key = format!("{name}.learning_rate");
        check(&key, "above 0 and finite", self.learning_rate, positive)?;
        let below_one = |value| (0.0..1.0).contains(&value);
        for (field, probability) in [
            ("dropout_input", self.dropout_input),
            ("dropout_recurrent", self.dropout_recurrent),
            ("dropout_output", self.dropout_output),
        ] {
            check(
                &format!("{name}.{field}"),
                "in [0, 1)",
                probability,
                below_one,
            )?;
        }
        Ok(())
    }
}

cells_config!(Config);

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("num_layers", self.num_layers),
            ("batch_size", self.batch_size),
            ("epochs", self.epochs),
            ("validate_every", self.validate_every),
            ("generated_pieces", self.generated_pieces),
            ("sample.given", self.sample.given),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        check("max_norm", "above 0", self.max_norm, |norm| norm > 0.0)?;
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let temperature = self.sample.temperature;
        check(
            "sample.temperature",
            "above 0 and finite",
            temperature,
            positive,
        )?;
        for kind in CellKind::chosen(CellChoice::All) {
            self.of(kind).validate(kind.name())?;
        }
        let least = model::least_parameters(self) as f64;
        let expected = "at least those of one hidden unit";
        check("parameters", expected, self.parameters as f64, |it| {
            it >= least
        })
    }

    fn shorten(&mut self) {
        self.epochs = 10;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;
    use toml::Table;

    use super::*;
    use crate::cli::CellArgs;
    use crate::comparison;
    use crate::settings::to_toml;

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
    fn later_sources_win() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let text = "cell = \"rnn\"\nepochs = 7\nbatch_size = 3\n[lstm]\ndropout_input = 0.5\n";
        fs::write(&path, text).unwrap();
        let line = format!("--config {} --cell gru --set epochs=8", path.display());
        let config = resolved(&line).unwrap();
        let mut expected = Config {
            cell: CellChoice::Gru,
            epochs: 8,
            batch_size: 3,
            ..Config::full()
        };
        expected.lstm.dropout_input = 0.5;
        assert_eq!(config, expected);
    }

    #[test]
    fn quick_is_smaller() {
        assert_eq!(resolved("").unwrap(), Config::full());
        assert_eq!(resolved("--quick").unwrap(), Config::quick());
        assert!(Config::quick().epochs < Config::full().epochs);
    }

    #[test]
    fn a_written_file_gives_the_same_settings() {
        for config in [Config::full(), Config::quick()] {
            let table: Table = toml::from_str(&to_toml(&config)).unwrap();
            assert_eq!(table.try_into::<Config>().unwrap(), config);
        }
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        let cases = [
            ("--set parametres=3", "parameters"),
            ("--set rnn=3", "rnn.learning_rate"),
            ("--set epochs", "KEY=VALUE"),
            ("--set epochs=x", "expected usize"),
            ("--set cell=lsmt", "peephole"),
            (
                "--set gru.dropout_output=1.0",
                "gru.dropout_output must be in [0, 1)",
            ),
            (
                "--set peephole.learning_rate=0",
                "peephole.learning_rate must be above 0",
            ),
            ("--set epochs=0", "at least 1"),
            ("--set generated_pieces=0", "at least 1"),
            ("--set parameters=100", "parameters must be at least"),
            ("--set max_norm=nan", "above 0"),
            ("--set path=fast", "stepwise"),
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
