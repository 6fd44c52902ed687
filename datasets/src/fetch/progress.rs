//! What a fetch tells while it works.

use std::{fmt, path::Path};

use crate::registry::{Address, readable_bytes};

/// A step of a fetch. Its text is a line for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A file, or the folder of an archive's files, is in the cache already, and right.
    Kept {
        /// The file or folder.
        path: &'a Path,
    },
    /// A file or folder is copied out of the mirror.
    Copying {
        /// Its place in the mirror.
        from: &'a Path,
    },
    /// A download begins, or goes on.
    Connecting {
        /// The address; nothing has been fetched from it yet if it is not `verified`.
        address: &'a Address,
        /// How many bytes an interrupted download has left.
        resumed: u64,
    },
    /// Some of a download has arrived; this comes for every few kilobytes.
    Received {
        /// How many bytes have, those before an interruption included.
        bytes: u64,
        /// How many there are, if the server says so.
        of: Option<u64>,
    },
    /// An archive is complete and gets unpacked.
    Unpacking {
        /// The archive.
        archive: &'a Path,
    },
    /// A file or folder is in its place, and right.
    Done {
        /// The file or folder.
        path: &'a Path,
    },
}

impl fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept { path } => write!(f, "{} is there already", path.display()),
            Self::Copying { from } => write!(f, "copying {}", from.display()),
            Self::Connecting { address, resumed } => {
                write!(f, "fetching {address}")?;
                if !address.verified {
                    write!(f, " (unverified address)")?;
                }
                if *resumed > 0 {
                    write!(f, ", going on behind {}", readable_bytes(*resumed))?;
                }
                Ok(())
            }
            Self::Received { bytes, of: None } => write!(f, "{}", readable_bytes(*bytes)),
            Self::Received {
                bytes,
                of: Some(of),
            } => write!(f, "{} of {}", readable_bytes(*bytes), readable_bytes(*of)),
            Self::Unpacking { archive } => write!(f, "unpacking {}", archive.display()),
            Self::Done { path } => write!(f, "{} is complete", path.display()),
        }
    }
}
