//! From WAV files to samples.

use std::path::Path;

use hound::{Error, SampleFormat, WavReader};

use crate::{DatasetError, text::read_bytes};

/// What is read, in the words of an error.
const FORMATS: &str = "a WAV file of integers of 8, 16, 24 or 32 bits or floats of 32";

/// A recording with one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The sound's pressure, `[T]`, in [-1, 1], where 1 is the loudest that the file could hold.
    pub samples: Vec<f32>,
    /// The samples of a second.
    pub sample_rate: u32,
}

impl Recording {
    /// Reads a WAV file of integers of 8, 16, 24 or 32 bits or floats of 32. Of several channels,
    /// the samples are the mean.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if the file cannot be read; [`DatasetError::InvalidContent`], which
    /// names the place, if it is no WAV file or one of another format, has a rate of 0, breaks off,
    /// or has a float that is not in [-1, 1]; [`DatasetError::NoExamples`] if it has no sample.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let bytes = read_bytes(path)?;
        let reader = WavReader::new(bytes.as_slice());
        let reader = reader.map_err(|cause| wrong_header(path, &cause))?;
        let spec = reader.spec();
        if spec.sample_rate == 0 {
            let expected = "at least 1 sample a second";
            return Err(DatasetError::content(path, "header", expected, "0"));
        }
        let channels = usize::from(spec.channels);
        let values = match spec.sample_format {
            SampleFormat::Int => integers(path, reader)?,
            SampleFormat::Float => floats(path, reader)?,
        };
        if values.is_empty() {
            return Err(DatasetError::NoExamples {
                path: path.to_owned(),
            });
        }
        let mean = |frame: &[f64]| (frame.iter().sum::<f64>() / channels as f64) as f32;
        Ok(Self {
            samples: values.chunks_exact(channels).map(mean).collect(),
            sample_rate: spec.sample_rate,
        })
    }

    /// How long it lasts, in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.sample_rate)
    }
}

/// The values of all channels, of which 2 to the power of `bits - 1` would be 1.
fn integers(path: &Path, mut reader: WavReader<&[u8]>) -> Result<Vec<f64>, DatasetError> {
    let largest = (1u64 << (reader.spec().bits_per_sample - 1).min(31)) as f64;
    let count = reader.len();
    let mut values = Vec::new();
    for value in reader.samples::<i32>() {
        let value = value.map_err(|cause| wrong_sample(path, &cause, values.len(), count))?;
        values.push(f64::from(value) / largest);
    }
    Ok(values)
}

fn floats(path: &Path, mut reader: WavReader<&[u8]>) -> Result<Vec<f64>, DatasetError> {
    let count = reader.len();
    let mut values = Vec::new();
    for value in reader.samples::<f32>() {
        let value = value.map_err(|cause| wrong_sample(path, &cause, values.len(), count))?;
        if !(-1.0..=1.0).contains(&value) {
            let place = format!("sample {}", values.len());
            let expected = "a number in [-1, 1]";
            return Err(DatasetError::content(
                path,
                place,
                expected,
                value.to_string(),
            ));
        }
        values.push(f64::from(value));
    }
    Ok(values)
}

fn wrong_header(path: &Path, cause: &Error) -> DatasetError {
    let got = match cause {
        Error::IoError(_) => "one that breaks off",
        Error::FormatError(cause) => cause,
        _ => "another format",
    };
    DatasetError::content(path, "header", FORMATS, got)
}

/// The error for a file with `count` values by its header, of which `read` could be read.
fn wrong_sample(path: &Path, cause: &Error, read: usize, count: u32) -> DatasetError {
    match cause {
        Error::IoError(_) => {
            let expected = format!("{count} samples as its header says");
            DatasetError::content(path, "whole file", expected, read.to_string())
        }
        _ => wrong_header(path, cause),
    }
}
