//! Where data sets lie on this machine.

use std::env;
use std::path::PathBuf;

use super::Source;
use crate::DatasetError;

/// A folder of data sets that is only read.
const MIRROR: &str = "RECURRA_DATA";

/// A folder of data sets that have been fetched, in place of the user's cache folder.
const CACHE: &str = "RECURRA_CACHE";

/// The folders in which data sets lie under their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Only read.
    pub mirror: Option<PathBuf>,
    /// Where data sets are fetched to.
    pub cache: Option<PathBuf>,
}

impl Places {
    /// Those of this machine: the mirror that `RECURRA_DATA` names, and the cache that
    /// `RECURRA_CACHE` names, or `recurra/data` in the platform's folder for caches.
    pub fn of_this_machine() -> Self {
        let named = |name| {
            env::var_os(name)
                .filter(|it| !it.is_empty())
                .map(PathBuf::from)
        };
        Self {
            mirror: named(MIRROR),
            cache: named(CACHE).or_else(|| Some(dirs::cache_dir()?.join("recurra").join("data"))),
        }
    }

    /// The folder of a data set that is whole, by the names and sizes of its files; the mirror comes
    /// before the cache.
    pub fn find(&self, source: &Source) -> Option<PathBuf> {
        let folders = self.mirror.iter().chain(&self.cache);
        let mut folders = folders.map(|folder| folder.join(&source.name));
        folders.find(|folder| source.is_in(folder))
    }

    /// The same, for who cannot do without it.
    ///
    /// # Errors
    ///
    /// [`DatasetError::NotHere`], which says how to come by it.
    pub fn require(&self, source: &Source) -> Result<PathBuf, DatasetError> {
        self.find(source).ok_or_else(|| DatasetError::NotHere {
            name: source.name.clone(),
            remedy: match source.can_be_fetched() {
                true => format!("cargo xtask fetch {}", source.name),
                false => format!("{}; then give its folder with --data", source.by_hand),
            },
        })
    }
}
