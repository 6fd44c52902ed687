//! From the command line to the settings: preset, then file, then flags, then `--set`.

use recurra_datasets::{TextSource, Unit};

use super::args::LanguageModelArgs;
use super::config::Config;
use super::preset::Preset;
use crate::error::Error;
use crate::settings;

/// The settings that the arguments ask for; `source` decides the unit where they do not.
pub fn resolve(args: &LanguageModelArgs, source: Option<&TextSource>) -> Result<Config, Error> {
    settings::resolve(&start(args, source), &args.run, |config| {
        config.cell = args.cell.unwrap_or(config.cell);
        config.unit = args.unit.map_or(config.unit, Unit::from);
    })
}

/// The preset that is asked for, or the usual one of the unit, where no text tells it.
pub fn usual_preset(args: &LanguageModelArgs) -> Preset {
    let unit = args.unit.map_or(Unit::Char, Unit::from);
    args.preset.unwrap_or(Preset::for_unit(unit))
}

/// The preset's settings: the one asked for, or the usual one of the unit.
fn start(args: &LanguageModelArgs, source: Option<&TextSource>) -> Config {
    let of_source = || source.map(TextSource::default_unit);
    let unit = args.unit.map(Unit::from).or_else(of_source);
    let usual = Preset::for_unit(unit.unwrap_or(Unit::Char));
    let preset = args.preset.unwrap_or(usual);
    match args.run.quick {
        true => preset.quick(),
        false => preset.config(),
    }
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
        args: LanguageModelArgs,
    }

    fn resolved(line: &str) -> Result<Config, Error> {
        let line =
            Line::try_parse_from(std::iter::once("x").chain(line.split_whitespace())).expect(line);
        resolve(&line.args, None)
    }

    #[test]
    fn later_sources_win() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(
            &path,
            "cell = \"rnn\"\nwindow = 7\ndropout = 0.5\n[sample]\ntokens = 9\n",
        )
        .unwrap();
        let line = format!(
            "--config {} --cell gru --set window=8 --set dropout=0",
            path.display()
        );
        let config = resolved(&line).unwrap();
        let expected = Config {
            cell: CellChoice::Gru,
            window: 8,
            dropout: 0.0,
            ..Preset::TinyChar.config()
        };
        assert_eq!(config.sample.tokens, 9);
        assert_eq!(
            config,
            Config {
                sample: config.sample.clone(),
                ..expected
            }
        );
    }

    #[test]
    fn the_unit_chooses_the_preset() {
        assert_eq!(resolved("").unwrap(), Preset::TinyChar.config());
        assert_eq!(resolved("--unit word").unwrap(), Preset::PtbWord.config());
        assert_eq!(
            resolved("--quick --preset ptb-word").unwrap(),
            Preset::PtbWord.quick()
        );
        let mixed = resolved("--preset tiny-char --unit word").unwrap();
        assert_eq!(
            mixed,
            Config {
                unit: Unit::Word,
                ..Preset::TinyChar.config()
            }
        );
    }

    #[test]
    fn a_written_file_gives_the_same_settings() {
        for preset in [Preset::TinyChar, Preset::PtbWord, Preset::ZarembaSmall] {
            let table: Table = toml::from_str(&to_toml(&preset.quick())).unwrap();
            assert_eq!(table.try_into::<Config>().unwrap(), preset.quick());
        }
    }

    #[test]
    fn mistakes_are_named_with_what_would_be_right() {
        let cases = [
            ("--set hiden_size=3", "hidden_size"),
            ("--set sample=3", "sample.tokens"),
            ("--set window", "KEY=VALUE"),
            ("--set window=x", "expected usize"),
            ("--set cell=lsmt", "peephole"),
            ("--set dropout=1.0", "[0, 1)"),
            ("--set steps=0", "at least 1"),
            ("--set path=fast", "stepwise"),
            ("--set precision=f8", "bf16"),
            ("--set loss_scale=0", "setting loss_scale must be in"),
            ("--set weight_drop=1", "[0, 1)"),
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
