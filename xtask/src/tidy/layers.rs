//! Dependencies between the workspace's packages point one way.

use toml::{Table, Value};

use super::Finding;
use super::manifests::line_of;

/// Each package with those of ours that it may depend on. Tests and examples see everything.
const LAYERS: [(&str, &[&str]); 7] = [
    ("recurra-cells", &[]),
    ("recurra-train", &["recurra-cells"]),
    ("recurra-distill", &["recurra-cells", "recurra-train"]),
    ("recurra-datasets", &[]),
    ("recurra-datasets-fuzz", &["recurra-datasets"]),
    (
        "recurra-experiments",
        &[
            "recurra-cells",
            "recurra-train",
            "recurra-distill",
            "recurra-datasets",
        ],
    ),
    ("xtask", &[]),
];

const KINDS: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];

/// One line of a table of dependencies.
pub struct Dependency<'a> {
    pub name: &'a str,
    pub value: &'a Value,
    pub is_dev: bool,
}

/// All dependencies of a package, those of single platforms included.
pub fn dependencies(manifest: &Table) -> Vec<Dependency<'_>> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_table());
    let mut found = Vec::new();
    for table in targets.chain([manifest]) {
        for kind in KINDS {
            let entries = table.get(kind).and_then(Value::as_table);
            found.extend(
                entries
                    .into_iter()
                    .flatten()
                    .map(|(name, value)| Dependency {
                        name,
                        value,
                        is_dev: kind == "dev-dependencies",
                    }),
            );
        }
    }
    found
}

pub fn check(path: &str, text: &str) -> Vec<Finding> {
    // A manifest that cannot be read is reported with the other checks of manifests.
    let manifest: Table = text.parse().unwrap_or_default();
    let name = manifest
        .get("package")
        .and_then(|p| p.get("name"))
        .and_then(Value::as_str);
    let Some(name) = name else {
        return Vec::new();
    };
    let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
        let message = format!("package `{name}` has no layer; give it one in tidy's `LAYERS`");
        return vec![Finding::new(path, line_of(text, "name"), message)];
    };
    let wrong = dependencies(&manifest).into_iter().filter(|dependency| {
        let is_allowed = allowed.contains(&dependency.name);
        let is_ours = LAYERS.iter().any(|(layer, _)| *layer == dependency.name);
        // `xtask` must build in seconds, its tests as well.
        let is_slow = name == "xtask" && (is_ours || dependency.name.starts_with("burn"));
        is_slow || is_ours && !is_allowed && !dependency.is_dev
    });
    let finding = |dependency: Dependency| {
        let message = format!("`{name}` must not depend on `{}`", dependency.name);
        Finding::new(path, line_of(text, dependency.name), message)
    };
    wrong.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(name: &str, rest: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{name}\"\n{rest}");
        check("Cargo.toml", &text)
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    #[test]
    fn dependencies_up_the_layers_are_found() {
        assert_eq!(
            messages(
                "recurra-cells",
                "[dependencies]\nrecurra-train.workspace = true"
            ),
            ["Cargo.toml:4: `recurra-cells` must not depend on `recurra-train`"]
        );
        let target = "[target.'cfg(unix)'.build-dependencies]\nrecurra-cells = \"1\"";
        assert_eq!(messages("recurra-datasets", target).len(), 1);
        assert!(messages("recurra-train", "[dependencies]\nrecurra-cells = \"1\"").is_empty());
    }

    #[test]
    fn tests_see_everything() {
        let tests = "[dev-dependencies]\nrecurra-datasets.workspace = true";
        assert!(messages("recurra-cells", tests).is_empty());
    }

    #[test]
    fn xtask_depends_on_none_of_ours_and_not_on_burn() {
        assert_eq!(
            messages("xtask", "[dev-dependencies]\nrecurra-cells = \"1\"").len(),
            1
        );
        assert_eq!(
            messages("xtask", "[dependencies]\nburn.workspace = true").len(),
            1
        );
    }

    #[test]
    fn a_new_package_needs_a_layer() {
        assert_eq!(messages("recurra-extras", "").len(), 1);
    }
}
