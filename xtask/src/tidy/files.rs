//! The files that belong to the project: what git tracks, and what it would track.

use std::fs;
use std::process::Command;

use crate::cargo;
use crate::error::Error;

/// A file by its path from the workspace's folder, with `/` between folders.
pub struct File {
    pub path: String,
    /// Nothing if the file is not text.
    pub text: Option<String>,
}

/// All files, sorted. One that is deleted but not yet staged is left out.
pub fn all() -> Result<Vec<File>, Error> {
    let root = cargo::root();
    let mut git = Command::new("git");
    git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let output = git.current_dir(&root).output();
    let output = output.map_err(|source| cargo::start_error(&git, source))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Failed(format!(
            "git ls-files failed: {}",
            reason.trim()
        )));
    }
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut paths: Vec<_> = listed.split_terminator('\0').collect();
    paths.sort_unstable();
    paths.dedup();
    let file = |path: &str| {
        let bytes = fs::read(root.join(path)).ok()?;
        let (path, text) = (path.to_owned(), String::from_utf8(bytes).ok());
        Some(File { path, text })
    };
    Ok(paths.into_iter().filter_map(file).collect())
}

/// The last part of a path.
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether one of the folders on the way to the file has this name.
pub fn is_below(path: &str, folder: &str) -> bool {
    let mut parts = path.rsplit('/').skip(1);
    parts.any(|part| part == folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_lists_its_manifest() {
        let files = all().unwrap();
        assert!(
            files
                .iter()
                .any(|file| file.path == "Cargo.toml" && file.text.is_some())
        );
    }

    #[test]
    fn a_file_is_not_its_own_folder() {
        assert!(is_below("cells/src/kernel/cpu.rs", "kernel"));
        assert!(!is_below("cells/src/kernel", "kernel"));
        assert_eq!(name("cells/Cargo.toml"), "Cargo.toml");
    }
}
