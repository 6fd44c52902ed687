//! What a run measures while it trains: `metrics.jsonl`, and the same as event files for TensorBoard.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use recurra_train::tensorboard::{EventWriter, remove_events};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Error;

/// A line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    seed: u64,
    cell: String,
    step: u64,
    /// Numbers and marks by name.
    #[serde(flatten)]
    values: BTreeMap<String, Value>,
}

impl Line {
    /// A line about `step` that says nothing yet.
    pub fn new(cell: &str, seed: u64, step: usize) -> Self {
        Self {
            seed,
            cell: cell.to_owned(),
            step: step as u64,
            values: BTreeMap::new(),
        }
    }

    /// With a number, or a mark, under this name. A number that is not finite becomes `null`, as JSON has no other word; others
    /// have 15 digits, because of more not every reader of JSON gives back the last bit.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = match value.into() {
            Value::Number(number) if number.is_f64() => number.as_f64().map(rounded).into(),
            value => value,
        };
        self.values.insert(name.to_owned(), value);
        self
    }

    /// What TensorBoard draws of the line: tags such as `lstm-1/valid_nats`, with the seed behind the cell.
    fn scalars(&self) -> impl Iterator<Item = (String, f64)> {
        self.values.iter().filter_map(|(name, value)| {
            let number = match value {
                Value::Bool(mark) => f64::from(u8::from(*mark)),
                value => value.as_f64()?,
            };
            Some((format!("{}-{}/{name}", self.cell, self.seed), number))
        })
    }
}

/// `metrics.jsonl`, one JSON object a line, and an event file beside it; both there as soon as something is known.
pub struct Metrics {
    path: PathBuf,
    file: File,
    events: EventWriter,
}

impl Metrics {
    /// Opens those of a run's folder. Lines stay; events are written anew from them, so that both always say the same.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("metrics.jsonl");
        let opened = File::options().create(true).append(true).open(&path);
        let file = opened.map_err(|cause| failed(&path, cause))?;
        let events = events_of(&path)?;
        Ok(Self { path, file, events })
    }

    /// How many bytes of lines there are.
    pub fn len(&self) -> Result<u64, Error> {
        let file = self.file.metadata();
        Ok(file.map_err(|cause| failed(&self.path, cause))?.len())
    }

    /// Takes back what was written after the first `len` bytes.
    pub fn truncate(&mut self, len: u64) -> Result<(), Error> {
        let shorter = len.min(self.len()?);
        let cut = self.file.set_len(shorter);
        cut.map_err(|cause| failed(&self.path, cause))?;
        self.events = events_of(&self.path)?;
        Ok(())
    }

    /// Appends a line.
    pub fn write(&mut self, line: &Line) -> Result<(), Error> {
        let json = serde_json::to_string(line).map_err(io::Error::from);
        let written = json.and_then(|json| writeln!(self.file, "{json}"));
        written.map_err(|cause| failed(&self.path, cause))?;
        append(&mut self.events, line)?;
        Ok(self.events.flush()?)
    }
}

/// A new event file with what the lines of `metrics` say, in the place of all others beside it.
fn events_of(metrics: &Path) -> Result<EventWriter, Error> {
    let read = fs::read_to_string(metrics);
    let text = read.map_err(|cause| Error::Read {
        path: metrics.to_owned(),
        cause,
    })?;
    let folder = metrics.parent().unwrap_or(Path::new(""));
    remove_events(folder)?;
    let mut events = EventWriter::begin(folder, 0)?;
    // Where a run was killed, its last line may be cut off; whoever goes on from a checkpoint takes that line back.
    let lines = text
        .lines()
        .map_while(|line| serde_json::from_str(line).ok());
    for line in lines {
        append(&mut events, &line)?;
    }
    events.flush()?;
    Ok(events)
}

/// The number with 15 digits that comes closest.
fn rounded(value: f64) -> f64 {
    format!("{value:.14e}").parse().unwrap_or(value)
}

fn append(events: &mut EventWriter, line: &Line) -> Result<(), Error> {
    for (tag, value) in line.scalars() {
        events.scalar(&tag, line.step, value)?;
    }
    Ok(())
}

fn failed(path: &Path, cause: io::Error) -> Error {
    Error::Write {
        path: path.to_owned(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The event files of a folder: their names, and their bytes but for the times in them.
    fn event_files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        entries
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().contains("tfevents"))
            .collect()
    }

    fn size(folder: &Path) -> u64 {
        let files = event_files(folder);
        assert_eq!(files.len(), 1, "{files:?}");
        fs::metadata(&files[0]).unwrap().len()
    }

    #[test]
    fn numbers_and_marks_are_scalars() {
        let line = Line::new("gru", 7, 30)
            .with("nats", 1.5)
            .with("averaged", true);
        let line = line.with("grad_norm", f64::NAN).with("skipped", 3);
        let scalars: Vec<_> = line.scalars().collect();
        let expected = [("averaged", 1.0), ("nats", 1.5), ("skipped", 3.0)];
        let expected = expected.map(|(name, value)| (format!("gru-7/{name}"), value));
        assert_eq!(scalars, expected);
        let json = serde_json::to_string(&line).unwrap();
        assert!(
            json.starts_with(r#"{"seed":7,"cell":"gru","step":30,"#),
            "{json}"
        );
        assert!(json.contains(r#""grad_norm":null"#), "{json}");
        assert_eq!(serde_json::from_str::<Line>(&json).unwrap(), line);
    }

    proptest! {
        /// The mean of two numbers of single precision often lies in the middle between two others, where the last bit of
        /// what is read decides.
        #[test]
        fn numbers_are_read_as_they_were_written(single in 1e-6f32..1e6) {
            for value in [single.into(), (f64::from(single) + f64::from(single.next_up())) / 2.0] {
                let line = Line::new("gru", 1, 1).with("nats", value);
                let json = serde_json::to_string(&line).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Line>(&json).unwrap(), &line);
                let error = line.values["nats"].as_f64().map(|it| (it - value).abs());
                prop_assert!(error.is_some_and(|error| error <= 1e-14 * value));
            }
        }
    }

    #[test]
    fn events_say_what_is_left_of_the_lines() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let line = |step| Line::new("lstm", 1, step).with("valid_nats", 0.25);
        let mut metrics = Metrics::open(folder).unwrap();
        let empty = size(folder);
        metrics.write(&line(1)).unwrap();
        let (one, one_line) = (size(folder), metrics.len().unwrap());
        assert!(one > empty);
        metrics.write(&line(2)).unwrap();
        assert!(size(folder) > one);
        metrics.truncate(one_line).unwrap();
        assert_eq!(size(folder), one);
        metrics.write(&line(2)).unwrap();
        let two = size(folder);
        // A line that a kill cut off, and then the run goes on.
        fs::write(folder.join("metrics.jsonl"), {
            let lines = fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
            format!("{lines}{{\"seed\":1,\"ce")
        })
        .unwrap();
        drop(metrics);
        Metrics::open(folder).unwrap();
        assert_eq!(size(folder), two);
    }
}
