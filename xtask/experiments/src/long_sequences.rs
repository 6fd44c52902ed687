//! The experiment `long-sequences`: what backpropagation over thousands of steps costs in time and memory, whole and in
//! windows.

mod args;
pub mod config;
pub mod learner;
mod measure;
mod results;

pub use args::LongSequencesArgs;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use burn::tensor::Device;
use recurra_cells::kernel;

use crate::Ending;
use crate::cli::Summary;
use crate::devices::{self, DeviceName};
use crate::error::Error;
use crate::report::{Report, Status};
use crate::run_folder::RunFolder;
use crate::settings::to_toml;
use crate::{report, versions};
use config::Config;
use measure::{Outcome, measure};

/// The experiment's name.
const NAME: &str = "long-sequences";

/// The experiment in the list.
pub const SUMMARY: Summary = Summary {
    name: NAME,
    task: "time and memory of long sequences",
    data: "generated",
    expected: "windows: at least 40 times less memory, no longer",
    time: "1 min; --quick 20 s",
};

/// Measures, reports, and says how it ended. Ctrl-C ends it at once: half a measurement is worth no report.
pub fn run(args: &LongSequencesArgs) -> Result<Ending, Error> {
    let started = Instant::now();
    let config = Config::resolve(args)?;
    kernel::set_path(config.path);
    let (device_name, device) = choose(args.run.device)?;
    let folder = RunFolder::create(&args.run.runs, NAME)?;
    folder.write("config.toml", &to_toml(&config))?;
    let seeds = (0..args.run.seeds).map(|index| args.run.seed.wrapping_add(u64::from(index)));
    let outcomes = seeds.map(|seed| measure(&config, seed, &device));
    let outcomes = outcomes.collect::<Result<Vec<Outcome>, Error>>()?;
    let report = Report {
        experiment: NAME,
        status: Status::Ok,
        device: device_name.name(),
        seed: args.run.seed,
        seeds: args.run.seeds,
        quick: args.run.quick,
        config: &config,
        results: results::summary(&outcomes, &config),
        expected: BTreeMap::new(),
        seconds: started.elapsed().as_secs_f64(),
        versions: versions::versions(),
        commit: versions::commit(),
    };
    let page = results::page(&outcomes, &config);
    println!("report: {}", write(&folder, &report, &page)?.display());
    Ok(Ending::Finished)
}

/// A device whose memory is this process's, where it can be counted.
fn choose(asked: Option<DeviceName>) -> Result<(DeviceName, Device), Error> {
    let chosen = devices::choose(asked)?;
    match chosen.0 {
        DeviceName::Flex | DeviceName::Ndarray => Ok(chosen),
        other => Err(Error::CommandLine(format!(
            "{NAME} counts the memory of this process: --device must be flex or ndarray, got {}",
            other.name()
        ))),
    }
}

fn write(
    folder: &RunFolder,
    report: &Report<'_, &Config>,
    page: &report::Page,
) -> Result<PathBuf, Error> {
    folder.write("report.html", &report::html(report, page))?;
    folder.write("report.json", &report::json(report))
}
