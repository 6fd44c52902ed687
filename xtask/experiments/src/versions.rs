//! What a run was made with.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The version of burn that the workspace pins.
const BURN: &str = "0.22.1";

/// The versions of this program and of what it computes with.
pub fn versions() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([("recurra", env!("CARGO_PKG_VERSION")), ("burn", BURN)])
}

/// The commit of the sources, with `-modified` behind it where tracked files differ from it, or "unknown" where they are not
/// a git checkout.
pub fn commit() -> String {
    commit_of(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_else(|| "unknown".to_owned())
}

fn commit_of(sources: &Path) -> Option<String> {
    // Without the folder, git would answer for whichever checkout the program is started in.
    if !sources.is_dir() {
        return None;
    }
    let mut git = Command::new("git");
    git.arg("-C").arg(sources).arg("describe");
    // No tag is a match, so that the answer is always the commit.
    git.args(["--always", "--abbrev=40", "--exclude=*"]);
    git.arg("--dirty=-modified");
    let output = git.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn git(folder: &Path, words: &[&str]) {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder);
        git.args(["-c", "user.name=x", "-c", "user.email=x"]);
        let output = git.args(words).output().expect("git is there");
        assert!(output.status.success(), "{words:?}: {output:?}");
    }

    #[test]
    fn a_modified_work_tree_is_marked() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        git(folder, &["init", "--quiet"]);
        assert_eq!(commit_of(folder), None);
        fs::write(folder.join("file"), "one").unwrap();
        git(folder, &["add", "file"]);
        git(folder, &["commit", "--quiet", "-m", "x"]);
        git(folder, &["tag", "-a", "v1", "-m", "x"]);
        let commit = commit_of(folder).unwrap();
        assert!(
            commit.len() == 40 && commit.chars().all(|it| it.is_ascii_hexdigit()),
            "{commit}"
        );
        fs::write(folder.join("another"), "untracked").unwrap();
        assert_eq!(commit_of(folder).as_ref(), Some(&commit));
        fs::write(folder.join("file"), "two").unwrap();
        assert_eq!(commit_of(folder), Some(format!("{commit}-modified")));
        assert_eq!(commit_of(&folder.join("missing")), None);
    }

    #[test]
    fn the_version_of_burn_is_the_pinned_one() {
        let manifest = include_str!("../../../Cargo.toml");
        assert!(manifest.contains(&format!("burn = {{ version = \"={BURN}\"")));
    }
}
