//! The settings of the experiment, and where they start from.

use recurra_cells::kernel::Path;
use serde::{Deserialize, Serialize};

use super::args::LongSequencesArgs;
use crate::error::Error;
use crate::settings::{self, Settings, check};

/// All settings. Each can stand in the file of `--config` and be given by `--set KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How the LSTM runs over a sequence: as one operation, or one step at a time.
    pub path: Path,
    /// `B`, at least 1.
    pub batch_size: usize,
    /// `D`, at least 1.
    pub input_size: usize,
    /// `H`, at least 1.
    pub hidden_size: usize,
    /// How many steps a window of truncated backpropagation has, at least 2.
    pub window: usize,
    /// `T` of the sequences whose passes are timed, a multiple of two windows.
    pub steps: usize,
    /// How much longer than the sequence before it each further sequence is, at least 2; memory is measured on these too.
    pub growth: usize,
    /// How many sequences, each longer than the one before, memory is measured on, at least 1.
    pub sequences: u32,
    /// How often each way is timed, at least 1, after once that does not count.
    pub rounds: usize,
    /// How much memory, in MiB, full backpropagation is let have; a sequence that would need more is left out. Above 0.
    pub memory_limit_mib: f64,
}

impl Config {
    /// Thousands of steps.
    pub fn full() -> Self {
        Self {
            path: Path::Fused,
            batch_size: 16,
            input_size: 64,
            hidden_size: 128,
            window: 64,
            steps: 4096,
            growth: 4,
            sequences: 3,
            rounds: 15,
            memory_limit_mib: 8192.0,
        }
    }

    /// A run of less than two minutes on two cores.
    pub fn quick() -> Self {
        Self {
            steps: 1024,
            rounds: 31,
            ..Self::full()
        }
    }

    /// The settings that the arguments ask for.
    pub fn resolve(args: &LongSequencesArgs) -> Result<Self, Error> {
        args.run.assert_self_contained(super::NAME)?;
        let start = match args.run.quick {
            true => Self::quick(),
            false => Self::full(),
        };
        settings::resolve(&start, &args.run, |_| {})
    }

    /// `T` of every sequence that memory is measured on, the shortest first.
    pub fn lengths(&self) -> Vec<usize> {
        (0..self.sequences)
            .map(|index| self.steps * self.growth.pow(index))
            .collect()
    }
}

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("batch_size", self.batch_size),
            ("input_size", self.input_size),
            ("hidden_size", self.hidden_size),
            ("sequences", self.sequences as usize),
            ("rounds", self.rounds),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        for (key, size) in [("window", self.window), ("growth", self.growth)] {
            check(key, "at least 2", size as f64, |size| size >= 2.0)?;
        }
        let is_whole = self.steps > 0 && self.steps.is_multiple_of(2 * self.window);
        let expected = "a multiple of two windows";
        check("steps", expected, self.steps as f64, |_| is_whole)?;
        let limit = self.memory_limit_mib;
        check("memory_limit_mib", "above 0", limit, |limit| limit > 0.0)
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
        args: LongSequencesArgs,
    }

    fn resolved(line: &str) -> Result<Config, Error> {
        let words = std::iter::once("x").chain(line.split_whitespace());
        Config::resolve(&Line::try_parse_from(words).expect(line).args)
    }

    #[test]
    fn later_sources_win_and_a_written_file_gives_the_same_settings() {
        assert_eq!(resolved("").unwrap(), Config::full());
        let config = resolved("--quick --set steps=256 --set growth=2").unwrap();
        assert_eq!(config.lengths(), [256, 512, 1024]);
        let table: Table = toml::from_str(&to_toml(&config)).unwrap();
        assert_eq!(table.try_into::<Config>().unwrap(), config);
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        for (line, expected) in [
            ("--set windows=3", "window"),
            ("--set window=1", "at least 2"),
            ("--set steps=0", "a multiple of two windows"),
            ("--set steps=192", "a multiple of two windows"),
            ("--set rounds=0", "at least 1"),
            ("--set memory_limit_mib=0", "above 0"),
            ("--data x", "without --data"),
            ("--resume x", "without --resume"),
        ] {
            let text = resolved(line).expect_err(line).to_string();
            assert!(text.contains(expected), "{line}: {text}");
            assert_eq!(text.lines().count(), 1, "{line}: {text}");
        }
    }
}
