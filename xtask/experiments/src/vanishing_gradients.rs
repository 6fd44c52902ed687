//! The experiment `vanishing-gradients`: how far back the gradients of each of the four cells reach, before and after
//! learning a task that needs them to.

mod args;
mod config;
pub mod model;
mod results;
mod train;

pub use args::VanishingGradientsArgs;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use recurra_cells::kernel;

use crate::Ending;
use crate::cli::Summary;
use crate::devices::{self, DeviceName};
use crate::error::Error;
use crate::metrics::Metrics;
use crate::progress::Display;
use crate::report::{Report, Status};
use crate::run_folder::RunFolder;
use crate::settings::to_toml;
use crate::{interrupt, report, versions};
use config::Config;
use train::{Outcome, Trainer};

/// The experiment's name.
const NAME: &str = "vanishing-gradients";

/// The experiment in the list.
pub const SUMMARY: Summary = Summary {
    name: NAME,
    task: "recall the first token of a sequence",
    data: "generated",
    expected: "factor a step, untrained: RNN 0.73, gated cells 0.985",
    time: "1 min; --quick 10 s",
};

/// Measures, trains, measures again, reports, and says how it ended.
pub fn run(args: &VanishingGradientsArgs) -> Result<Ending, Error> {
    let started = Instant::now();
    let config = Config::resolve(args)?;
    kernel::set_path(config.path);
    let (device_name, device) = devices::choose(args.run.device)?;
    interrupt::watch()?;
    let folder = RunFolder::create(&args.run.runs, NAME)?;
    folder.write("config.toml", &to_toml(&config))?;
    let mut trainer = Trainer {
        config: &config,
        device,
        metrics: Metrics::open(folder.path())?,
        display: Display::choose(args.run.plain),
    };
    let mut seeds = Vec::new();
    let trained = train_seeds(args, &mut trainer, &mut seeds);
    let status = match &trained {
        Err(_) => Status::Failed,
        Ok(()) if interrupt::requested() => Status::Interrupted,
        Ok(()) => Status::Ok,
    };
    let run = Run {
        config: &config,
        device_name,
        folder,
        seeds,
        started,
        status,
    };
    println!("report: {}", write(args, &run)?.display());
    trained?;
    Ok(match status {
        Status::Interrupted => Ending::Interrupted,
        _ => Ending::Finished,
    })
}

/// One seed after the other; fewer if Ctrl-C or an error comes between.
fn train_seeds(
    args: &VanishingGradientsArgs,
    trainer: &mut Trainer<'_>,
    seeds: &mut Vec<Vec<Outcome>>,
) -> Result<(), Error> {
    for seed in args.run.all_seeds() {
        let mut outcomes = Vec::new();
        let trained = trainer.train_cells(seed, &mut outcomes);
        seeds.push(outcomes);
        trained?;
        if interrupt::requested() {
            break;
        }
    }
    Ok(())
}

/// All that a run's reports are made of.
struct Run<'a> {
    config: &'a Config,
    device_name: DeviceName,
    folder: RunFolder,
    /// For each seed the outcome of each cell.
    seeds: Vec<Vec<Outcome>>,
    started: Instant,
    status: Status,
}

/// Writes the page and the report; gives the report's path.
fn write(args: &VanishingGradientsArgs, run: &Run<'_>) -> Result<PathBuf, Error> {
    let outcomes: Vec<&Outcome> = run.seeds.iter().flatten().collect();
    let report = Report {
        experiment: NAME,
        status: run.status,
        device: run.device_name.name(),
        seed: args.run.seed,
        seeds: args.run.seeds,
        quick: args.run.quick,
        config: run.config,
        results: results::summary(&run.seeds),
        expected: BTreeMap::new(),
        seconds: run.started.elapsed().as_secs_f64(),
        versions: versions::versions(),
        commit: versions::commit(),
    };
    let page = results::page(&outcomes, run.config);
    run.folder
        .write("report.html", &report::html(&report, &page))?;
    run.folder.write("report.json", &report::json(&report))
}
