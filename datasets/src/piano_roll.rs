//! Music as piano rolls: which of a piano's 88 keys sound at each step.

mod locate;
mod parse;

use std::path::{Path, PathBuf};

use crate::{DatasetError, generated::generated_chorales, read_text};

/// The keys of a piano, and so the binary inputs of a step.
pub const PIANO_KEYS: usize = 88;

/// The MIDI number of a piano's lowest key, A0; the highest, C8, is 108.
pub const LOWEST_NOTE: u8 = 21;

/// The fewest steps in which there is something to predict.
const SHORTEST_PIECE: usize = 2;

/// A piece of music: for each of its `T` steps the keys that sound, of which there may be none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PianoRoll {
    /// Keys in `0..PIANO_KEYS`, rising.
    steps: Vec<Vec<usize>>,
}

impl PianoRoll {
    /// The piece with these MIDI numbers at each step, in any order. A note that stands twice in a
    /// step, as in two voices at once, sounds once.
    ///
    /// # Panics
    ///
    /// If a number is not that of a piano's key, 21 to 108.
    pub fn from_notes(steps: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let keys = |mut notes: Vec<u8>| {
            notes.sort_unstable();
            notes.dedup();
            notes
                .into_iter()
                .map(|note| key_of(u64::from(note)))
                .map(|key| key.expect("a piano's notes are 21 to 108"))
                .collect()
        };
        Self {
            steps: steps.into_iter().map(keys).collect(),
        }
    }

    /// The piece in a text such as `[[60, 64, 67], [], [62]]`: MIDI numbers at each step, in any order.
    ///
    /// `path` says in errors where the text stands.
    ///
    /// # Errors
    ///
    /// [`DatasetError::InvalidJson`], or [`DatasetError::InvalidPianoRoll`] with the step, if it is not
    /// that, or has no step.
    pub fn from_json(path: impl AsRef<Path>, text: &str) -> Result<Self, DatasetError> {
        parse::parse_piece(path.as_ref(), text)
    }

    /// For each step the keys that sound, each in `0..PIANO_KEYS`, rising. A key is its MIDI number
    /// less [`LOWEST_NOTE`].
    pub fn steps(&self) -> &[Vec<usize>] {
        &self.steps
    }

    /// `T`.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is no step at all.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Pieces in three parts, each part with at least one piece and each piece with at least two steps.
///
/// The usual one is the JSB chorales in the split of Boulanger-Lewandowski et al. (2012): 229, 76
/// and 77 of Bach's four-part chorales, a step for each quarter note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PianoRollCorpus {
    /// What the model learns from.
    pub train: Vec<PianoRoll>,
    /// What decides when to stop, and between settings.
    pub valid: Vec<PianoRoll>,
    /// What is looked at once, at the end.
    pub test: Vec<PianoRoll>,
}

impl PianoRollCorpus {
    /// Finds the file at `path`, which is one of
    ///
    /// 1. a file: that file;
    /// 2. a folder of data sets: what is in its subfolder `jsb_chorales`;
    /// 3. a folder with `jsb-chorales-quarter.json`, in which the published figures count, or with
    ///    a single `.json` file: that file.
    ///
    /// The file is not opened.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if `path` does not exist or cannot be listed,
    /// [`DatasetError::MissingFile`] if it holds none of these, [`DatasetError::Ambiguous`] if it
    /// could mean several.
    pub fn locate(path: impl AsRef<Path>) -> Result<PathBuf, DatasetError> {
        locate::locate(path.as_ref())
    }

    /// Reads a file of the form `{"train": [piece, ...], "valid": [...], "test": [...]}`, in which
    /// a piece is a list of steps and a step the list of the MIDI numbers that sound, 21 to 108,
    /// possibly none. Other names beside the three parts are left alone.
    ///
    /// # Errors
    ///
    /// Those of [`read_text`], [`DatasetError::InvalidJson`] if it is not whole JSON, and
    /// [`DatasetError::InvalidPianoRoll`], which says where it has another form.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        parse::parse(path, &read_text(path)?)
    }

    /// Chorales that the project writes itself, `train_pieces` of them to learn from and a third as
    /// many, at least one, in each of the other parts; `seed` picks them.
    ///
    /// Each is a few phrases in one of the twelve major keys: four voices over a chain of
    /// functional harmonies (tonic, subdominant, dominant), each voice going to the nearest note of
    /// the next chord, with passing notes in the melody, a cadence at the end of each phrase and a
    /// held chord behind it.
    ///
    /// The same seed gives the same pieces on every platform and in every release: changed pieces
    /// are a breaking change.
    ///
    /// # Panics
    ///
    /// If `train_pieces` is 0.
    ///
    /// ```
    /// let corpus = recurra_datasets::PianoRollCorpus::generated(1, 6);
    ///
    /// assert_eq!([corpus.train.len(), corpus.valid.len(), corpus.test.len()], [6, 2, 2]);
    /// ```
    pub fn generated(seed: u64, train_pieces: usize) -> Self {
        assert!(train_pieces > 0, "a corpus has at least one piece, got 0");
        let held_out = (train_pieces / 3).max(1);
        let mut pieces = generated_chorales(seed);
        let mut part = |count| pieces.by_ref().take(count).collect();
        Self {
            train: part(train_pieces),
            valid: part(held_out),
            test: part(held_out),
        }
    }
}

/// The key of a MIDI number; `None` off the piano.
fn key_of(note: u64) -> Option<usize> {
    let key = usize::try_from(note)
        .ok()?
        .checked_sub(usize::from(LOWEST_NOTE))?;
    (key < PIANO_KEYS).then_some(key)
}
