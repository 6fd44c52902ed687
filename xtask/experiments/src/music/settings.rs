//! From the command line to the settings.

use super::config::Config;
use crate::cli::CellArgs;
use crate::error::Error;
use crate::settings;

/// The settings that the arguments ask for.
pub fn resolve(args: &CellArgs) -> Result<Config, Error> {
    let start = match args.run.quick {
        true => Config::quick(),
        false => Config::full(),
    };
    settings::resolve(&start, &args.run, |config| {
        config.cell = args.cell.unwrap_or(config.cell);
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;
    use toml::Table;

    use super::*;
    use crate::cells::CellChoice;
    use crate::settings::to_toml;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: CellArgs,
    }

    fn resolved(line: &str) -> Result<Config, Error> {
        let words = std::iter::once("x").chain(line.split_whitespace());
        resolve(&Line::try_parse_from(words).expect(line).args)
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
