//! The rows of the table and of the JSON file.

use std::fs::OpenOptions;
use std::path::Path;

use serde::Serialize;

use super::case::{Case, Cell, Mode, Shape};
use super::measure::Times;
use crate::error::Error;

/// Which implementation ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Implementation {
    /// Our handle with packed weights, on slices.
    Handle,
    /// Our tensor API, a sequence in one operation.
    Fused,
    /// Our tensor API, one step at a time.
    Stepwise,
    /// `burn::nn`.
    Burn,
    /// PyTorch.
    Torch,
    /// ONNX Runtime.
    OnnxRuntime,
}

/// One row of the JSON file.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub cell: Cell,
    pub shape: Shape,
    pub mode: Mode,
    /// The device of our paths and burn's; PyTorch and ONNX Runtime ran beside it on the CPU.
    pub device: &'static str,
    pub path: Implementation,
    pub median_ms: f64,
    pub p10_ms: f64,
    pub p90_ms: f64,
    /// The number of samples.
    pub runs: usize,
    /// The calls whose mean is one sample.
    pub calls: usize,
    /// The most threads that this path uses.
    pub threads: usize,
    /// The first path's time divided by this path's, the median over rounds; absent in the first path's own row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// The first path.
    pub ratio_of: Implementation,
}

impl Row {
    /// What `path` took, next to what `first`, of the same rounds, took.
    pub fn new(
        case: Case,
        device: &'static str,
        (path, threads): (Implementation, usize),
        times: &Times,
        (first, first_times): (Implementation, &Times),
    ) -> Self {
        Self {
            cell: case.cell,
            shape: case.shape,
            mode: case.mode,
            device,
            path,
            median_ms: times.quantile(0.5),
            p10_ms: times.quantile(0.1),
            p90_ms: times.quantile(0.9),
            runs: times.runs(),
            calls: case.calls(),
            threads,
            ratio: (path != first).then(|| first_times.ratio(times)),
            ratio_of: first,
        }
    }
}

/// Prints the names of the columns.
pub fn print_header() {
    println!(
        "{:9} {:6} {:>20} {:12} {:>7} {:>10} {:>10} {:>10} {:>7}",
        "cell", "mode", "[B, T, D, H]", "path", "threads", "median", "p10", "p90", "ratio"
    );
}

/// Prints one row.
pub fn print(row: &Row) {
    println!(
        "{:9} {:6} {:>20} {:12} {:>7} {:10.4} {:10.4} {:10.4} {:>7}",
        lower(&row.cell),
        lower(&row.mode),
        format!("{:?}", row.shape),
        lower(&row.path),
        row.threads,
        row.median_ms,
        row.p10_ms,
        row.p90_ms,
        ratio(row)
    );
}

/// A row's ratio in the table; nothing for the path that the others are compared with.
pub fn ratio(row: &Row) -> String {
    row.ratio
        .map_or(String::new(), |ratio| format!("{ratio:.3}"))
}

/// A variant's name as the JSON file has it.
pub fn lower(name: &dyn std::fmt::Debug) -> String {
    format!("{name:?}").to_lowercase()
}

/// A path that cannot be written to must not cost a whole measurement; what is there stays until there is better.
///
/// # Errors
///
/// If it cannot be opened.
pub fn check_writable(path: &Path) -> Result<(), Error> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map(drop).map_err(|cause| Error::Write {
        path: path.to_owned(),
        cause,
    })
}

/// Writes the rows as one JSON list.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write_json(path: &Path, rows: &[impl Serialize]) -> Result<(), Error> {
    let json = serde_json::to_string_pretty(rows).expect("rows of numbers and names serialise");
    std::fs::write(path, json).map_err(|cause| Error::Write {
        path: path.to_owned(),
        cause,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measure::{Effort, here, in_turn};

    #[test]
    fn a_row_has_the_names_that_scripts_read() {
        let case = Case {
            cell: Cell::Bilstm,
            mode: Mode::Infer,
            shape: [1, 64, 128, 128],
        };
        let effort = Effort {
            warm_up: 0,
            at_least: 1,
            at_most: 1,
            budget: std::time::Duration::ZERO,
        };
        let mut ways = [here(Box::new(|| {})), here(Box::new(|| {}))];
        let times = in_turn(effort, 1000, &mut ways).expect("nothing fails");
        let first = (Implementation::Handle, &times[0]);
        let path = (Implementation::OnnxRuntime, 1);
        let row = Row::new(case, "flex", path, &times[1], first);
        let json = serde_json::to_value(&row).expect("a row serialises");
        for (key, expected) in [
            ("cell", "bilstm"),
            ("mode", "infer"),
            ("device", "flex"),
            ("path", "onnxruntime"),
            ("ratio_of", "handle"),
        ] {
            assert_eq!(json[key], expected);
        }
        for key in ["median_ms", "p10_ms", "p90_ms", "ratio"] {
            assert!(json[key].is_f64(), "{key}");
        }
        assert_eq!(json["threads"], 1);
        assert_eq!(lower(&row.path), "onnxruntime");
        let own = Row::new(case, "flex", (Implementation::Handle, 1), &times[0], first);
        assert_eq!(own.ratio, None);
    }
}
