//! `cargo xtask tidy`: what a machine can check of the habits, in process and in under a second.
//!
//! Every check is a pure function from a file's text to its findings, one module for each group.

mod attributes;
mod files;
mod layers;
mod links;
mod manifests;
mod rust;
mod size;
mod space;
mod unsafe_code;
mod words;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;

use crate::error::Error;
use files::File;

/// One departure from the habits.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        let (path, message) = (path.to_owned(), message.into());
        Self {
            path,
            line,
            message,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

pub fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    if let Some(extra) = args.first() {
        return Err(Error::Usage(format!(
            "tidy takes no arguments, got {extra:?}"
        )));
    }
    check().map(|()| ExitCode::SUCCESS)
}

/// Prints the findings; any of them is a failure.
pub fn check() -> Result<(), Error> {
    let files = files::all()?;
    let findings = findings(&files);
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(Error::Failed(format!(
            "tidy found {count} departures from the habits"
        ))),
    }
}

fn findings(files: &[File]) -> Vec<Finding> {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut findings = Vec::new();
    for File { path, text } in files {
        if let Some(text) = text {
            findings.extend(space::check(path, text));
            findings.extend(by_kind(path, text, &paths));
        }
    }
    findings.sort();
    findings
}

fn by_kind(path: &str, text: &str, paths: &BTreeSet<&str>) -> Vec<Finding> {
    if path.ends_with(".rs") {
        let source = rust::Source::new(path, text);
        let checks = [
            size::check,
            words::check,
            attributes::check,
            unsafe_code::check,
        ];
        checks.iter().flat_map(|check| check(&source)).collect()
    } else if path.ends_with(".md") {
        links::check(path, text, paths)
    } else if files::name(path) == "Cargo.toml" {
        let mut findings = manifests::check(path, text);
        findings.extend(layers::check(path, text));
        findings
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_as_compilers_write_them() {
        let finding = Finding::new("cells/src/gru.rs", 7, "too long");
        assert_eq!(finding.to_string(), "cells/src/gru.rs:7: too long");
    }

    #[test]
    fn each_kind_of_file_meets_its_checks() {
        let file = |path: &str, text: &str| File {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        };
        let files = [
            file("a.rs", "fn undocumented() {}\n"),
            file("b.md", "[gone](gone.md)\n"),
            file("c/Cargo.toml", "[package]\nname = \"c\"\n"),
            file("d.py", "x = 1 \n"),
        ];
        let found: BTreeSet<_> = findings(&files).into_iter().map(|f| f.path).collect();
        assert_eq!(found.len(), files.len(), "{found:?}");
    }
}
