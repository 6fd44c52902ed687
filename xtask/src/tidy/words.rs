//! Nothing unfinished is left behind.

use super::Finding;
use super::rust::{Source, word_offsets};

const MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];
const MARKS: [&str; 2] = ["FIXME", "XXX"];

pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in MACROS {
        for at in source.word_offsets(name) {
            if source.code[at + name.len()..].starts_with("!(") {
                let message = format!("`{name}!` must not be left in the code");
                findings.push(Finding::new(source.path, source.line_of(at), message));
            }
        }
    }
    for (index, line) in source.comments.lines().enumerate() {
        for mark in MARKS {
            if !word_offsets(line, mark).is_empty() {
                let message = format!("`{mark}` must be settled, not noted");
                findings.push(Finding::new(source.path, index + 1, message));
            }
        }
    }
    findings
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
    fn unfinished_code_is_found() {
        assert_eq!(lines("a\ntodo!()\n"), [2]);
        assert_eq!(lines("unimplemented!(\"later\")"), [1]);
        assert_eq!(lines("let x = dbg!(y);"), [1]);
    }

    #[test]
    fn marks_in_comments_are_found() {
        assert_eq!(lines("a // FIXME: b\n/* c\nXXX */"), [1, 3]);
    }

    #[test]
    fn strings_and_longer_words_are_not() {
        assert!(lines("\"todo!() FIXME\" my_dbg!() // XXXL").is_empty());
    }
}
