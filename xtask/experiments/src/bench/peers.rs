//! PyTorch and ONNX Runtime, timed by a Python program that works only while it is asked to.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::case::{Case, Cell, Mode, Shape};
use super::rows::Implementation;
use crate::error::Error;

const SCRIPT: &str = include_str!("peers.py");

/// The Python program.
pub struct Peers {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    python: PathBuf,
    versions: String,
    /// Deleted with this value.
    _script: NamedTempFile,
}

/// A network that the Python program holds ready.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Slot(usize);

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Request {
    Prepare {
        cell: Cell,
        shape: Shape,
        mode: Mode,
        path: Implementation,
        threads: usize,
    },
    Run {
        slot: Slot,
        calls: usize,
    },
    Forget {},
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    /// What runs there; the first line.
    Versions(String),
    /// The name of a module that is not installed; the first line.
    Missing(String),
    Slot(Slot),
    Ms(f64),
    Done {},
    Error(String),
}

impl Peers {
    /// Starts the program with this Python.
    ///
    /// # Errors
    ///
    /// If it does not start, or its Python lacks a module.
    pub fn start(python: &Path) -> Result<Self, Error> {
        let script = write_script()?;
        let started = Command::new(python)
            .arg(script.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = started.map_err(|cause| Error::PythonNotStarted {
            program: python.to_owned(),
            cause,
        })?;
        let requests = process.stdin.take().expect("its standard input is piped");
        let answers = process.stdout.take().expect("its standard output is piped");
        let mut peers = Self {
            process,
            requests,
            answers: BufReader::new(answers),
            python: python.to_owned(),
            versions: String::new(),
            _script: script,
        };
        match peers.answer()? {
            Answer::Versions(versions) => peers.versions = versions,
            Answer::Missing(module) => {
                return Err(Error::PythonModuleMissing {
                    program: python.to_owned(),
                    module,
                });
            }
            other => return Err(peers.unexpected(&other)),
        }
        Ok(peers)
    }

    /// What runs there.
    pub fn versions(&self) -> &str {
        &self.versions
    }

    /// Holds a network ready.
    ///
    /// # Errors
    ///
    /// If the program cannot, or has ended.
    pub fn prepare(
        &mut self,
        case: Case,
        path: Implementation,
        threads: usize,
    ) -> Result<Slot, Error> {
        let Case { cell, mode, shape } = case;
        let request = Request::Prepare {
            cell,
            shape,
            mode,
            path,
            threads,
        };
        match self.ask(&request)? {
            Answer::Slot(slot) => Ok(slot),
            other => Err(self.unexpected(&other)),
        }
    }

    /// The mean time of so many calls, in milliseconds.
    ///
    /// # Errors
    ///
    /// If a call fails, or the program has ended.
    pub fn time(&mut self, slot: Slot, calls: usize) -> Result<f64, Error> {
        match self.ask(&Request::Run { slot, calls })? {
            Answer::Ms(milliseconds) => Ok(milliseconds),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Gives up every network.
    ///
    /// # Errors
    ///
    /// If the program has ended.
    pub fn forget(&mut self) -> Result<(), Error> {
        match self.ask(&Request::Forget {})? {
            Answer::Done {} => Ok(()),
            other => Err(self.unexpected(&other)),
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Answer, Error> {
        let mut line = serde_json::to_string(request).expect("names and numbers serialise");
        line.push('\n');
        match self.requests.write_all(line.as_bytes()) {
            // The program has ended; reading says how.
            Err(cause) if cause.kind() == ErrorKind::BrokenPipe => {}
            Err(cause) => return Err(self.failed(cause.to_string())),
            Ok(()) => {}
        }
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer, Error> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Err(cause) => return Err(self.failed(cause.to_string())),
            Ok(0) => {
                let status = self.process.wait();
                let status = status.map_or_else(|cause| cause.to_string(), |s| s.to_string());
                return Err(self.failed(format!("it ended, {status}")));
            }
            Ok(_) => {}
        }
        match serde_json::from_str(&line) {
            Ok(Answer::Error(reason)) => Err(self.failed(reason)),
            Ok(answer) => Ok(answer),
            Err(_) => Err(self.failed(format!("it answered {:?}", line.trim_end()))),
        }
    }

    fn unexpected(&self, answer: &Answer) -> Error {
        self.failed(format!("it answered {answer:?}"))
    }

    fn failed(&self, reason: String) -> Error {
        Error::PythonFailed {
            program: self.python.clone(),
            reason: reason.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // Nothing that it still does is wanted; one that has ended already cannot be ended again.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn write_script() -> Result<NamedTempFile, Error> {
    let failed = |cause| Error::Write {
        path: std::env::temp_dir(),
        cause,
    };
    let mut file = tempfile::Builder::new()
        .prefix("recurra-peers-")
        .suffix(".py")
        .tempfile()
        .map_err(failed)?;
    file.write_all(SCRIPT.as_bytes()).map_err(failed)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_what_the_script_reads() {
        let request = Request::Prepare {
            cell: Cell::Gru,
            shape: [1, 2, 3, 4],
            mode: Mode::Step,
            path: Implementation::OnnxRuntime,
            threads: 1,
        };
        let json = serde_json::to_string(&request).expect("it serialises");
        let expected = r#"{"prepare":{"cell":"gru","shape":[1,2,3,4],"mode":"step","path":"onnxruntime","threads":1}}"#;
        assert_eq!(json, expected);
        let run = Request::Run {
            slot: Slot(3),
            calls: 5,
        };
        let json = serde_json::to_string(&run).expect("it serialises");
        assert_eq!(json, r#"{"run":{"slot":3,"calls":5}}"#);
        let json = serde_json::to_string(&Request::Forget {}).expect("it serialises");
        assert_eq!(json, r#"{"forget":{}}"#);
    }

    #[test]
    fn answers_are_what_the_script_writes() {
        let read = |line| serde_json::from_str::<Answer>(line).expect(line);
        assert!(matches!(read(r#"{"slot": 3}"#), Answer::Slot(Slot(3))));
        assert!(matches!(read(r#"{"ms": 0.5}"#), Answer::Ms(0.5)));
        assert!(matches!(read(r#"{"done": {}}"#), Answer::Done {}));
        assert!(matches!(read(r#"{"missing": "onnx"}"#), Answer::Missing(_)));
        assert!(matches!(read(r#"{"versions": "1"}"#), Answer::Versions(_)));
        assert!(matches!(read(r#"{"error": "no"}"#), Answer::Error(_)));
    }

    #[test]
    fn a_python_that_is_not_there_is_bad_usage() {
        let refused = Peers::start(Path::new("no/such/python")).err();
        assert!(matches!(refused, Some(Error::PythonNotStarted { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_ends_at_once_is_told() {
        let refused = Peers::start(Path::new("true")).err();
        let text = refused.expect("`true` answers nothing").to_string();
        assert!(text.contains("it ended, exit status: 0"), "{text}");
    }
}
