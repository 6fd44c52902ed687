//! Each module says what it is for, and neither files nor functions grow long.

use std::ops::Range;

use super::Finding;
use super::files::{is_below, name};
use super::rust::Source;

/// `lib.rs` is a table of contents.
const LIB_LINES: usize = 39;
const FILE_LINES: usize = 300;
const FUNCTION_LINES: usize = 40;

pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !source.text.starts_with("//!") {
        findings.push(Finding::new(
            source.path,
            1,
            "module must begin with a `//!` doc",
        ));
    }
    findings.extend(long_file(source));
    if !is_test_file(source.path) {
        findings.extend(long_functions(source));
    }
    findings
}

fn is_test_file(path: &str) -> bool {
    is_below(path, "tests") || is_below(path, "benches") || name(path) == "tests.rs"
}

fn long_file(source: &Source) -> Option<Finding> {
    let lines = source.text.lines().count();
    let (limit, what) = if name(source.path) == "lib.rs" {
        (LIB_LINES, "lib.rs")
    } else {
        (FILE_LINES, "file")
    };
    let is_exempt = is_test_file(source.path) || is_below(source.path, "kernel");
    (lines > limit && !is_exempt).then(|| {
        let message = format!("{what} must have at most {limit} lines, has {lines}");
        Finding::new(source.path, limit + 1, message)
    })
}

fn long_functions(source: &Source) -> Vec<Finding> {
    let tests = test_items(&source.code);
    let mut findings = Vec::new();
    for at in source.word_offsets("fn") {
        let Some(body) = body(&source.code, at) else {
            continue;
        };
        let first = source.line_of(at);
        let lines = source.line_of(body.end) - first + 1;
        if lines > FUNCTION_LINES && !tests.iter().any(|test| test.contains(&at)) {
            let message = format!("function must have at most {FUNCTION_LINES} lines, has {lines}");
            findings.push(Finding::new(source.path, first, message));
        }
    }
    findings
}

/// What `#[cfg(test)]` and `#[test]` stand before.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let marks = ["#[cfg(test)]", "#[cfg(all(test", "#[test]"];
    let starts = marks.iter().flat_map(|mark| code.match_indices(mark));
    starts
        .filter_map(|(at, _)| body(code, at).map(|body| at..body.end))
        .collect()
}

/// The braces that follow, from the opening one to before the closing one. A `;` outside of
/// brackets comes first where an item has no body.
fn body(code: &str, from: usize) -> Option<Range<usize>> {
    let (mut brackets, mut braces, mut start) = (0_usize, 0_usize, None);
    for (at, byte) in (from..).zip(code[from..].bytes()) {
        match (byte, start) {
            (b'(' | b'[', None) => brackets += 1,
            (b')' | b']', None) => brackets = brackets.saturating_sub(1),
            (b';', None) if brackets == 0 => return None,
            (b'{', None) if brackets == 0 => (start, braces) = (Some(at), 1),
            (b'{', Some(_)) => braces += 1,
            (b'}', Some(first)) if braces == 1 => return Some(first..at),
            (b'}', Some(_)) => braces -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let findings = check(&Source::new(path, text));
        findings.iter().map(Finding::to_string).collect()
    }

    fn function(lines: usize) -> String {
        format!(
            "fn f<'a>(x: [u8; 2]) {{\n{}}}\n",
            "    { g('}'); }\n".repeat(lines - 2)
        )
    }

    #[test]
    fn a_module_without_doc_is_found() {
        assert_eq!(
            messages("a.rs", "use x;\n"),
            ["a.rs:1: module must begin with a `//!` doc"]
        );
        assert!(messages("a.rs", "//! A.\n").is_empty());
    }

    #[test]
    fn long_files_are_found_but_not_in_exempt_folders() {
        let text = "//! A.\n".repeat(301);
        assert_eq!(
            messages("a/b.rs", &text),
            ["a/b.rs:301: file must have at most 300 lines, has 301"]
        );
        assert!(messages("a/src/kernel/b.rs", &text).is_empty());
        assert!(messages("a/tests/b.rs", &text).is_empty());
    }

    #[test]
    fn lib_is_a_table_of_contents() {
        let text = "//! A.\n".repeat(40);
        assert_eq!(
            messages("a/src/lib.rs", &text),
            ["a/src/lib.rs:40: lib.rs must have at most 39 lines, has 40"]
        );
    }

    #[test]
    fn long_functions_are_found() {
        let text = format!("//! A.\n{}{}", function(40), function(41));
        assert_eq!(
            messages("a.rs", &text),
            ["a.rs:42: function must have at most 40 lines, has 41"]
        );
    }

    #[test]
    fn tests_may_be_long() {
        let long = function(80);
        let text = format!("//! A.\n#[cfg(test)]\nmod tests {{\n{long}}}\n#[test]\n{long}");
        assert!(messages("a.rs", &text).is_empty());
        assert!(messages("a/tests/b.rs", &format!("//! A.\n{long}")).is_empty());
        let behind = format!("//! A.\n#[cfg(test)]\nmod tests;\n{long}");
        assert_eq!(messages("a.rs", &behind).len(), 1);
    }
}
