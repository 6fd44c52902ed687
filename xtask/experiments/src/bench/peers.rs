//! PyTorch and ONNX Runtime, timed by a Python program that works only while it is asked to.

use std::path::Path;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::case::{Case, Cell, Mode, Shape};
use super::rows::Implementation;
use crate::error::Error;
use crate::python::Python;

const SCRIPT: &str = include_str!("peers.py");

/// The Python program.
pub struct Peers(Python);

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

/// What is answered, each under its own name.
#[derive(Debug, Deserialize)]
struct Held {
    slot: Slot,
}

#[derive(Debug, Deserialize)]
struct Time {
    ms: f64,
}

impl Peers {
    /// Starts the program with this Python.
    ///
    /// # Errors
    ///
    /// If it does not start, or its Python lacks a module.
    pub fn start(python: &Path) -> Result<Self, Error> {
        Python::start(python, SCRIPT).map(Self)
    }

    /// What runs there.
    pub fn versions(&self) -> &str {
        self.0.versions()
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
        Ok(self.0.ask::<Held>(&request)?.slot)
    }

    /// The mean time of so many calls, in milliseconds.
    ///
    /// # Errors
    ///
    /// If a call fails, or the program has ended.
    pub fn time(&mut self, slot: Slot, calls: usize) -> Result<f64, Error> {
        Ok(self.0.ask::<Time>(&Request::Run { slot, calls })?.ms)
    }

    /// Gives up every network.
    ///
    /// # Errors
    ///
    /// If the program has ended.
    pub fn forget(&mut self) -> Result<(), Error> {
        self.0.ask::<IgnoredAny>(&Request::Forget {})?;
        Ok(())
    }
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
        let held: Held = serde_json::from_str(r#"{"slot": 3}"#).expect("a slot");
        assert_eq!(held.slot.0, 3);
        let time: Time = serde_json::from_str(r#"{"ms": 0.5}"#).expect("a time");
        assert_eq!(time.ms, 0.5);
    }
}
