//! Downloading data sets into a cache, so that nothing wrong ever lies in it.
//!
//! What is downloaded grows beside its place, in a file that ends in `.part`, and is moved there
//! when size and SHA-256 are right: what was in the cache before stays until then, and an
//! interrupted download goes on where it broke off. Only `https` is spoken, but to this machine.

mod archive;
mod client;
mod download;
mod file;
mod files;
mod progress;
mod unpack;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

pub use progress::Progress;

use crate::{
    DatasetError,
    registry::{Content, Places, Source},
};
use client::Client;

/// How long a server may take to answer, and then to send anything more.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a fetch works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchOptions {
    /// Where to put data sets, and where to copy them from instead of downloading.
    pub places: Places,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long nothing may arrive. A download as a whole takes as long as it takes.
    pub idle_timeout: Duration,
}

impl FetchOptions {
    /// Half a minute for a connection, and as long without a byte.
    pub fn new(places: Places) -> Self {
        Self {
            places,
            connect_timeout: PATIENCE,
            idle_timeout: PATIENCE,
        }
    }
}

/// Puts the data set into the cache and gives its folder there.
///
/// A file that is already there and right is left alone, one that the mirror has is copied, all
/// others are downloaded; `progress` hears of each step. Proxies that the environment names
/// (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) are used.
///
/// # Errors
///
/// [`DatasetError::NoDataSet`] if there is no cache, or if a file has no address and the mirror does
/// not have it either. [`DatasetError::Fetch`] if an address is not safe, the server cannot be
/// reached or refuses, or its answer breaks off or is wrong. [`DatasetError::InvalidContent`] if the
/// mirror is wrong or an archive is not safe to unpack. [`DatasetError::Read`] and
/// [`DatasetError::Write`] as the file systems have it, or while another process fetches the same.
pub fn fetch(
    source: &Source,
    options: &FetchOptions,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<PathBuf, DatasetError> {
    let Some(cache) = &options.places.cache else {
        return Err(DatasetError::NoDataSet {
            name: source.name,
            found: "this user has no folder for caches".to_owned(),
            advice: "name a folder in RECURRA_CACHE".to_owned(),
        });
    };
    let folder = cache.join(source.name);
    let mut job = Job {
        source,
        folder: &folder,
        mirror: options.places.mirrored(source),
        client: Client::new(options, source.advice_by_hand()),
        progress: &mut progress,
    };
    match source.content {
        Content::Files(files) => files.iter().try_for_each(|file| job.file(file))?,
        Content::Archive(archive) => job.archive(&archive)?,
    }
    Ok(folder)
}

/// One fetch of a data set; each part of it has a module.
struct Job<'a> {
    source: &'a Source,
    /// Where the data set belongs.
    folder: &'a Path,
    /// The folder of the same data set in the mirror, if its files are there and have their sizes.
    mirror: Option<PathBuf>,
    client: Client,
    progress: &'a mut dyn FnMut(Progress<'_>),
}

impl Job<'_> {
    fn tell(&mut self, progress: Progress<'_>) {
        (self.progress)(progress);
    }

    /// The error for something without an address.
    fn by_hand(&self) -> DatasetError {
        DatasetError::NoDataSet {
            name: self.source.name,
            found: "it cannot be downloaded".to_owned(),
            advice: self.source.advice(),
        }
    }
}
