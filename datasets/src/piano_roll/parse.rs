//! From JSON to pieces, with the place of whatever is wrong.

use std::path::Path;

use serde_json::{Map, Value};

use super::{PianoRoll, PianoRollCorpus, SHORTEST_PIECE, key_of};
use crate::DatasetError;

/// How many characters of a wrong value an error shows.
const SHOWN_CHARACTERS: usize = 40;

/// What is wrong at a place.
struct Mistake {
    place: String,
    expected: &'static str,
    got: String,
}

impl Mistake {
    fn new(place: impl Into<String>, expected: &'static str, got: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            expected,
            got: got.into(),
        }
    }
}

/// The corpus in the text of the file `path`.
pub(super) fn parse(path: &Path, text: &str) -> Result<PianoRollCorpus, DatasetError> {
    read(path, text, corpus)
}

/// The piece in a text that stands at `path`, of at least one step.
pub(super) fn parse_piece(path: &Path, text: &str) -> Result<PianoRoll, DatasetError> {
    read(path, text, |value| {
        let piece = steps(value, "piece")?;
        match piece.is_empty() {
            true => Err(Mistake::new("piece", "at least 1 step", "0")),
            false => Ok(piece),
        }
    })
}

fn read<T>(
    path: &Path,
    text: &str,
    parse: impl Fn(&Value) -> Result<T, Mistake>,
) -> Result<T, DatasetError> {
    let value = serde_json::from_str(text).map_err(|cause| DatasetError::InvalidJson {
        path: path.to_owned(),
        cause,
    })?;
    parse(&value).map_err(|mistake| DatasetError::InvalidPianoRoll {
        path: path.to_owned(),
        place: mistake.place,
        expected: mistake.expected,
        got: mistake.got,
    })
}

fn corpus(value: &Value) -> Result<PianoRollCorpus, Mistake> {
    let Value::Object(parts) = value else {
        let expected = "an object with the parts train, valid and test";
        return Err(Mistake::new("whole file", expected, shown(value)));
    };
    Ok(PianoRollCorpus {
        train: part(parts, "train")?,
        valid: part(parts, "valid")?,
        test: part(parts, "test")?,
    })
}

fn part(parts: &Map<String, Value>, name: &str) -> Result<Vec<PianoRoll>, Mistake> {
    let place = format!("part {name}");
    let Some(value) = parts.get(name) else {
        // As JSON has them: a name may hold the end of a line.
        let names: Vec<&String> = parts.keys().collect();
        let names = shortened(&format!("{names:?}"));
        let got = format!("nothing of this name among {names}");
        return Err(Mistake::new(place, "a list of pieces", got));
    };
    let pieces = list(value, &place, "a list of pieces")?;
    if pieces.is_empty() {
        return Err(Mistake::new(place, "at least 1 piece", "0"));
    }
    let numbered = pieces.iter().enumerate();
    numbered
        .map(|(index, value)| piece(value, &format!("{place}, piece {index}")))
        .collect()
}

/// A piece of a corpus, in which there is something to predict.
fn piece(value: &Value, place: &str) -> Result<PianoRoll, Mistake> {
    let piece = steps(value, place)?;
    match piece.len() < SHORTEST_PIECE {
        true => Err(Mistake::new(
            place,
            "at least 2 steps",
            piece.len().to_string(),
        )),
        false => Ok(piece),
    }
}

fn steps(value: &Value, place: &str) -> Result<PianoRoll, Mistake> {
    let steps = list(value, place, "a list of steps")?;
    let numbered = steps.iter().enumerate();
    let steps: Result<_, _> = numbered
        .map(|(index, value)| step(value, &format!("{place}, step {index}")))
        .collect();
    Ok(PianoRoll { steps: steps? })
}

/// The keys of a step, rising, each once.
fn step(value: &Value, place: &str) -> Result<Vec<usize>, Mistake> {
    let notes = list(value, place, "a list of MIDI numbers")?;
    let mut keys = Vec::with_capacity(notes.len());
    for note in notes {
        let key = note.as_u64().and_then(key_of);
        let expected = "MIDI numbers from 21 to 108";
        keys.push(key.ok_or_else(|| Mistake::new(place, expected, shown(note)))?);
    }
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

fn list<'a>(value: &'a Value, place: &str, expected: &'static str) -> Result<&'a [Value], Mistake> {
    match value {
        Value::Array(values) => Ok(values),
        other => Err(Mistake::new(place, expected, shown(other))),
    }
}

/// A value as the file has it, on one line.
fn shown(value: &Value) -> String {
    shortened(&value.to_string())
}

fn shortened(text: &str) -> String {
    let mut characters = text.chars();
    let beginning: String = characters.by_ref().take(SHOWN_CHARACTERS).collect();
    match characters.next() {
        Some(_) => beginning + "...",
        None => beginning,
    }
}
