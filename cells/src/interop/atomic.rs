//! Files that are there as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Writes beside `path`, synchronises with the disk and renames, so that `path` holds either what it held or all of `bytes`.
/// The file beside is called `.NAME.PROCESS-WRITER.part`; a failure removes it.
///
/// # Errors
/// What the operating system answers, or if the path names no file.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = sibling(path)?;
    let written = File::create_new(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&temporary, path))
        .inspect_err(|_| {
            // The first error is the one to report; the leftover may not even exist.
            let _ = fs::remove_file(&temporary);
        })
}

/// A name beside `path` that no other writer uses.
fn sibling(path: &Path) -> io::Result<PathBuf> {
    static WRITERS: AtomicUsize = AtomicUsize::new(0);
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::other("the path names no file"))?;
    let writer = WRITERS.fetch_add(1, Ordering::Relaxed);
    Ok(path.with_file_name(format!(
        ".{}.{}-{writer}.part",
        name.display(),
        process::id()
    )))
}
