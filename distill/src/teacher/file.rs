//! A file of soft labels as a teacher.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use super::line::{self, Content, SoftLine};
use super::{Fingerprint, Fingerprinter, SoftLabels, Teacher};
use crate::Error;

/// Soft labels that were computed elsewhere, in JSON Lines:
///
/// ```text
/// {"classes": ["negative", "positive"]}
/// {"text": "a fine film", "logits": [-1.5, 2.25]}
/// {"text": "a bore", "probabilities": [0.75, 0.25]}
/// ```
///
/// The first line may be left out; the classes are then called `LABEL_0` and so on. Other fields of a line are ignored.
/// `examples/export_soft_labels.py` writes such a file from any classifier of `transformers`.
pub struct SoftLabelFile {
    path: PathBuf,
    classes: Vec<String>,
    has_names: bool,
    fingerprint: Fingerprint,
    rows: HashMap<String, Vec<f32>>,
}

impl SoftLabelFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Line`] with what is expected: a number that is not finite, probabilities that do not have
    /// a sum of 1, another number of classes than before, a missing text, a text with two different lines, no text at all.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let bytes = fs::read(&path).map_err(|cause| Error::read(&path, cause))?;
        let Content {
            header,
            lines,
            damage,
        } = line::content(&path, &bytes);
        if let Some(damage) = damage {
            return Err(damage);
        }
        let Some(first) = lines.first() else {
            return Err(Error::invalid_file(&path, "soft labels", "it has no text"));
        };
        let unnamed = (0..first.logits.len()).map(|class| format!("LABEL_{class}"));
        let has_names = header.is_some();
        let classes = header.map_or_else(|| unnamed.collect(), |header| header.classes);
        Ok(Self {
            rows: by_text(&path, lines)?,
            path,
            classes,
            has_names,
            fingerprint: Fingerprinter::default().bytes(&bytes).finish(),
        })
    }

    /// The same with names for classes that have none, or an error where the file has other names.
    ///
    /// # Errors
    /// [`Error::Classes`] for other names, or another number of them.
    pub fn with_classes(mut self, names: &[&str]) -> Result<Self, Error> {
        if !self.has_names && names.len() == self.classes.len() {
            self.classes = names.iter().map(|&name| name.to_owned()).collect();
        }
        self.check_classes(names)?;
        Ok(self)
    }

    /// How many texts it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Never: a file without a text is refused.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Teacher for SoftLabelFile {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint.clone()
    }

    /// # Errors
    /// [`Error::UnknownText`] for a text that the file does not have, letter by letter.
    fn label(&self, texts: &[&str]) -> Result<SoftLabels, Error> {
        let mut logits = Vec::with_capacity(texts.len() * self.classes.len());
        for &text in texts {
            let row = self.rows.get(text).ok_or_else(|| Error::UnknownText {
                path: self.path.clone(),
                text: text.to_owned(),
            })?;
            logits.extend(row);
        }
        SoftLabels::new(self.classes.len(), logits)
    }
}

/// The logits of each text. A text may come twice, but only with the same.
fn by_text(path: &Path, lines: Vec<SoftLine>) -> Result<HashMap<String, Vec<f32>>, Error> {
    let mut rows = HashMap::with_capacity(lines.len());
    for SoftLine { text, logits } in lines {
        match rows.entry(text) {
            Entry::Vacant(entry) => {
                entry.insert(logits);
            }
            Entry::Occupied(entry) if *entry.get() == logits => {}
            Entry::Occupied(entry) => {
                let cause = format!("{:?} has two different lines", entry.key());
                return Err(Error::invalid_file(path, "soft labels", cause));
            }
        }
    }
    Ok(rows)
}
