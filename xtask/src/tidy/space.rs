//! No trailing white space, and a newline at the end of every file that people write.

use super::Finding;
use super::files::name;

/// Other files hold data, whose bytes are their own affair. A file without an extension is a
/// script or a text.
const EXTENSIONS: [&str; 8] = ["rs", "toml", "md", "py", "sh", "yml", "yaml", "wgsl"];

pub fn check(path: &str, text: &str) -> Vec<Finding> {
    if !is_written(path) || text.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        if line.trim_end() != line {
            findings.push(Finding::new(path, index + 1, "trailing white space"));
        }
    }
    if !text.ends_with('\n') || text.ends_with("\n\n") {
        let last = text.lines().count();
        findings.push(Finding::new(
            path,
            last,
            "file must end in exactly one newline",
        ));
    }
    findings
}

fn is_written(path: &str) -> bool {
    match name(path).trim_start_matches('.').rsplit_once('.') {
        Some((_, extension)) => EXTENSIONS.contains(&extension),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(path, text)
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn trailing_white_space_is_found() {
        assert_eq!(lines("a.rs", "a \nb\n\t\n"), [1, 3]);
        assert_eq!(lines(".ci/run", "a\r\n"), [1]);
    }

    #[test]
    fn the_last_newline_must_be_there_and_be_the_only_one() {
        assert_eq!(lines("a.md", "a\nb"), [2]);
        assert_eq!(lines("a.md", "a\n\n"), [2]);
        assert!(lines("a.md", "a\n").is_empty());
    }

    #[test]
    fn data_keeps_its_bytes() {
        assert!(lines("a.json", "{} ").is_empty());
        assert!(lines("tests/data/words.txt", "a \n").is_empty());
    }
}
