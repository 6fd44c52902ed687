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

/// The commit of the sources, or "unknown" where they are not a git checkout.
pub fn commit() -> String {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Without the folder, git would answer for whichever checkout the program is started in.
    let output = sources.is_dir().then(|| {
        Command::new("git")
            .arg("-C")
            .arg(sources)
            .args(["rev-parse", "HEAD"])
            .output()
    });
    match output {
        Some(Ok(output)) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_burn_is_the_pinned_one() {
        let manifest = include_str!("../../../Cargo.toml");
        assert!(manifest.contains(&format!("burn = {{ version = \"={BURN}\"")));
    }
}
