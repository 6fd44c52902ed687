//! `bench`: the paths of each cell against each other, side by side in one run.

mod measure;
mod networks;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use burn::tensor::Device;
use serde::Serialize;

use crate::devices::{self, DeviceName};
use crate::error::Error;
use measure::{Effort, Times, in_turn};
use networks::{Cell, Mode, Shape, Way};

/// What `bench` is told.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// Where to compute; the first of flex, ndarray, wgpu and cuda that this build has
    #[arg(long)]
    pub device: Option<DeviceName>,
    /// Fewer rounds
    #[arg(long)]
    pub quick: bool,
    /// Also write the rows to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Which implementation ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Implementation {
    Stepwise,
    Burn,
}

/// One row of the JSON file.
#[derive(Debug, Serialize)]
struct Row {
    cell: Cell,
    shape: Shape,
    mode: Mode,
    device: &'static str,
    path: Implementation,
    median_ms: f64,
    p10_ms: f64,
    p90_ms: f64,
    runs: usize,
    threads: usize,
}

/// A cell in one mode, on one shape.
#[derive(Clone, Copy)]
struct Case {
    cell: Cell,
    mode: Mode,
    shape: Shape,
}

const CELLS: [Cell; 5] = [
    Cell::Rnn,
    Cell::Lstm,
    Cell::Peephole,
    Cell::Gru,
    Cell::Bilstm,
];

/// The shapes `[B, T, D, H]` of each mode.
const SHAPES: [(Mode, &[Shape]); 3] = [
    (
        Mode::Train,
        &[[32, 64, 256, 256], [64, 128, 128, 128], [16, 512, 64, 64]],
    ),
    (Mode::Infer, &[[1, 64, 128, 128], [32, 64, 256, 256]]),
    (Mode::Step, &[[1, 1, 128, 128]]),
];

/// Measures every cell in every mode, prints a table, and writes the rows where asked.
pub fn run(args: &BenchArgs) -> Result<(), Error> {
    let (name, device) = devices::choose(args.device)?;
    let effort = Effort {
        warm_up: if args.quick { 1 } else { 3 },
        rounds: if args.quick { 5 } else { 30 },
        at_most: Duration::from_secs(if args.quick { 5 } else { 20 }),
    };
    println!(
        "Times in milliseconds on {}. The last column is ours divided by burn's,",
        name.name()
    );
    println!("the median over rounds in which both ran in turn: below 1, ours is faster.\n");
    println!(
        "{:9} {:6} {:>20} {:9} {:>10} {:>10} {:>10} {:>6}",
        "cell", "mode", "[B, T, D, H]", "path", "median", "p10", "p90", "ratio"
    );
    if let Some(file) = &args.json {
        check_writable(file)?;
    }
    let mut rows = Vec::new();
    for case in cases() {
        rows.extend(measure_case(case, &device, name.name(), effort));
    }
    match &args.json {
        Some(file) => write_json(file, &rows),
        None => Ok(()),
    }
}

/// Every cell in every mode and shape, but for a bidirectional network's streaming, which does not exist.
fn cases() -> impl Iterator<Item = Case> {
    SHAPES
        .iter()
        .flat_map(|&(mode, shapes)| shapes.iter().map(move |&shape| (mode, shape)))
        .flat_map(|(mode, shape)| CELLS.map(|cell| Case { cell, mode, shape }))
        .filter(|case| (case.cell, case.mode) != (Cell::Bilstm, Mode::Step))
}

/// Our path and burn's, in turn.
fn measure_case(case: Case, device: &Device, name: &'static str, effort: Effort) -> Vec<Row> {
    let mut ways: Vec<Way> = vec![networks::ours(case.cell, case.mode, case.shape, device)];
    ways.extend(networks::burns(case.cell, case.mode, case.shape, device));
    let times = in_turn(effort, &mut ways);
    let ratio = times.get(1).map(|burns| times[0].ratio(burns));
    let paths = [
        (Implementation::Stepwise, ratio),
        (Implementation::Burn, None),
    ];
    let rows = times.iter().zip(paths).map(|(times, (path, ratio))| {
        let row = row(case, name, path, times);
        print_row(&row, ratio);
        row
    });
    rows.collect()
}

fn row(case: Case, device: &'static str, path: Implementation, times: &Times) -> Row {
    Row {
        cell: case.cell,
        shape: case.shape,
        mode: case.mode,
        device,
        path,
        median_ms: times.quantile(0.5),
        p10_ms: times.quantile(0.1),
        p90_ms: times.quantile(0.9),
        runs: times.runs(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    }
}

fn print_row(row: &Row, ratio: Option<f64>) {
    let lower = |name: &dyn std::fmt::Debug| format!("{name:?}").to_lowercase();
    println!(
        "{:9} {:6} {:>20} {:9} {:10.3} {:10.3} {:10.3} {:>6}",
        lower(&row.cell),
        lower(&row.mode),
        format!("{:?}", row.shape),
        lower(&row.path),
        row.median_ms,
        row.p10_ms,
        row.p90_ms,
        ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"))
    );
}

/// A path that cannot be written to must not cost a whole measurement; what is there stays until there is better.
fn check_writable(path: &Path) -> Result<(), Error> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map(drop).map_err(|cause| Error::Write {
        path: path.to_owned(),
        cause,
    })
}

fn write_json(path: &Path, rows: &[Row]) -> Result<(), Error> {
    let json = serde_json::to_string_pretty(rows).expect("rows of numbers and names serialise");
    std::fs::write(path, json).map_err(|cause| Error::Write {
        path: path.to_owned(),
        cause,
    })
}
