//! What is known of a data set.

use std::fmt;

/// A public data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, which is that of its folder among data sets.
    pub name: &'static str,
    /// What it is, in a line.
    pub what: &'static str,
    /// Its licence, or the terms it is given out under.
    pub licence: &'static str,
    /// How much each part of it holds, to compare with what publications say.
    pub counts: &'static str,
    /// Its files.
    pub content: Content,
    /// How to get it without a download, as an instruction without a full stop.
    pub by_hand: &'static str,
}

/// What the folder of a data set holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A few files, each with an address and a hash of its own.
    Files(&'static [SourceFile]),
    /// Many files out of one archive.
    Archive(Archive),
}

/// A file of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path in the folder of the data set, parted by `/`.
    pub path: &'static str,
    /// How many bytes it has; with [`Packing::Gzip`], how many it decompresses to.
    pub size: u64,
    /// The SHA-256 of the same bytes, in lowercase hexadecimal digits.
    pub sha256: &'static str,
    /// What is compared with size and hash.
    pub packing: Packing,
    /// Where it comes from; `None` if it cannot be downloaded as it is, or must not be.
    pub address: Option<Address>,
}

/// How a file relates to its size and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// They are those of the file.
    AsIs,
    /// The file is compressed with gzip, and they are those of its content: the same content is
    /// compressed to other bytes by every program. It is compressed after the download unless its
    /// address ends in `.gz`.
    Gzip,
}

/// Where a file or an archive lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// What all files from the same place have in common, up to a slash.
    pub base: &'static str,
    /// The rest.
    pub path: &'static str,
    /// Whether what is named here has been downloaded from here. If not, hash and size are still
    /// right, but the file may have gone.
    pub verified: bool,
}

/// A `.tar.gz` of which some files make a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Where it lies.
    pub address: Address,
    /// How many bytes a download is given up behind. The archive is packed when it is asked for, so
    /// that neither its size nor its hash is known.
    pub at_most: u64,
    /// The folder that all its members lie in, which is left out when unpacking.
    pub root: &'static str,
    /// The one folder within that holds the files.
    pub folder: &'static str,
    /// One of these is part of the name of each file.
    pub infixes: &'static [&'static str],
    /// How each file's name ends.
    pub ending: &'static str,
    /// How many files there are.
    pub files: usize,
    /// How many bytes they have in all.
    pub size: u64,
    /// The SHA-256 of what `sha256sum NAME/FOLDER/*` prints: a line for each file, sorted by path.
    pub sha256: &'static str,
}

impl Source {
    /// How many bytes its files have in all, decompressed.
    pub fn size(&self) -> u64 {
        match self.content {
            Content::Files(files) => files.iter().map(|file| file.size).sum(),
            Content::Archive(archive) => archive.size,
        }
    }

    /// The addresses of all it consists of; `None` if some of it has no address.
    pub fn addresses(&self) -> Option<Vec<Address>> {
        match self.content {
            Content::Files(files) => files.iter().map(|file| file.address).collect(),
            Content::Archive(archive) => Some(vec![archive.address]),
        }
    }

    /// How to get it, as the second line of an error.
    pub(crate) fn advice(&self) -> String {
        let by_hand = self.advice_by_hand();
        match self.addresses() {
            Some(_) => format!(
                "fetch it with cargo xtask fetch {}; or {by_hand}",
                self.name
            ),
            None => by_hand,
        }
    }

    /// How to get it without a download.
    pub(crate) fn advice_by_hand(&self) -> String {
        format!("{}, and name that folder with --data", self.by_hand)
    }
}

impl SourceFile {
    /// A file without an address.
    pub const fn new(path: &'static str, size: u64, sha256: &'static str) -> Self {
        Self {
            path,
            size,
            sha256,
            packing: Packing::AsIs,
            address: None,
        }
    }

    /// Size and hash are those of the content of a file compressed with gzip.
    pub const fn packed(mut self) -> Self {
        self.packing = Packing::Gzip;
        self
    }

    /// The file lies at `path` below `base`.
    pub const fn at(mut self, base: &'static str, path: &'static str) -> Self {
        self.address = Some(Address::new(base, path));
        self
    }
}

impl Address {
    /// An address that nothing has been downloaded from yet.
    pub const fn new(base: &'static str, path: &'static str) -> Self {
        Self {
            base,
            path,
            verified: false,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.base, self.path)
    }
}

impl Archive {
    /// Whether the data set has the file at this path in its folder.
    pub(crate) fn has(&self, path: &str) -> bool {
        let name = path.strip_prefix(self.folder);
        let Some(name) = name.and_then(|name| name.strip_prefix('/')) else {
            return false;
        };
        !name.contains('/')
            && name.ends_with(self.ending)
            && self.infixes.iter().any(|infix| name.contains(infix))
    }
}

#[cfg(test)]
mod tests {
    use crate::registry::{Content, source};

    #[test]
    fn only_the_chosen_files_of_an_archive_belong_to_the_data_set() {
        let Content::Archive(archive) = source("fsdd").unwrap().content else {
            panic!("expected an archive");
        };
        assert!(archive.has("recordings/0_theo_17.wav"));
        for other in [
            "recordings/0_lucas_17.wav",
            "recordings/0_theo_17.png",
            "recordings/old/0_theo_17.wav",
            "recordings_theo_.wav",
            "0_theo_17.wav",
        ] {
            assert!(!archive.has(other), "{other}");
        }
    }
}
