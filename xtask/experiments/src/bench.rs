//! `bench`: the paths of each cell against each other, side by side in one run.

pub mod case;
mod contest;
pub mod measure;
pub mod networks;
mod peers;
mod rows;
mod scaling;
mod training;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use burn::tensor::Device;
use recurra_cells::kernel;
use serde::Serialize;

use crate::devices::{self, DeviceName};
use crate::error::Error;
use case::{Case, Selection};
use contest::Contest;
use measure::Effort;
use peers::Peers;
use rows::Row;
use scaling::Curves;

/// What `bench` is told.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// Where to compute; without it flex and then ndarray (--scaling: flex), or the first device that this build has
    #[arg(long)]
    pub device: Option<DeviceName>,
    /// Fewer rounds
    #[arg(long)]
    pub quick: bool,
    /// Also write the rows to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Also time PyTorch and ONNX Runtime, in the same rounds, with this Python (modules torch, onnx, onnxruntime, numpy)
    #[arg(long, value_name = "PYTHON")]
    pub torch: Option<PathBuf>,
    /// How time grows with T, with B and with H, for LSTM and GRU unless --cell says otherwise, instead of the table
    #[arg(long)]
    pub scaling: bool,
    /// The threads of a training step, ours and PyTorch's; as many as the machine has unless told otherwise. Inference
    /// and streaming always have one. burn's own operations take as many as RAYON_NUM_THREADS says
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    #[command(flatten)]
    pub selection: Selection,
}

/// What is to be measured, once the command line is known to be sound.
enum Plan {
    Table(Vec<Case>),
    Scaling(Curves),
}

/// Measures what is asked for, prints it as a table, and writes the rows where asked.
///
/// # Errors
///
/// If the command line makes no sense, a device or Python is not there, or a path fails; rows from before that are kept.
pub fn run(args: &BenchArgs) -> Result<(), Error> {
    let plan = if args.scaling {
        Plan::Scaling(Curves::new(&args.selection)?)
    } else {
        Plan::Table(args.selection.cases()?)
    };
    let mut devices = chosen(args.device)?;
    if let Some(file) = &args.json {
        rows::check_writable(file)?;
    }
    let peers = args.torch.as_deref().map(Peers::start).transpose()?;
    let peers = peers.map(RefCell::new);
    let pool = all_threads();
    let threads = args.threads.unwrap_or(pool);
    let contest = |(name, device)| Contest {
        device,
        name,
        effort: effort(args),
        threads,
        pool,
        peers: peers.as_ref(),
    };
    print_preface(threads, peers.as_ref());
    match plan {
        Plan::Table(cases) => {
            let contests: Vec<Contest<'_>> = devices.into_iter().map(contest).collect();
            keep(args.json.as_deref(), |rows| table(&contests, &cases, rows))
        }
        Plan::Scaling(curves) => {
            let contest = contest(devices.swap_remove(0));
            keep(args.json.as_deref(), |points| {
                curves.measure(&contest, points)
            })
        }
    }
}

/// The device asked for; otherwise the CPU's devices that this build has, or its first.
fn chosen(asked: Option<DeviceName>) -> Result<Vec<(DeviceName, Device)>, Error> {
    if asked.is_some() {
        return Ok(vec![devices::choose(asked)?]);
    }
    let mut chosen = Vec::new();
    for name in [DeviceName::Flex, DeviceName::Ndarray] {
        match devices::choose(Some(name)) {
            Err(Error::DeviceNotBuilt { .. }) => {}
            device => chosen.push(device?),
        }
    }
    if chosen.is_empty() {
        chosen.push(devices::choose(None)?);
    }
    Ok(chosen)
}

fn effort(args: &BenchArgs) -> Effort {
    Effort {
        warm_up: if args.quick { 1 } else { 3 },
        at_least: if args.quick { 5 } else { 15 },
        at_most: if args.quick { 5 } else { 60 },
        budget: match (args.quick, args.scaling) {
            (true, _) => Duration::ZERO,
            (false, true) => Duration::from_secs(2),
            (false, false) => Duration::from_secs(5),
        },
    }
}

/// As many as our kernels would take.
fn all_threads() -> NonZeroUsize {
    kernel::set_threads(None);
    NonZeroUsize::new(kernel::threads()).unwrap_or(NonZeroUsize::MIN)
}

fn print_preface(threads: NonZeroUsize, peers: Option<&RefCell<Peers>>) {
    println!(
        "Times in milliseconds. Every path of a case ran once in each round. The ratio is the"
    );
    println!("time of the case's first path divided by this one's, the median over rounds: below");
    println!(
        "1, the first is faster. Training has up to {threads} threads, inference one; burn's own"
    );
    println!("operations take what their pool has.");
    if let Some(peers) = peers {
        println!("{}.", peers.borrow().versions());
    }
}

fn table(contests: &[Contest<'_>], cases: &[Case], rows: &mut Vec<Row>) -> Result<(), Error> {
    for contest in contests {
        println!("\n{}", contest.name.name());
        rows::print_header();
        for &case in cases {
            let measured = contest.rows(case, contest::ALL)?;
            measured.iter().for_each(rows::print);
            rows.extend(measured);
        }
    }
    Ok(())
}

/// Writes what was measured, also where an error ended it.
fn keep<R: Serialize>(
    file: Option<&Path>,
    measure: impl FnOnce(&mut Vec<R>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut rows = Vec::new();
    let outcome = measure(&mut rows);
    match file {
        Some(file) if !rows.is_empty() => rows::write_json(file, &rows).and(outcome),
        _ => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_from_before_an_error_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("rows.json");
        let outcome = keep(Some(&file), |rows| {
            rows.push(1);
            Err(Error::CommandLine("no".to_owned()))
        });
        assert!(outcome.is_err());
        let text = std::fs::read_to_string(&file).expect("it is written");
        assert_eq!(text.split_whitespace().collect::<String>(), "[1]");
    }
}
