//! The folder of one run, which no other run ever writes to.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// The file of a run's settings.
pub const CONFIG: &str = "config.toml";

const SECONDS_A_DAY: u64 = 86_400;

/// `RUNS/EXPERIMENT/STAMP`.
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes a new folder, named by the time in UTC, with a number behind it where that is taken.
    pub fn create(runs: &Path, experiment: &str) -> Result<Self, Error> {
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs());
        let parent = runs.join(experiment);
        fs::create_dir_all(&parent).map_err(|cause| Error::Write {
            path: parent.clone(),
            cause,
        })?;
        let path = create_free(&parent, &stamp(seconds))?;
        Ok(Self { path })
    }

    /// The folder of a run that is to go on.
    pub fn open(path: &Path) -> Result<Self, Error> {
        match path.join(CONFIG).is_file() {
            true => Ok(Self {
                path: path.to_owned(),
            }),
            false => Err(Error::NotARun {
                path: path.to_owned(),
            }),
        }
    }

    /// A folder of which nothing is asked, such as one within a run's.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file or folder in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a whole file: beside its place first, so that it is never there in part.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let (path, beside) = (self.join(name), self.join(&format!("{name}.tmp")));
        let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &path));
        match written {
            Ok(()) => Ok(path),
            Err(cause) => Err(Error::Write { path, cause }),
        }
    }

    /// Writes a value as JSON.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<PathBuf, Error> {
        let json = serde_json::to_string_pretty(value);
        let json = json.map_err(|cause| Error::Write {
            path: self.join(name),
            cause: cause.into(),
        })?;
        self.write(name, &json)
    }

    /// Reads a value that [`write_json`](Self::write_json) wrote.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let path = self.join(name);
        let read = fs::read(&path);
        let value = read.and_then(|json| Ok(serde_json::from_slice(&json)?));
        value.map_err(|cause| Error::Read { path, cause })
    }
}

fn create_free(parent: &Path, stamp: &str) -> Result<PathBuf, Error> {
    for number in 1.. {
        let path = match number {
            1 => parent.join(stamp),
            _ => parent.join(format!("{stamp}-{number}")),
        };
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(Error::Write { path, cause }),
        }
    }
    unreachable!("the numbers do not end")
}

/// `20240229T235959Z` for seconds since 1970 in UTC.
fn stamp(seconds: u64) -> String {
    let (year, month, day) = date(seconds / SECONDS_A_DAY);
    let time = seconds % SECONDS_A_DAY;
    format!(
        "{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z",
        time / 3600,
        time / 60 % 60,
        time % 60
    )
}

/// Year, month and day of a number of days since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: u64) -> (u64, u64, u64) {
    // Years begin in March here, so that a leap day is the last of its year; eras are 400 years of 146097 days.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = if months_since_march < 10 {
        months_since_march + 3
    } else {
        months_since_march - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_utc() {
        assert_eq!(stamp(0), "19700101T000000Z");
        assert_eq!(stamp(951_782_399), "20000228T235959Z");
        assert_eq!(stamp(951_782_400), "20000229T000000Z");
        assert_eq!(stamp(1_709_251_199), "20240229T235959Z");
        assert_eq!(stamp(1_735_689_600), "20250101T000000Z");
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let parent = tempfile::tempdir().unwrap();
        let names: Vec<_> = (0..3)
            .map(|_| create_free(parent.path(), "x").unwrap())
            .collect();
        assert_eq!(
            names,
            ["x", "x-2", "x-3"].map(|name| parent.path().join(name))
        );
    }
}
