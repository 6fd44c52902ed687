//! Event files, which [TensorBoard](https://www.tensorflow.org/tensorboard) draws curves from.
//!
//! A file is a row of records, each a `tensorflow.Event` in a frame of TFRecord:
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | length of the event, little-endian as all numbers |
//! | 4 | masked CRC-32C of these 8 bytes |
//! | | the event, a protocol buffer |
//! | 4 | masked CRC-32C of the event |
//!
//! A reader skips a record that is cut off, so that a killed run costs no more than its last one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;

mod event;

use event::{Event, What, record};

/// What the name of every event file begins with.
const PREFIX: &str = "events.out.tfevents.";

/// Appends scalars to an event file of its own.
///
/// A run that goes on after an interruption begins another file in the same folder; TensorBoard draws them as one.
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    file: BufWriter<File>,
}

impl EventWriter {
    /// Begins the file `events.out.tfevents.SECONDS.recurra` in `folder`, which is made if it is not there, for a run that
    /// goes on at `first_step` (0 for a new one).
    ///
    /// What earlier files of the folder have of `first_step` and later, because a run went on past its last checkpoint
    /// before it was interrupted, no longer counts. `SECONDS` are those since 1970, or more where another file of the folder
    /// has as many, because readers take the files in the order of their names.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if `first_step` is 2^63 or more, [`Error::Read`] or [`Error::Write`] if the folder or the file does
    /// not oblige.
    pub fn begin(folder: &Path, first_step: u64) -> Result<Self, Error> {
        let first_step = signed(first_step)?;
        fs::create_dir_all(folder).map_err(|cause| Error::write(folder, cause))?;
        let after = last_seconds(folder).map_err(|cause| Error::read(folder, cause))?;
        let seconds = (now() as u64).max(after);
        let path = folder.join(format!("{PREFIX}{seconds:010}.recurra"));
        let file = File::create_new(&path).map_err(|cause| Error::write(&path, cause))?;
        let mut writer = Self {
            path,
            file: BufWriter::new(file),
        };
        writer.append(0, What::FileVersion)?;
        writer.append(first_step, What::SessionStart)?;
        writer.flush()?;
        Ok(writer)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends the value of `tag` at `step`. A slash in a tag makes groups, as in `loss/train`.
    ///
    /// The file holds single precision: the nearest number to `value`, or an infinity beyond its range.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if `step` is 2^63 or more, [`Error::Write`] if the file cannot be written.
    pub fn scalar(&mut self, tag: &str, step: u64, value: f64) -> Result<(), Error> {
        let value = value as f32;
        self.append(signed(step)?, What::Scalar { tag, value })
    }

    /// Hands what has been appended to the operating system, so that readers see it. Dropping the writer does the same but
    /// cannot report an error.
    ///
    /// # Errors
    ///
    /// [`Error::Write`] if the file cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        let flushed = self.file.flush();
        flushed.map_err(|cause| Error::write(&self.path, cause))
    }

    fn append(&mut self, step: i64, what: What<'_>) -> Result<(), Error> {
        let wall_time = now();
        let event = Event {
            wall_time,
            step,
            what,
        };
        let written = self.file.write_all(&record(&event.bytes()));
        written.map_err(|cause| Error::write(&self.path, cause))
    }
}

/// Removes all event files of `folder`, for whoever writes the events of a run anew.
///
/// # Errors
///
/// [`Error::Read`] or [`Error::Write`] if the folder or a file does not oblige.
pub fn remove_events(folder: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|cause| Error::read(folder, cause))?;
    for entry in entries {
        let entry = entry.map_err(|cause| Error::read(folder, cause))?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            let path = entry.path();
            fs::remove_file(&path).map_err(|cause| Error::write(&path, cause))?;
        }
    }
    Ok(())
}

fn signed(step: u64) -> Result<i64, Error> {
    i64::try_from(step).map_err(|_| Error::config("step", "below 2^63", step))
}

/// Seconds since 1970; a clock before that counts as 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

/// One more than the seconds of the last event file of a folder.
fn last_seconds(folder: &Path) -> io::Result<u64> {
    let mut after = 0;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let seconds = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let seconds = seconds.and_then(|rest| rest.split('.').next()?.parse::<u64>().ok());
        after = after.max(seconds.map_or(0, |seconds| seconds.saturating_add(1)));
    }
    Ok(after)
}
