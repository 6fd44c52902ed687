//! Recordings of speech: WAV files, spoken digits, digits strung together, and what a network reads of them.

mod log_mel;
mod name;
mod strings;
mod wav;

use std::{fs, ops::Range, path::Path};

use crate::{DatasetError, generated::generated_digits};
pub use log_mel::LogMel;
pub use strings::SpokenString;
pub use wav::Recording;

/// One digit, spoken once.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenDigit {
    /// What is said, in `0..10`.
    pub digit: u8,
    /// Who says it.
    pub speaker: String,
    /// Which of the speaker's recordings of this digit it is, counted from 0.
    pub index: u32,
    /// The recording, `[T]`, in [-1, 1].
    pub samples: Vec<f32>,
}

/// Recordings of single digits by several speakers.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenDigits {
    /// The samples of a second, the same in all recordings.
    pub sample_rate: u32,
    /// The recordings by digit, speaker and index.
    pub utterances: Vec<SpokenDigit>,
}

/// Recordings to learn from, and others that are kept from it. Either may be none at all.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitParts {
    /// What the model learns from.
    pub train: SpokenDigits,
    /// What decides when to stop, or is looked at once, at the end.
    pub held_out: SpokenDigits,
}

impl SpokenDigits {
    /// Reads the WAV files in a folder, or in its subfolder `recordings` if it has one, each named
    /// `{digit}_{speaker}_{index}.wav` as those of the Free Spoken Digit Dataset are. Files with
    /// another ending are passed over.
    ///
    /// # Errors
    ///
    /// [`DatasetError::MissingFile`] if there is no WAV file; [`DatasetError::InvalidContent`] for a
    /// name of another form and a recording of another rate than the first one; those of
    /// [`Recording::read`].
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let folder = folder.as_ref();
        let own = Some(folder.join("recordings")).filter(|own| own.is_dir());
        let folder = own.unwrap_or_else(|| folder.to_owned());
        let mut names = Vec::new();
        for file in wav_files(&folder)? {
            names.push(name::parsed(&folder.join(&file), &file)?);
        }
        names.sort_unstable();
        let mut digits = Self {
            sample_rate: 0,
            utterances: Vec::with_capacity(names.len()),
        };
        for name in &names {
            let path = folder.join(name.to_string());
            let recording = Recording::read(&path)?;
            if digits.utterances.is_empty() {
                digits.sample_rate = recording.sample_rate;
            }
            if recording.sample_rate != digits.sample_rate {
                let expected =
                    format!("{} samples a second as in {}", digits.sample_rate, names[0]);
                let got = recording.sample_rate.to_string();
                return Err(DatasetError::content(&path, "header", expected, got));
            }
            digits.utterances.push(SpokenDigit {
                digit: name.digit,
                speaker: name.speaker.clone(),
                index: name.index,
                samples: recording.samples,
            });
        }
        Ok(digits)
    }

    /// Recordings that the project makes itself, at 8 kHz: `per_digit` of each digit by each of four
    /// speakers, indices from 0 on; `seed` picks them.
    ///
    /// A digit is a sequence of two or three sounds with two resonances each, which glide; a speaker
    /// has a pitch, a tempo and a size of the mouth, which scales the resonances. Pitch, tempo,
    /// resonances and loudness vary from recording to recording, and there is some noise. A
    /// recording lasts 0.2 to 0.7 seconds. Each is drawn on its own: those of a larger `per_digit`
    /// contain those of a smaller one.
    ///
    /// The same seed gives the same recordings on every platform and in every release: changed
    /// recordings are a breaking change.
    ///
    /// ```
    /// use recurra_datasets::speech::SpokenDigits;
    ///
    /// let digits = SpokenDigits::generated(1, 7);
    /// assert_eq!((digits.sample_rate, digits.utterances.len()), (8000, 10 * 4 * 7));
    ///
    /// let parts = digits.official_split();
    /// assert_eq!(parts.held_out.utterances.len(), 10 * 4 * 5);
    /// ```
    pub fn generated(seed: u64, per_digit: u32) -> Self {
        generated_digits(seed, per_digit)
    }

    /// All speakers, sorted.
    pub fn speakers(&self) -> Vec<&str> {
        let speakers = self.utterances.iter();
        let mut speakers: Vec<&str> = speakers.map(|one| one.speaker.as_str()).collect();
        speakers.sort_unstable();
        speakers.dedup();
        speakers
    }

    /// The split that the Free Spoken Digit Dataset is published with: recordings 0 to 4 of each
    /// digit by each speaker are held out for the test, so that every speaker is in both parts.
    pub fn official_split(self) -> DigitParts {
        self.split_by_index(0..5)
    }

    /// Holds out the recordings with these indices.
    pub fn split_by_index(self, held_out: Range<u32>) -> DigitParts {
        self.split_by(|one| held_out.contains(&one.index))
    }

    /// Holds out all recordings of one speaker, whom the model then never hears in training.
    ///
    /// # Errors
    ///
    /// [`DatasetError::UnknownSpeaker`] if there is none.
    pub fn split_by_speaker(self, held_out: &str) -> Result<DigitParts, DatasetError> {
        let speakers = self.speakers();
        if !speakers.contains(&held_out) {
            return Err(DatasetError::UnknownSpeaker {
                speaker: held_out.to_owned(),
                speakers: speakers.into_iter().map(str::to_owned).collect(),
            });
        }
        Ok(self.split_by(|one| one.speaker == held_out))
    }

    fn split_by(self, is_held_out: impl Fn(&SpokenDigit) -> bool) -> DigitParts {
        let (held_out, train) = self.utterances.into_iter().partition(is_held_out);
        let part = |utterances| Self {
            sample_rate: self.sample_rate,
            utterances,
        };
        DigitParts {
            train: part(train),
            held_out: part(held_out),
        }
    }
}

/// The names of the folder's WAV files, sorted; an error if there is none.
fn wav_files(folder: &Path) -> Result<Vec<String>, DatasetError> {
    let unreadable = DatasetError::read(folder);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(&unreadable)? {
        let path = entry.map_err(&unreadable)?.path();
        let ending = path.extension().unwrap_or_default();
        if ending.eq_ignore_ascii_case("wav") {
            let name = path.file_name().unwrap_or_default();
            names.push(name.to_string_lossy().into_owned());
        }
    }
    if names.is_empty() {
        return Err(DatasetError::MissingFile {
            folder: folder.to_owned(),
            expected: format!("recordings named {}", name::FORM),
            found: Vec::new(),
        });
    }
    names.sort();
    Ok(names)
}
