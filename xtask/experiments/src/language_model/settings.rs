//! From the command line to the settings: preset, then file, then flags, then `--set`.

use std::fs;
use std::path::Path;

use recurra_datasets::{TextSource, Unit};
use toml::{Table, Value};

use super::args::LanguageModelArgs;
use super::config::{Config, Preset};
use crate::error::Error;

/// The settings that the arguments ask for; `source` decides the unit where they do not.
pub fn resolve(args: &LanguageModelArgs, source: Option<&TextSource>) -> Result<Config, Error> {
    let mut table = to_table(&start(args, source));
    let keys = keys(&table);
    if let Some(path) = &args.run.config {
        for (key, value) in flatten(&read(path)?) {
            set(&mut table, &keys, &key, value)?;
        }
    }
    let mut config: Config = parse(table)?;
    config.cell = args.cell.unwrap_or(config.cell);
    config.unit = args.unit.map_or(config.unit, Unit::from);
    let mut table = to_table(&config);
    for setting in &args.run.settings {
        let without_value = || Error::SetWithoutValue {
            got: setting.clone(),
        };
        let (key, value) = setting.split_once('=').ok_or_else(without_value)?;
        set(&mut table, &keys, key.trim(), value_of(value.trim()))?;
    }
    let config = parse(table)?;
    config.validate()?;
    Ok(config)
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

/// The settings of a file.
fn read(path: &Path) -> Result<Table, Error> {
    let text = fs::read_to_string(path).map_err(|cause| Error::Read {
        path: path.to_owned(),
        cause,
    })?;
    toml::from_str(&text).map_err(|error| invalid(path.display().to_string(), &error))
}

/// The settings as a file for `--config`.
pub fn to_toml(config: &Config) -> String {
    toml::to_string(config).expect("settings are plain values and one table behind them")
}

fn to_table(config: &Config) -> Table {
    Table::try_from(config).expect("settings are a table")
}

fn parse(table: Table) -> Result<Config, Error> {
    table
        .try_into()
        .map_err(|error: toml::de::Error| invalid("settings".to_owned(), &error))
}

/// Puts a value in the place of the setting `key`, whose name may have dots.
fn set(table: &mut Table, valid: &[String], key: &str, value: Value) -> Result<(), Error> {
    if !valid.iter().any(|valid| valid == key) {
        return Err(Error::UnknownSetting {
            key: key.to_owned(),
            valid: valid.join(", "),
        });
    }
    let mut place = table;
    let mut names = key.split('.');
    let last = names.next_back().expect("a split has at least one part");
    for name in names {
        let inner = place.get_mut(name).and_then(Value::as_table_mut);
        place = inner.expect("the name of a setting leads through tables");
    }
    place.insert(last.to_owned(), value);
    Ok(())
}

/// Numbers and booleans as TOML has them; everything else is a string without its quotes.
fn value_of(text: &str) -> Value {
    let parsed = toml::from_str::<Table>(&format!("value = {text}")).ok();
    parsed
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The names of all settings.
fn keys(table: &Table) -> Vec<String> {
    flatten(table).into_iter().map(|(key, _)| key).collect()
}

/// Every value with its dotted name.
fn flatten(table: &Table) -> Vec<(String, Value)> {
    let entries = table.iter().flat_map(|(key, value)| match value {
        Value::Table(inner) => {
            let inner = flatten(inner).into_iter();
            inner
                .map(|(name, value)| (format!("{key}.{name}"), value))
                .collect()
        }
        _ => vec![(key.clone(), value.clone())],
    });
    entries.collect()
}

fn invalid(place: String, error: &toml::de::Error) -> Error {
    let text = error.to_string();
    Error::InvalidSettings {
        place,
        cause: text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::language_model::config::CellChoice;

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
            assert_eq!(parse(table).unwrap(), preset.quick());
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
