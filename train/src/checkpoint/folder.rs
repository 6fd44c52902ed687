//! A folder of checkpoints.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::format::{HEADER, Header};
use super::write::Writing;
use super::{Best, Checkpoint, Damage, Retention};
use crate::Error;

/// A folder of checkpoints, one file for each, named by its step: `step-000000123.ckpt`.
///
/// A new checkpoint is written beside its place, synchronised with the disk and renamed, and only then are others removed:
/// wherever a run is killed, the last good checkpoint is there. At most one program may write to a folder at a time.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    pub(super) folder: PathBuf,
    retention: Retention,
}

/// A whole checkpoint, and what stood in the way of it.
#[derive(Debug)]
pub struct Found {
    /// Its file.
    pub path: PathBuf,
    /// What the file holds.
    pub checkpoint: Checkpoint,
    /// An [`Error::DamagedCheckpoint`] for each file that would have come first and is not whole. Each offers this one.
    pub damaged: Vec<Error>,
}

impl Checkpoints {
    /// The checkpoints in `folder`, which is made when the first is written.
    ///
    /// # Errors
    ///
    /// If a field of `retention` is out of its range.
    pub fn new(folder: impl Into<PathBuf>, retention: Retention) -> Result<Self, Error> {
        retention.validate()?;
        let folder = folder.into();
        Ok(Self { folder, retention })
    }

    /// The files' steps, lowest first, whether the files are whole or not. Other files of the folder are ignored.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the folder is there but cannot be read.
    pub fn steps(&self) -> Result<Vec<u64>, Error> {
        steps(&self.folder)
    }

    /// The file of a step, whether it is there or not.
    pub fn path(&self, step: u64) -> PathBuf {
        self.folder.join(file_name(step))
    }

    /// Writes a checkpoint, which replaces one of the same step, and then removes those that need not stay. What an
    /// earlier run that was killed left half-written goes as well.
    ///
    /// Never removed are the checkpoint just written and files whose header is damaged; these do not count among the last.
    ///
    /// # Errors
    ///
    /// [`Error::Write`] or [`Error::Read`], if the folder or a file does not oblige. Whole checkpoints that should stay are
    /// as they were.
    pub fn write(&self, checkpoint: &Checkpoint) -> Result<PathBuf, Error> {
        Writing {
            folder: &self.folder,
            retention: self.retention,
            checkpoint,
        }
        .run()
    }

    /// The whole checkpoint of the highest step, or nothing if the folder has no checkpoint.
    ///
    /// # Errors
    ///
    /// [`Error::DamagedCheckpoint`] if there are files and none is whole, [`Error::Read`] if one cannot be read at all.
    pub fn latest(&self) -> Result<Option<Found>, Error> {
        first_whole(self.steps()?.into_iter().rev().map(|step| self.path(step)))
    }

    /// The whole checkpoint of the best metric, or nothing if none has a metric. Of equal ones, the earlier is better.
    ///
    /// # Errors
    ///
    /// As [`latest`](Self::latest).
    pub fn best(&self, best: Best) -> Result<Option<Found>, Error> {
        let metrics = metrics(&self.folder)?;
        let ranked = best.ranked(&metrics).into_iter();
        first_whole(ranked.map(|step| self.path(step)))
    }

    /// Removes the checkpoints after `step`: for whoever goes on from an earlier one than the latest.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] if the folder cannot be read, [`Error::Write`] if a file cannot be removed.
    pub fn remove_after(&self, step: u64) -> Result<(), Error> {
        let later = self.steps()?.into_iter().filter(|&later| later > step);
        // From the last on, so that the latest of those left is never one of the middle.
        later
            .rev()
            .map(|step| self.path(step))
            .try_for_each(|path| fs::remove_file(&path).map_err(|cause| Error::write(&path, cause)))
    }
}

pub(super) fn file_name(step: u64) -> String {
    format!("step-{step:09}.ckpt")
}

/// The step of a file of this name. Only the names that [`file_name`] gives count.
fn step_of(name: &str) -> Option<u64> {
    let step = name
        .strip_prefix("step-")?
        .strip_suffix(".ckpt")?
        .parse()
        .ok()?;
    (file_name(step) == name).then_some(step)
}

fn steps(folder: &Path) -> Result<Vec<u64>, Error> {
    let mut steps: Vec<u64> = file_names(folder)?
        .iter()
        .filter_map(|name| step_of(name))
        .collect();
    steps.sort_unstable();
    Ok(steps)
}

/// The names in a folder, which may not be there.
pub(super) fn file_names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|cause| Error::read(folder, cause))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry
            .map_err(|cause| Error::read(folder, cause))?
            .file_name();
        names.extend(name.into_string().ok());
    }
    Ok(names)
}

/// The step and the metric of every file whose header is in order.
pub(super) fn metrics(folder: &Path) -> Result<Vec<(u64, Option<f64>)>, Error> {
    let mut metrics = Vec::new();
    for step in steps(folder)? {
        let path = folder.join(file_name(step));
        let header = header(&path).map_err(|cause| Error::read(&path, cause))?;
        metrics.extend(header.map(|header| (step, header.metric)).ok());
    }
    Ok(metrics)
}

fn header(path: &Path) -> io::Result<Result<Header, Damage>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    file.take(HEADER as u64).read_to_end(&mut bytes)?;
    Ok(Header::read(&bytes, length))
}

fn open(path: &Path) -> Result<Result<Checkpoint, Damage>, Error> {
    let bytes = fs::read(path).map_err(|cause| Error::read(path, cause))?;
    Ok(Checkpoint::from_bytes(&bytes))
}

fn first_whole(paths: impl Iterator<Item = PathBuf>) -> Result<Option<Found>, Error> {
    let mut damaged = Vec::new();
    for path in paths {
        match open(&path)? {
            Err(damage) => damaged.push((path, damage)),
            Ok(checkpoint) => {
                let offer = |(damaged, damage)| Error::DamagedCheckpoint {
                    path: damaged,
                    damage,
                    instead: Some(path.clone()),
                };
                let damaged = damaged.into_iter().map(offer).collect();
                return Ok(Some(Found {
                    path,
                    checkpoint,
                    damaged,
                }));
            }
        }
    }
    match damaged.into_iter().next() {
        Some((path, damage)) => Err(Error::DamagedCheckpoint {
            path,
            damage,
            instead: None,
        }),
        None => Ok(None),
    }
}

/// The checkpoint of one file, or the error that offers the newest whole one before it.
pub(super) fn open_or_offer(path: &Path) -> Result<Checkpoint, Error> {
    let damage = match open(path)? {
        Ok(checkpoint) => return Ok(checkpoint),
        Err(damage) => damage,
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let step = path.file_name().and_then(|name| step_of(name.to_str()?));
    let before = |other: &u64| step.is_none_or(|step| *other < step);
    // What goes wrong on the way to an offer must not hide what is wrong with the file.
    let steps = steps(folder).unwrap_or_default().into_iter().rev();
    let earlier = steps
        .filter(before)
        .map(|step| folder.join(file_name(step)));
    let instead = first_whole(earlier).ok().flatten().map(|found| found.path);
    Err(Error::DamagedCheckpoint {
        path: path.to_owned(),
        damage,
        instead,
    })
}
