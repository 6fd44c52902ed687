//! The settings of the experiment, and where they start from.

use recurra_cells::kernel::Path;
use serde::{Deserialize, Serialize};

use super::args::VanishingGradientsArgs;
use crate::cells::{CellChoice, GateBiases};
use crate::error::Error;
use crate::settings::{self, Settings, check};

/// All settings. Each can stand in the file of `--config` and be given by `--set KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The cell, or all four.
    pub cell: CellChoice,
    /// How the cells run over a sequence in training: as one operation where they can, or one step at a time.
    pub path: Path,
    /// `T`, how many tokens a sequence has, at least 3: the first is to be recalled after the last.
    pub steps: usize,
    /// How many tokens there are to recall, at least 2.
    pub symbols: u32,
    /// How many tokens of noise there are, at least 1.
    pub noise: u32,
    /// `E`, at least 1.
    pub embedding_size: usize,
    /// `H` of every cell, at least 1.
    pub hidden_size: usize,
    /// Where the gates that keep the memory start.
    pub gate_biases: GateBiases,
    /// `B`, how many sequences a step of training sees, at least 1.
    pub batch_size: usize,
    /// How many steps of training there are, at least 1.
    pub updates: usize,
    /// Adam's learning rate, above 0 and finite.
    pub learning_rate: f64,
    /// The global norm that gradients are clipped to, above 0; infinite for no clipping.
    pub max_norm: f64,
    /// How many sequences gradients are measured on, at least 1.
    pub measured_sequences: usize,
    /// How many sequences a trained model is tested on, at least 1.
    pub test_sequences: usize,
}

impl Config {
    /// A distance at which a cell without gates has long forgotten.
    pub fn full() -> Self {
        Self {
            cell: CellChoice::All,
            path: Path::Fused,
            steps: 100,
            symbols: 8,
            noise: 8,
            embedding_size: 16,
            hidden_size: 64,
            gate_biases: GateBiases::Chrono,
            batch_size: 32,
            updates: 3000,
            learning_rate: 2e-3,
            max_norm: 1.0,
            measured_sequences: 64,
            test_sequences: 1024,
        }
    }

    /// A run of less than two minutes on two cores.
    pub fn quick() -> Self {
        Self {
            steps: 50,
            updates: 1000,
            ..Self::full()
        }
    }

    /// The settings that the arguments ask for.
    pub fn resolve(args: &VanishingGradientsArgs) -> Result<Self, Error> {
        args.run.assert_self_contained(super::NAME)?;
        let start = match args.run.quick {
            true => Self::quick(),
            false => Self::full(),
        };
        settings::resolve(&start, &args.run, |config| {
            config.cell = args.cell.unwrap_or(config.cell);
        })
    }
}

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("noise", self.noise as usize),
            ("embedding_size", self.embedding_size),
            ("hidden_size", self.hidden_size),
            ("batch_size", self.batch_size),
            ("updates", self.updates),
            ("measured_sequences", self.measured_sequences),
            ("test_sequences", self.test_sequences),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        check("steps", "at least 3", self.steps as f64, |it| it >= 3.0)?;
        let symbols = f64::from(self.symbols);
        check("symbols", "at least 2", symbols, |it| it >= 2.0)?;
        check("max_norm", "above 0", self.max_norm, |norm| norm > 0.0)?;
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let rate = self.learning_rate;
        check("learning_rate", "above 0 and finite", rate, positive)
    }

    fn shorten(&mut self) {
        self.updates = 30;
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use toml::Table;

    use super::*;
    use crate::settings::to_toml;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: VanishingGradientsArgs,
    }

    fn resolved(line: &str) -> Result<Config, Error> {
        let words = std::iter::once("x").chain(line.split_whitespace());
        Config::resolve(&Line::try_parse_from(words).expect(line).args)
    }

    #[test]
    fn later_sources_win_and_a_written_file_gives_the_same_settings() {
        assert_eq!(resolved("").unwrap(), Config::full());
        assert_eq!(resolved("--quick").unwrap(), Config::quick());
        let config = resolved("--cell gru --set cell=lstm --set gate_biases=usual").unwrap();
        let expected = Config {
            cell: CellChoice::Lstm,
            gate_biases: GateBiases::Usual,
            ..Config::full()
        };
        assert_eq!(config, expected);
        let table: Table = toml::from_str(&to_toml(&config)).unwrap();
        assert_eq!(table.try_into::<Config>().unwrap(), config);
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        for (line, expected) in [
            ("--set updaets=3", "updates"),
            ("--set steps=2", "at least 3"),
            ("--set symbols=1", "at least 2"),
            ("--set noise=0", "at least 1"),
            ("--set learning_rate=0", "above 0"),
            ("--set max_norm=nan", "above 0"),
            ("--set gate_biases=wide", "chrono"),
            ("--data x", "without --data"),
            ("--resume x", "without --resume"),
        ] {
            let text = resolved(line).expect_err(line).to_string();
            assert!(text.contains(expected), "{line}: {text}");
            assert_eq!(text.lines().count(), 1, "{line}: {text}");
        }
    }
}
