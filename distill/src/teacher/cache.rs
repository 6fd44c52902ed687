//! Soft labels that are computed once.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use recurra_cells::interop::write_atomically;

use super::line::{self, Header, SoftLine};
use super::{Fingerprint, Fingerprinter, SoftLabels, Teacher};
use crate::Error;

/// How many texts are computed between two writings, unless told otherwise.
const SAVE_EVERY: usize = 4096;

/// What is to become of a cache that is of another teacher or of other texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// It is left as it is, and an error says what is different.
    Refuse,
    /// It is replaced by soft labels that are computed anew.
    Recompute,
}

/// A file of the soft labels that a teacher has for texts.
///
/// It is a [`SoftLabelFile`](super::SoftLabelFile) whose first line has the fingerprints of teacher and texts, so that what
/// was computed before is either used as it is, or completed, or known to be of something else. It is written beside its
/// place, synchronised with the disk and renamed after every few thousand texts: wherever a run is killed, a whole file is
/// there. At most one program may write to a file at a time.
#[derive(Clone, Debug)]
pub struct SoftLabelCache {
    path: PathBuf,
    stale: Stale,
    save_every: usize,
}

/// Soft labels, and where they are from.
#[derive(Clone, Debug)]
pub struct Cached {
    /// Those of each text, in the order of the texts.
    pub labels: SoftLabels,
    /// How they came about.
    pub origin: Origin,
}

/// How soft labels came about. As text it is the message for whoever waits for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// All were in the file.
    Complete,
    /// There was no file.
    Computed,
    /// The file had only these many of the texts, because a run was stopped or the file was damaged.
    Resumed {
        /// How many it had.
        found: usize,
        /// What was wrong with the line after those, if the file did not end there.
        damage: Option<String>,
    },
    /// The file was of something else.
    Recomputed {
        /// Of what.
        reason: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => write!(formatter, "all soft labels were in the cache"),
            Self::Computed => write!(formatter, "soft labels computed: there was no cache"),
            Self::Resumed {
                found,
                damage: None,
            } => {
                write!(formatter, "soft labels resumed after {found} in the cache")
            }
            Self::Resumed {
                found,
                damage: Some(damage),
            } => write!(
                formatter,
                "soft labels resumed after {found} in the cache, which was damaged: {damage}"
            ),
            Self::Recomputed { reason } => {
                write!(
                    formatter,
                    "soft labels computed anew: the cache was {reason}"
                )
            }
        }
    }
}

/// What a file had, and how that is told.
type Known = (HashMap<String, Vec<f32>>, Origin);

impl SoftLabelCache {
    /// The cache in this file, which is made with the first texts.
    pub fn new(path: impl Into<PathBuf>, stale: Stale) -> Self {
        Self {
            path: path.into(),
            stale,
            save_every: SAVE_EVERY,
        }
    }

    /// How many texts are computed between two writings, at least 1. Default: 4096.
    ///
    /// # Panics
    /// If it is 0.
    #[must_use]
    pub fn with_save_every(mut self, texts: usize) -> Self {
        assert!(
            texts > 0,
            "texts between two writings must be at least 1, got 0"
        );
        self.save_every = texts;
        self
    }

    /// The soft labels of the texts: those of the file, and for the others the teacher's, longest texts first. `progress` is
    /// told after each writing how many of how many different texts there are.
    ///
    /// # Errors
    /// [`Error::StaleCache`] if the file is stale and to be refused, [`Error::Read`] and [`Error::Write`] if it cannot be
    /// read or written, and whatever the teacher reports. What was computed before the error is in the file.
    pub fn label<S: AsRef<str>>(
        &self,
        teacher: &dyn Teacher,
        texts: &[S],
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Cached, Error> {
        let cached = self.label_while(teacher, texts, |done, all| {
            progress(done, all);
            true
        })?;
        Ok(cached.expect("nothing stops it"))
    }

    /// As [`label`](Self::label), for as long as `goes_on` answers with true; `None` if it does not and texts are left, which a
    /// later call computes.
    ///
    /// # Errors
    /// The same.
    pub fn label_while<S: AsRef<str>>(
        &self,
        teacher: &dyn Teacher,
        texts: &[S],
        mut goes_on: impl FnMut(usize, usize) -> bool,
    ) -> Result<Option<Cached>, Error> {
        let header = Header {
            classes: teacher.classes().to_vec(),
            teacher: Some(teacher.fingerprint()),
            data: Some(fingerprint_of(texts)),
        };
        let (mut known, origin) = self.open(&header)?;
        let order = distinct(texts);
        let missing = longest_first(&order, &known);
        for chunk in missing.chunks(self.save_every) {
            let labels = teacher.label(chunk)?;
            let rows = chunk.iter().zip(labels.rows());
            known.extend(rows.map(|(&text, row)| (text.to_owned(), row.to_vec())));
            self.save(&header, &order, &known)?;
            if !goes_on(known.len(), order.len()) && known.len() < order.len() {
                return Ok(None);
            }
        }
        let logits = texts.iter().flat_map(|text| known[text.as_ref()].clone());
        let labels = SoftLabels::new(header.classes.len(), logits.collect())?;
        let origin = match origin {
            Origin::Resumed { damage: None, .. } if missing.is_empty() => Origin::Complete,
            other => other,
        };
        Ok(Some(Cached { labels, origin }))
    }

    fn open(&self, header: &Header) -> Result<Known, Error> {
        remove_leftovers(&self.path)?;
        if !self.path.exists() {
            return Ok((HashMap::new(), Origin::Computed));
        }
        let bytes = fs::read(&self.path).map_err(|cause| Error::read(&self.path, cause))?;
        let content = line::content(&self.path, &bytes);
        if let Some(reason) = staleness(content.header.as_ref(), header) {
            return match self.stale {
                Stale::Recompute => Ok((HashMap::new(), Origin::Recomputed { reason })),
                Stale::Refuse => Err(Error::StaleCache {
                    path: self.path.clone(),
                    reason,
                }),
            };
        }
        let lines = content.lines.into_iter();
        let known: HashMap<_, _> = lines.map(|line| (line.text, line.logits)).collect();
        let origin = Origin::Resumed {
            found: known.len(),
            damage: content.damage.map(|damage| damage.to_string()),
        };
        Ok((known, origin))
    }

    /// Writes what is known, in the order of the texts.
    fn save(
        &self,
        header: &Header,
        order: &[&str],
        known: &HashMap<String, Vec<f32>>,
    ) -> Result<(), Error> {
        let mut bytes = json(header);
        let there = order.iter().filter_map(|&text| known.get_key_value(text));
        for (text, logits) in there {
            let line = SoftLine {
                text: text.clone(),
                logits: logits.clone(),
            };
            bytes.extend(json(&line));
        }
        write_atomically(&self.path, &bytes).map_err(|cause| Error::write(&self.path, cause))
    }
}

/// What a file is of, if not of this.
fn staleness(found: Option<&Header>, expected: &Header) -> Option<String> {
    let Some(found) = found else {
        return Some("no cache of soft labels".to_owned());
    };
    let parts = [
        (found.teacher != expected.teacher, "of another teacher"),
        (found.data != expected.data, "of other texts"),
        (found.classes != expected.classes, "of other classes"),
    ];
    let differs = parts.into_iter().find(|(differs, _)| *differs);
    differs.map(|(_, reason)| reason.to_owned())
}

/// The different texts, in the order in which they first come.
fn distinct<S: AsRef<str>>(texts: &[S]) -> Vec<&str> {
    let mut seen = HashSet::new();
    let texts = texts.iter().map(AsRef::as_ref);
    texts.filter(|text| seen.insert(*text)).collect()
}

/// The texts that are not known, so that texts of a length are computed together.
fn longest_first<'a>(texts: &[&'a str], known: &HashMap<String, Vec<f32>>) -> Vec<&'a str> {
    let mut missing: Vec<&str> = texts.to_vec();
    missing.retain(|text| !known.contains_key(*text));
    missing.sort_by_key(|text| Reverse(text.len()));
    missing
}

fn fingerprint_of<S: AsRef<str>>(texts: &[S]) -> Fingerprint {
    let texts = texts.iter().map(AsRef::as_ref);
    texts
        .fold(Fingerprinter::default(), Fingerprinter::text)
        .finish()
}

fn json(line: &impl serde::Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(line).expect("texts and finite numbers serialise");
    bytes.push(b'\n');
    bytes
}

/// Removes what a run that was killed while it wrote has left beside the file.
fn remove_leftovers(path: &Path) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let entries = fs::read_dir(folder).map_err(|cause| Error::read(folder, cause))?;
    for entry in entries {
        let entry = entry.map_err(|cause| Error::read(folder, cause))?;
        let other = entry.file_name().to_string_lossy().into_owned();
        if other.starts_with(&format!(".{name}.")) && other.ends_with(".part") {
            let leftover = entry.path();
            fs::remove_file(&leftover).map_err(|cause| Error::write(&leftover, cause))?;
        }
    }
    Ok(())
}
