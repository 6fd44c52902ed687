//! `unsafe` stands only in kernels, and each use says why it is sound.

use super::Finding;
use super::files::is_below;
use super::rust::Source;

/// How far above `unsafe` its comment may begin.
const REACH: usize = 6;

pub fn check(source: &Source) -> Vec<Finding> {
    let comments: Vec<&str> = source.comments.lines().collect();
    let mut findings = Vec::new();
    for at in source.word_offsets("unsafe") {
        let line = source.line_of(at);
        let near = &comments[line.saturating_sub(REACH + 1)..line.min(comments.len())];
        if !is_below(source.path, "kernel") {
            let message = "`unsafe` must stay below a `kernel` folder";
            findings.push(Finding::new(source.path, line, message));
        } else if !near.iter().any(|comment| is_justification(comment))
            && !is_of_a_trait(&source.code[..at], &source.code[at..])
        {
            let message = "`unsafe` needs a `SAFETY:` comment right above it";
            findings.push(Finding::new(source.path, line, message));
        }
    }
    findings
}

/// An unsafe function says in its doc what its caller owes.
fn is_justification(comment: &str) -> bool {
    comment.contains("SAFETY:") || comment.contains("# Safety")
}

/// Whether this is a method whose trait has said what its caller owes.
fn is_of_a_trait(before: &str, from: &str) -> bool {
    let item = before
        .lines()
        .rev()
        .find(|line| line.starts_with(char::is_alphabetic) && !line.starts_with("where"));
    let within_impl = item.is_some_and(|item| item.starts_with("impl") && item.contains(" for "));
    let method = before.ends_with("    ") || before.ends_with("pub ");
    within_impl && method && from.starts_with("unsafe fn")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Source::new(path, text))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn unsafe_outside_a_kernel_is_found() {
        let text = "// SAFETY: fine.\nunsafe { f() }";
        assert_eq!(lines("a/src/kernel.rs", text), [2]);
        assert!(lines("a/src/kernel/cpu.rs", text).is_empty());
    }

    #[test]
    fn unsafe_without_its_comment_is_found() {
        let far = format!("// SAFETY: fine.\n{}unsafe {{ f() }}", "g();\n".repeat(6));
        assert_eq!(lines("kernel/a.rs", "unsafe { f() }"), [1]);
        assert_eq!(lines("kernel/a.rs", &far), [8]);
        assert!(
            lines(
                "kernel/a.rs",
                "/// # Safety\n/// `p` is valid.\nunsafe fn f() {}"
            )
            .is_empty()
        );
    }

    #[test]
    fn a_trait_speaks_for_its_implementations() {
        let text = "impl T for S {\n    unsafe fn f() {\n        unsafe { g() }\n    }\n}\n";
        assert_eq!(lines("kernel/a.rs", text), [3]);
        assert_eq!(lines("kernel/a.rs", &text.replace(" for S", "")), [2, 3]);
    }

    #[test]
    fn the_word_in_prose_and_in_lint_names_is_not() {
        assert!(lines("a.rs", "// unsafe\n#![deny(unsafe_code)] \"unsafe\"").is_empty());
    }
}
