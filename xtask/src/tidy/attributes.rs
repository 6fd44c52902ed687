//! Lints are excepted with `#[expect]` and tests ignored, but only with a reason.

use super::Finding;
use super::rust::{Source, word_offsets};

pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, attribute) in attributes(&source.code) {
        if let Some(message) = complaint(attribute) {
            findings.push(Finding::new(source.path, source.line_of(at), message));
        }
    }
    findings
}

fn complaint(attribute: &str) -> Option<&'static str> {
    let names = |word| !word_offsets(attribute, word).is_empty();
    let is_conditional = attribute.starts_with("cfg_attr");
    let is = |word| names(word) && (is_conditional || attribute.starts_with(word));
    if is("allow") {
        Some("lints must be excepted with `#[expect]`, not `#[allow]`")
    } else if is("expect") && !names("reason") {
        Some("`#[expect]` must say its `reason`")
    } else if is("ignore") && !has_value(attribute, "ignore") {
        Some("`#[ignore]` must say its reason, as in `#[ignore = \"...\"]`")
    } else {
        None
    }
}

fn has_value(attribute: &str, name: &str) -> bool {
    let mut offsets = word_offsets(attribute, name).into_iter();
    offsets.all(|at| attribute[at + name.len()..].trim_start().starts_with('='))
}

/// What stands between the brackets of each `#[..]` and `#![..]`, and where.
fn attributes(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices('#') {
        let rest = code[at + 1..].trim_start_matches('!');
        let Some(inside) = rest.strip_prefix('[') else {
            continue;
        };
        let mut depth = 1_usize;
        let end = inside.find(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        found.push((at, inside[..end.unwrap_or(inside.len())].trim()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(&Source::new("a.rs", text))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn allow_is_found_wherever_it_hides() {
        assert_eq!(lines("\n#[allow(dead_code)]"), [2]);
        assert_eq!(lines("#![allow(\n    dead_code,\n)]"), [1]);
        assert_eq!(lines("#[cfg_attr(feature = \"x\", allow(unused))]"), [1]);
    }

    #[test]
    fn expect_needs_a_reason() {
        assert_eq!(lines("#[expect(deprecated)]"), [1]);
        assert!(lines("#[expect(\n    deprecated,\n    reason = \"none other\"\n)]").is_empty());
    }

    #[test]
    fn ignore_needs_a_reason() {
        assert_eq!(lines("#[ignore]"), [1]);
        assert_eq!(lines("#[cfg_attr(not(feature = \"wgpu\"), ignore)]"), [1]);
        assert!(lines("#[ignore = \"slow\"]").is_empty());
        assert!(lines("#[cfg_attr(not(x), ignore = \"not built in\")]").is_empty());
    }

    #[test]
    fn other_attributes_pass() {
        assert!(lines("#[derive(Debug)] #[arg(ignore_case)] #[test] #[cfg(all(a, b))]").is_empty());
    }
}
