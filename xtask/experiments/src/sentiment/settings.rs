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
    use clap::Parser;
    use recurra_cells::Direction;
    use recurra_train::Pooling;

    use super::*;
    use crate::cells::CellChoice;

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
    fn settings_are_over_the_presets() {
        assert_eq!(resolved("").unwrap(), Config::full());
        assert_eq!(resolved("--quick").unwrap(), Config::quick());
        let line =
            "--cell all --set direction=forward --set pooling=attention --set dropout.words=0.1";
        let mut expected = Config {
            cell: CellChoice::All,
            direction: Direction::Forward,
            pooling: Pooling::Attention,
            ..Config::full()
        };
        expected.dropout.words = 0.1;
        assert_eq!(resolved(line).unwrap(), expected);
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        let cases = [
            ("--set direction=left", "backward"),
            ("--set pooling=sum", "attention"),
            ("--set hiden_size=3", "hidden_size"),
            ("--set batch_size=0", "batch_size must be at least 1"),
            ("--set dropout.input=1.0", "input"),
            ("--set learning_rate=-1", "above 0 and finite"),
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
