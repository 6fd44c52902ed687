//! A Python program that works only while it is asked to: one JSON request a line, one JSON answer a line.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::error::Error;

/// The program.
pub struct Python {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    program: PathBuf,
    versions: String,
    /// Deleted with this value.
    _script: NamedTempFile,
}

/// What stands in an answer besides what was asked for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Answer<A> {
    Error { error: String },
    Asked(A),
}

/// The first line, which is not asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Greeting {
    /// What runs there.
    Versions(String),
    /// The name of a module that is not installed.
    Missing(String),
}

impl Python {
    /// Starts `script` with this Python.
    ///
    /// # Errors
    ///
    /// If it does not start, or its Python lacks a module.
    pub fn start(program: &Path, script: &str) -> Result<Self, Error> {
        let script = write(script)?;
        let started = Command::new(program)
            .arg(script.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = started.map_err(|cause| Error::PythonNotStarted {
            program: program.to_owned(),
            cause,
        })?;
        let requests = process.stdin.take().expect("its standard input is piped");
        let answers = process.stdout.take().expect("its standard output is piped");
        let mut python = Self {
            process,
            requests,
            answers: BufReader::new(answers),
            program: program.to_owned(),
            versions: String::new(),
            _script: script,
        };
        match python.answer()? {
            Greeting::Versions(versions) => python.versions = versions,
            Greeting::Missing(module) => {
                return Err(Error::PythonModuleMissing {
                    program: program.to_owned(),
                    module,
                });
            }
        }
        Ok(python)
    }

    /// What runs there.
    pub fn versions(&self) -> &str {
        &self.versions
    }

    /// The answer to a request.
    ///
    /// # Errors
    ///
    /// If the program cannot do it, answers something else, or has ended.
    pub fn ask<A: DeserializeOwned>(&mut self, request: &impl Serialize) -> Result<A, Error> {
        let mut line = serde_json::to_string(request).expect("names and numbers serialise");
        line.push('\n');
        match self.requests.write_all(line.as_bytes()) {
            // The program has ended; reading says how.
            Err(cause) if cause.kind() == ErrorKind::BrokenPipe => {}
            Err(cause) => return Err(self.failed(&cause.to_string())),
            Ok(()) => {}
        }
        self.answer()
    }

    fn answer<A: DeserializeOwned>(&mut self) -> Result<A, Error> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Err(cause) => return Err(self.failed(&cause.to_string())),
            Ok(0) => {
                let status = self.process.wait();
                let status = status.map_or_else(|cause| cause.to_string(), |s| s.to_string());
                return Err(self.failed(&format!("it ended, {status}")));
            }
            Ok(_) => {}
        }
        match serde_json::from_str(&line) {
            Ok(Answer::Error { error }) => Err(self.failed(&error)),
            Ok(Answer::Asked(answer)) => Ok(answer),
            Err(_) => Err(self.failed(&format!("it answered {:?}", line.trim_end()))),
        }
    }

    fn failed(&self, reason: &str) -> Error {
        Error::PythonFailed {
            program: self.program.clone(),
            reason: reason.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // Nothing that it still does is wanted; one that has ended already cannot be ended again.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn write(script: &str) -> Result<NamedTempFile, Error> {
    let failed = |cause| Error::Write {
        path: std::env::temp_dir(),
        cause,
    };
    let mut file = tempfile::Builder::new()
        .prefix("recurra-")
        .suffix(".py")
        .tempfile()
        .map_err(failed)?;
    file.write_all(script.as_bytes()).map_err(failed)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_errors_are_told_apart() {
        let read = |line| serde_json::from_str::<Answer<usize>>(line);
        assert!(matches!(read("3"), Ok(Answer::Asked(3))));
        assert!(matches!(
            read(r#"{"error": "no"}"#),
            Ok(Answer::Error { .. })
        ));
        assert!(read(r#"{"slot": 3}"#).is_err());
        let greeting = |line| serde_json::from_str::<Greeting>(line).expect(line);
        assert!(matches!(
            greeting(r#"{"missing": "onnx"}"#),
            Greeting::Missing(_)
        ));
        assert!(matches!(
            greeting(r#"{"versions": "1"}"#),
            Greeting::Versions(_)
        ));
    }

    #[test]
    fn a_python_that_is_not_there_is_bad_usage() {
        let refused = Python::start(Path::new("no/such/python"), "").err();
        assert!(matches!(refused, Some(Error::PythonNotStarted { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_ends_at_once_is_told() {
        let refused = Python::start(Path::new("true"), "").err();
        let text = refused.expect("`true` answers nothing").to_string();
        assert!(text.contains("it ended, exit status: 0"), "{text}");
    }
}
