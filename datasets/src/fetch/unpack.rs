//! Unpacking an archive that nobody vouches for.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::{Component, Path},
};

use flate2::bufread::MultiGzDecoder;
use tar::EntryType;

use super::files::{make_parent, write_new};
use crate::{DatasetError, registry::Archive};

/// Writes the members that belong to the data set into `folder`, and nothing anywhere else.
///
/// An archive with a member that does not lie below its root, or that is neither a file nor a
/// folder (links among them), is refused as a whole, even if that member does not belong to the
/// data set. So is one whose files are larger in all than those of the data set.
pub(super) fn unpack(path: &Path, archive: &Archive, folder: &Path) -> Result<(), DatasetError> {
    let unreadable = DatasetError::read(path);
    let file = File::open(path).map_err(&unreadable)?;
    let mut members = tar::Archive::new(MultiGzDecoder::new(BufReader::new(file)));
    let mut left = archive.size;
    for member in members.entries().map_err(&unreadable)? {
        let member = member.map_err(&unreadable)?;
        let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
        let refused = |expected: &str, got: String| DatasetError::InvalidContent {
            path: path.to_owned(),
            place: format!("member {name:?}"),
            expected: expected.to_owned(),
            got,
        };
        match member.header().entry_type() {
            EntryType::XGlobalHeader => continue,
            EntryType::Regular | EntryType::Directory => {}
            other => return Err(refused("a file or folder", format!("{other:?}"))),
        }
        let Some(below) = below(&name, archive.root) else {
            let expected = format!("a path below {}", archive.root);
            return Err(refused(&expected, "another".to_owned()));
        };
        if member.header().entry_type() == EntryType::Directory || !archive.has(below) {
            continue;
        }
        let size = member.size();
        left = left.checked_sub(size).ok_or_else(|| {
            let expected = format!("{} bytes of files in all", archive.size);
            refused(&expected, "more".to_owned())
        })?;
        let target = folder.join(below);
        make_parent(&target)?;
        if target.exists() {
            return Err(refused("each file once", "it again".to_owned()));
        }
        write_member(&target, member.take(size), &unreadable)?;
    }
    Ok(())
}

/// The path of a member below the folder `root`; `None` if it leads anywhere else on any platform.
fn below<'a>(name: &'a str, root: &str) -> Option<&'a str> {
    let below = name.strip_prefix(root)?;
    let below = match below.strip_prefix('/') {
        Some(below) => below,
        None if below.is_empty() => below,
        None => return None,
    };
    let is_plain = |part| matches!(part, Component::Normal(_));
    let is_safe = !below.contains(['\\', ':', '\0'])
        && !below.starts_with('/')
        && Path::new(below).components().all(is_plain);
    is_safe.then_some(below)
}

/// A damaged archive is told from a disk that is full: only the first is the archive's fault.
fn write_member(
    target: &Path,
    mut content: impl Read,
    unreadable: impl Fn(std::io::Error) -> DatasetError,
) -> Result<(), DatasetError> {
    let mut bytes = Vec::new();
    content.read_to_end(&mut bytes).map_err(unreadable)?;
    write_new(target, bytes.as_slice())
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn a_path_that_leads_elsewhere_is_none_below() {
        assert_eq!(below("top/a/b.wav", "top"), Some("a/b.wav"));
        assert_eq!(below("top/", "top"), Some(""));
        assert_eq!(below("top", "top"), Some(""));
        for name in [
            "top/../b",
            "top/a/../../b",
            "top//b",
            "/top/b",
            "topmost/b",
            "b",
            "../b",
            "top/./b",
            "top/c:b",
            "top/a\\b",
            "",
        ] {
            assert_eq!(below(name, "top"), None, "{name}");
        }
    }
}
