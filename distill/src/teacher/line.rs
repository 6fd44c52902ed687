//! The lines of a file of soft labels.
//!
//! ```text
//! {"classes": ["negative", "positive"]}                      the first line, which may be left out
//! {"text": "a fine film", "logits": [-1.5, 2.25]}            one line for a text, with logits
//! {"text": "a bore", "probabilities": [0.75, 0.25]}          or with probabilities
//! ```

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Fingerprint;
use super::soft_labels::logit;
use crate::Error;

/// How far the sum of a text's probabilities may be from 1: they may have been written with few digits.
const SUM_TOLERANCE: f64 = 1e-3;
/// How much of a line an error shows.
const SHOWN: usize = 60;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    pub classes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<Fingerprint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Fingerprint>,
}

/// A text's line, with logits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct SoftLine {
    pub text: String,
    pub logits: Vec<f32>,
}

/// What a file holds up to its end, or to the first line that is not right.
pub(super) struct Content {
    pub header: Option<Header>,
    pub lines: Vec<SoftLine>,
    pub damage: Option<Error>,
}

#[derive(Deserialize)]
struct RawLine {
    text: Option<String>,
    logits: Option<Vec<f64>>,
    probabilities: Option<Vec<f64>>,
}

/// What a line should be, and what it is.
struct Complaint(String, String);

/// The content of a file, whose lines must all have as many classes as the first.
pub(super) fn content(path: &Path, bytes: &[u8]) -> Content {
    let mut content = Content {
        header: None,
        lines: Vec::new(),
        damage: None,
    };
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        if index == 0
            && let Ok(header) = serde_json::from_slice(line)
        {
            content.header = Some(header);
            continue;
        }
        let classes = match (&content.header, content.lines.first()) {
            (Some(header), _) => Some(header.classes.len()),
            (None, first) => first.map(|first| first.logits.len()),
        };
        match parse(line, classes) {
            Ok(line) => content.lines.push(line),
            Err(Complaint(expected, got)) => {
                content.damage = Some(Error::Line {
                    path: path.to_owned(),
                    line: index + 1,
                    expected,
                    got,
                });
                break;
            }
        }
    }
    content
}

fn parse(line: &[u8], classes: Option<usize>) -> Result<SoftLine, Complaint> {
    let raw: RawLine = serde_json::from_slice(line).map_err(|cause| unreadable(line, &cause))?;
    let shown = || shown(line);
    let Some(text) = raw.text else {
        return Err(Complaint("a \"text\"".to_owned(), shown()));
    };
    let numbers = match (raw.logits, raw.probabilities) {
        (Some(logits), None) => logits,
        (None, Some(probabilities)) => {
            check_probabilities(&probabilities)?;
            probabilities.iter().map(|&p| f64::from(logit(p))).collect()
        }
        _ => {
            let expected = "either \"logits\" or \"probabilities\"".to_owned();
            return Err(Complaint(expected, shown()));
        }
    };
    let expected = classes.unwrap_or(numbers.len().max(1));
    if numbers.len() != expected {
        let expected = format!("{expected} numbers, one for each class");
        return Err(Complaint(expected, numbers.len().to_string()));
    }
    let logits: Vec<f32> = numbers.iter().map(|&number| number as f32).collect();
    match logits.iter().position(|logit| !logit.is_finite()) {
        Some(at) => Err(Complaint(
            "finite numbers".to_owned(),
            numbers[at].to_string(),
        )),
        None => Ok(SoftLine { text, logits }),
    }
}

fn check_probabilities(probabilities: &[f64]) -> Result<(), Complaint> {
    if let Some(outside) = probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        let expected = "probabilities in [0, 1]".to_owned();
        return Err(Complaint(expected, outside.to_string()));
    }
    let sum: f64 = probabilities.iter().sum();
    match (sum - 1.0).abs() <= SUM_TOLERANCE {
        true => Ok(()),
        false => {
            let expected = "probabilities with a sum of 1".to_owned();
            Err(Complaint(expected, sum.to_string()))
        }
    }
}

/// Python writes what is no number as `NaN` and `Infinity`, which JSON does not know.
fn unreadable(line: &[u8], cause: &serde_json::Error) -> Complaint {
    let rest = line
        .get(cause.column().saturating_sub(2)..)
        .unwrap_or_default();
    let rest = String::from_utf8_lossy(rest);
    let rest = rest.trim_start_matches(|c: char| !c.is_alphabetic() && c != '"');
    for word in ["NaN", "Infinity"] {
        if rest.starts_with(word) {
            return Complaint("finite numbers".to_owned(), word.to_owned());
        }
    }
    let expected = "a JSON object with a text and its logits or probabilities".to_owned();
    Complaint(expected, format!("{} ({cause})", shown(line)))
}

fn shown(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.into_owned(),
    }
}
