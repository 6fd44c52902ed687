//! From the command line to an experiment's settings: its preset, then file, then flags, then `--set`.

use std::fs;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::cli::RunArgs;
use crate::devices::DeviceName;
use crate::error::Error;

/// An experiment's settings. Each can stand in the file of `--config` and be given by `--set KEY=VALUE`.
pub trait Settings: Clone + Serialize + DeserializeOwned {
    /// Says which setting is out of its range, if one is.
    fn validate(&self) -> Result<(), Error>;

    /// Makes a quick run so short that it ends within ten minutes on software Vulkan as well, whatever it then learns; by default
    /// it does already.
    fn shorten(&mut self) {}
}

/// The settings that the arguments ask for, from the preset `start` on; `flags` puts in what flags of the experiment's own
/// say.
pub fn resolve<S: Settings>(
    start: &S,
    args: &RunArgs,
    flags: impl FnOnce(&mut S),
) -> Result<S, Error> {
    let mut start = start.clone();
    if args.quick && !DeviceName::or_first(args.device).is_cpu() {
        start.shorten();
    }
    let mut table = to_table(&start);
    let keys = keys(&table);
    if let Some(path) = &args.config {
        for (key, value) in flatten(&read(path)?) {
            set(&mut table, &keys, &key, value)?;
        }
    }
    let mut settings: S = parse(table)?;
    flags(&mut settings);
    let mut table = to_table(&settings);
    for setting in &args.settings {
        let without_value = || Error::SetWithoutValue {
            got: setting.clone(),
        };
        let (key, value) = setting.split_once('=').ok_or_else(without_value)?;
        set(&mut table, &keys, key.trim(), value_of(value.trim()))?;
    }
    let settings: S = parse(table)?;
    settings.validate()?;
    Ok(settings)
}

/// The settings that [`to_toml`] wrote to a file.
pub fn resumed<S: Settings>(path: &Path) -> Result<S, Error> {
    let settings: S = parse(read(path)?)?;
    settings.validate()?;
    Ok(settings)
}

/// The settings as a file for `--config`.
pub fn to_toml<S: Serialize>(settings: &S) -> String {
    toml::to_string(settings).expect("settings are plain values and tables behind them")
}

/// A setting that is in its range where `holds`.
pub fn check(
    key: &str,
    expected: &'static str,
    value: f64,
    holds: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    if holds(value) {
        return Ok(());
    }
    Err(Error::SettingOutOfRange {
        key: key.to_owned(),
        expected,
        got: value.to_string(),
    })
}

/// The settings of a file.
fn read(path: &Path) -> Result<Table, Error> {
    let text = fs::read_to_string(path).map_err(|cause| Error::Read {
        path: path.to_owned(),
        cause,
    })?;
    toml::from_str(&text).map_err(|error| invalid(path.display().to_string(), &error))
}

fn to_table<S: Serialize>(settings: &S) -> Table {
    Table::try_from(settings).expect("settings are a table")
}

fn parse<S: DeserializeOwned>(table: Table) -> Result<S, Error> {
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
    use serde::Deserialize;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: RunArgs,
    }

    #[derive(Clone, Serialize, Deserialize)]
    struct Updates {
        updates: usize,
    }

    impl Settings for Updates {
        fn validate(&self) -> Result<(), Error> {
            check("updates", "at least 1", self.updates as f64, |it| it >= 1.0)
        }

        fn shorten(&mut self) {
            self.updates = 10;
        }
    }

    /// What comes of a preset of 100.
    fn updates(line: &str) -> usize {
        let line = Line::parse_from(line.split_whitespace());
        let start = Updates { updates: 100 };
        let settings = resolve(&start, &line.args, |_| {});
        settings.expect("they are in range").updates
    }

    #[test]
    fn a_quick_run_is_shortened_where_steps_are_computed_one_by_one_unless_it_is_told() {
        assert_eq!(updates("x --quick --device flex"), 100);
        assert_eq!(updates("x --quick --device ndarray"), 100);
        assert_eq!(updates("x --device wgpu"), 100);
        assert_eq!(updates("x --quick --device wgpu"), 10);
        assert_eq!(updates("x --quick --device wgpu --set updates=50"), 50);
    }
}
