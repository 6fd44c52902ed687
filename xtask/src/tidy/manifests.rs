//! Packages inherit what the workspace decides, and the workspace alone pins burn.

use toml::{Table, Value};

use super::Finding;
use super::layers::dependencies;

const INHERITED: [&str; 4] = ["version", "edition", "rust-version", "license"];

pub fn check(path: &str, text: &str) -> Vec<Finding> {
    let manifest: Table = match text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Finding::new(path, 1, format!("not valid TOML: {error}"))],
    };
    let mut findings = Vec::new();
    if let Some(workspace) = manifest.get("workspace") {
        findings.extend(unpinned(path, text, workspace));
    }
    if let Some(package) = manifest.get("package") {
        findings.extend(not_inherited(path, text, package));
        if !manifest.get("lints").is_some_and(is_inherited) {
            let message = "package must have `[lints] workspace = true`";
            findings.push(Finding::new(path, 1, message));
        }
        findings.extend(not_from_workspace(path, text, &manifest));
    }
    findings
}

fn not_inherited(path: &str, text: &str, package: &Value) -> Vec<Finding> {
    let missing = INHERITED.into_iter();
    let missing = missing.filter(|key| !package.get(key).is_some_and(is_inherited));
    let finding = |key: &str| {
        let message = format!("package must have `{key}.workspace = true`");
        Finding::new(path, line_of(text, key), message)
    };
    missing.map(finding).collect()
}

fn unpinned(path: &str, text: &str, workspace: &Value) -> Vec<Finding> {
    let table = workspace.get("dependencies").and_then(Value::as_table);
    let burn = table
        .into_iter()
        .flatten()
        .filter(|(name, _)| is_burn(name));
    let loose = burn.filter(|(_, value)| {
        let version = value
            .as_str()
            .or_else(|| value.get("version").and_then(Value::as_str));
        !version.is_some_and(|version| version.starts_with('='))
    });
    let finding = |(name, _): (&String, &Value)| {
        let message = format!("`{name}` must be pinned to one version, as in `=0.22.1`");
        Finding::new(path, line_of(text, name), message)
    };
    loose.map(finding).collect()
}

fn not_from_workspace(path: &str, text: &str, manifest: &Table) -> Vec<Finding> {
    let burn = dependencies(manifest)
        .into_iter()
        .filter(|dependency| is_burn(dependency.name));
    let own = burn.filter(|dependency| !is_inherited(dependency.value));
    own.map(|dependency| {
        let name = dependency.name;
        let message = format!("`{name}` must come from the workspace: `{name}.workspace = true`");
        Finding::new(path, line_of(text, name), message)
    })
    .collect()
}

fn is_burn(name: &str) -> bool {
    name == "burn" || name.starts_with("burn-")
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// The line that sets the key, or the first one: the parsed manifest knows no lines.
pub fn line_of(text: &str, key: &str) -> usize {
    let sets = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    text.lines().position(sets).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"[package]
name = "p"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
[dependencies]
burn = { workspace = true, features = ["flex"] }
[lints]
workspace = true
"#;

    fn messages(text: &str) -> Vec<String> {
        check("Cargo.toml", text)
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    #[test]
    fn what_is_inherited_passes() {
        assert_eq!(messages(GOOD), [""; 0]);
    }

    #[test]
    fn own_versions_and_missing_lints_are_found() {
        let own = GOOD.replace(
            "version.workspace = true\nedition",
            "version = \"1\"\nedition",
        );
        assert_eq!(
            messages(&own),
            ["Cargo.toml:3: package must have `version.workspace = true`"]
        );
        for key in ["edition", "rust-version", "license"] {
            let without = GOOD.replace(&format!("{key}.workspace = true\n"), "");
            assert_eq!(messages(&without).len(), 1, "{key}");
        }
        assert_eq!(
            messages(&GOOD.replace("[lints]\nworkspace = true\n", "")).len(),
            1
        );
    }

    #[test]
    fn burn_is_pinned_once() {
        let pinned = "[workspace.dependencies]\nburn = \"=0.22.1\"\n";
        assert!(messages(pinned).is_empty());
        assert_eq!(
            messages(&pinned.replace('=', "= ").replace("= 0", "0")).len(),
            1
        );
        let own = GOOD.replace(
            "{ workspace = true, features",
            "{ version = \"=1.0.0\", features",
        );
        assert_eq!(messages(&own).len(), 1);
    }

    #[test]
    fn broken_manifests_are_found() {
        assert_eq!(messages("[package").len(), 1);
    }
}
