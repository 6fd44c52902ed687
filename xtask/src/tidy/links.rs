//! Relative links in Markdown point to files that a clone of the repository has.

use std::collections::BTreeSet;

use super::Finding;

/// `paths` are the files of the project; a folder is there if one of them is below it.
pub fn check(path: &str, text: &str, paths: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        }
        if is_fenced {
            continue;
        }
        for target in targets(&without_code(line)) {
            let resolved = resolve(path, &target);
            if !resolved.is_some_and(|resolved| exists(&resolved, paths)) {
                let message = format!("link to {target:?}, which is not a file of the project");
                findings.push(Finding::new(path, index + 1, message));
            }
        }
    }
    findings
}

/// The line without its `inline code`, which may show a link without being one.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// The local files that a line links to, as `[text](target "title")` or `[label]: target`.
fn targets(line: &str) -> Vec<String> {
    let inline = line.split("](").skip(1);
    let inline = inline.filter_map(|rest| rest.split([')', ' ']).next());
    let definition = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "));
    let definition = definition.and_then(|(_, rest)| rest.split_whitespace().next());
    let targets = inline
        .chain(definition)
        .map(|target| target.trim_matches(['<', '>']));
    let files = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    let files = files.filter_map(|target| target.split('#').next());
    files
        .filter(|target| !target.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The target from the workspace's folder; nothing if it leaves that folder.
fn resolve(path: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => path.split('/').collect(),
    };
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn exists(path: &str, paths: &BTreeSet<&str>) -> bool {
    let folder = format!("{path}/");
    let mut following = paths.range(folder.as_str()..);
    path.is_empty()
        || paths.contains(path)
        || following
            .next()
            .is_some_and(|next| next.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let paths = BTreeSet::from(["README.md", "cells/README.md", "cells/src/lib.rs"]);
        check(path, text, &paths)
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn links_to_missing_files_are_found() {
        assert_eq!(lines("README.md", "a\n[b](cells/gone.rs) [c](cells)"), [2]);
        assert_eq!(lines("README.md", "[b]: gone.md \"title\""), [1]);
        assert_eq!(lines("cells/README.md", "[b](../../outside.md)"), [1]);
    }

    #[test]
    fn links_to_files_and_folders_pass() {
        assert!(lines("cells/README.md", "[b](src/lib.rs#L1) ![c](../README.md)").is_empty());
        assert!(lines("cells/README.md", "[b](./src) [c](/README.md) [d](..)").is_empty());
    }

    #[test]
    fn what_is_elsewhere_or_code_is_not_checked() {
        assert!(lines("README.md", "[b](https://burn.dev) [c](#top) `[d](gone)`").is_empty());
        assert!(lines("README.md", "```\n[b](gone)\n```").is_empty());
    }
}
