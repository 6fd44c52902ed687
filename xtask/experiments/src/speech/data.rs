//! The recordings: spoken digits from disk, or sounds that the project makes itself, strung together.

use std::collections::BTreeMap;
use std::path::Path;

use recurra_datasets::speech::{DigitParts, LogMel, SpokenDigits, SpokenString};
use serde::{Deserialize, Serialize};

use super::baseline::nearest_spectrum_error;
use super::config::Config;
use crate::comparison::{StudyData, folder_of};
use crate::error::Error;
use crate::run_folder::RunFolder;

/// Indices of the recordings that choose the model, behind those of the official test part.
const VALID: std::ops::Range<u32> = 5..10;

/// The data set's name in a folder of several.
const NAME: &str = "fsdd";

/// Strings of digits in parts that have no recording in common.
pub struct Data {
    name: String,
    pub features: Features,
    /// Each speaker's recordings with index 0 to 4 test, as published.
    pub seen: Parts,
    /// Without one of the speakers, who tests.
    pub unseen: Option<(String, Parts)>,
    /// In percent of single digits: what is told wrongly by the nearest mean spectrum.
    nearest_spectrum: f64,
}

/// Strings to learn from, to choose by, and to test with.
pub struct Parts {
    pub train: Vec<Example>,
    pub valid: Vec<Example>,
    pub test: Vec<Example>,
}

/// A string as the network reads it, and what is said.
pub struct Example {
    /// Stacked frames, `[T, width]`.
    pub frames: Vec<f32>,
    pub digits: Vec<u32>,
}

/// What recordings become before a network reads them.
#[derive(Clone, Debug)]
pub struct Features {
    /// Of the recordings, in samples a second.
    pub sample_rate: u32,
    /// On the mel scale.
    pub bands: usize,
    /// How many frames of 10 ms are read at once.
    pub stacked: usize,
    log_mel: LogMel,
}

/// [`Features`] in a file beside the model.
#[derive(Serialize, Deserialize)]
struct FeaturesFile {
    sample_rate: u32,
    bands: usize,
    stacked: usize,
}

/// Its name.
const FEATURES: &str = "features.json";

impl Data {
    /// Reads the recordings at `path`, or makes some from `seed`, which also strings them together.
    pub fn read(path: Option<&Path>, config: &Config, seed: u64) -> Result<Self, Error> {
        let (name, digits) = match path {
            None => {
                let digits = SpokenDigits::generated(seed, config.generated_recordings);
                ("generated sounds".to_owned(), digits)
            }
            Some(path) => (NAME.to_owned(), SpokenDigits::read(folder_of(NAME, path))?),
        };
        let features = Features::new(digits.sample_rate, config.bands, config.stacked);
        let speaker = digits.speakers().last().map(|&it| it.to_owned());
        let strung = Strung {
            features: &features,
            config,
            seed,
        };
        let unseen = match speaker.filter(|_| config.unseen_speaker) {
            None => None,
            Some(speaker) => {
                let parts = digits.clone().split_by_speaker(&speaker)?;
                Some((speaker, strung.parts(parts)))
            }
        };
        let parts = digits.official_split();
        let log_mel = &features.log_mel;
        let nearest_spectrum = nearest_spectrum_error(log_mel, &parts.train, &parts.held_out);
        Ok(Self {
            name,
            seen: strung.parts(parts),
            unseen,
            nearest_spectrum,
            features,
        })
    }
}

impl StudyData for Data {
    fn name(&self) -> &str {
        &self.name
    }

    fn baselines(&self) -> BTreeMap<String, f64> {
        let name = "nearest_spectrum_digit_error".to_owned();
        [(name, self.nearest_spectrum)].into()
    }
}

/// How recordings are strung together.
struct Strung<'a> {
    features: &'a Features,
    config: &'a Config,
    seed: u64,
}

impl Strung<'_> {
    fn parts(&self, parts: DigitParts) -> Parts {
        let DigitParts { train, held_out } = parts;
        let learned = train.split_by_index(VALID);
        let config = self.config;
        Parts {
            train: self.strings(&learned.train, 0, config.strings),
            valid: self.strings(&learned.held_out, 1, config.judged),
            test: self.strings(&held_out, 2, config.judged),
        }
    }

    /// Strings of a part, each part under a seed of its own.
    fn strings(&self, digits: &SpokenDigits, part: u64, count: usize) -> Vec<Example> {
        let seed = self.seed.wrapping_mul(3).wrapping_add(part);
        let strings = digits.strings(seed, count, 1..=self.config.longest);
        strings
            .iter()
            .map(|string| self.features.example(string))
            .collect()
    }
}

impl Features {
    fn new(sample_rate: u32, bands: usize, stacked: usize) -> Self {
        Self {
            sample_rate,
            bands,
            stacked,
            log_mel: LogMel::new(sample_rate, bands),
        }
    }

    /// Reads what [`write`](Self::write) wrote.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let file: FeaturesFile = RunFolder::at(folder).read(FEATURES)?;
        Ok(Self::new(file.sample_rate, file.bands, file.stacked))
    }

    /// Writes what recordings become before the model reads them.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let file = FeaturesFile {
            sample_rate: self.sample_rate,
            bands: self.bands,
            stacked: self.stacked,
        };
        RunFolder::at(folder).write_json(FEATURES, &file)?;
        Ok(())
    }

    /// `D`, the width of what is read at once.
    pub fn width(&self) -> usize {
        self.bands * self.stacked
    }

    /// Samples as the network reads them, `[T, width]`.
    pub fn frames(&self, samples: &[f32]) -> Vec<f32> {
        let mut frames = self.log_mel.frames(samples);
        standardise(&mut frames, self.bands);
        // What is left over is silence, as every string ends in it.
        let whole = frames.len() / self.width() * self.width();
        if whole > 0 {
            frames.truncate(whole);
        } else {
            frames.resize(self.width(), 0.0);
        }
        frames
    }

    fn example(&self, string: &SpokenString) -> Example {
        Example {
            frames: self.frames(&string.samples),
            digits: string.digits.iter().map(|&it| u32::from(it)).collect(),
        }
    }
}

/// Each band less its mean over a recording, divided by its deviation there: rooms and microphones differ.
fn standardise(frames: &mut [f32], bands: usize) {
    let count = (frames.len() / bands) as f32;
    for band in 0..bands {
        let values = frames.iter().skip(band).step_by(bands);
        let mean = values.clone().sum::<f32>() / count;
        let variance = values.map(|it| (it - mean).powi(2)).sum::<f32>() / count;
        let deviation = variance.sqrt().max(1e-3);
        let values = frames.iter_mut().skip(band).step_by(bands);
        values.for_each(|it| *it = (*it - mean) / deviation);
    }
}
