//! Where data sets lie on this machine.

use std::{env, ffi::OsString, path::PathBuf};

use super::Source;

/// The folders of data sets of this machine, each with a subfolder for a data set, named as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// A folder that somebody else keeps; nothing is ever written to it.
    pub mirror: Option<PathBuf>,
    /// Where downloads are kept.
    pub cache: Option<PathBuf>,
}

impl Places {
    /// The mirror that `RECURRA_DATA` names; and the cache that `RECURRA_CACHE` names, or
    /// `recurra/data` in the folder that the platform has for a user's caches.
    pub fn from_env() -> Self {
        let named = |variable| env::var_os(variable).filter(|value: &OsString| !value.is_empty());
        let own = || dirs::cache_dir().map(|caches| caches.join("recurra").join("data"));
        Self {
            mirror: named("RECURRA_DATA").map(PathBuf::from),
            cache: named("RECURRA_CACHE").map(PathBuf::from).or_else(own),
        }
    }

    /// Where the data set could be, the mirror first.
    pub fn folders_of(&self, source: &Source) -> Vec<PathBuf> {
        let places = [&self.mirror, &self.cache].into_iter().flatten();
        places.map(|place| place.join(source.name)).collect()
    }

    /// The folder of the data set in the mirror, if all of it is there and has its size.
    #[cfg(feature = "fetch")]
    pub(crate) fn mirrored(&self, source: &Source) -> Option<PathBuf> {
        let folder = self
            .mirror
            .as_deref()
            .map(|mirror| mirror.join(source.name));
        folder.filter(|folder| source.fault(folder).is_none())
    }
}
