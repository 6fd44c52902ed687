//! The experiment `music`: predict the next chord of polyphonic music, with each of the four cells.

mod args;
mod config;
mod data;
mod model;
mod results;
mod session;
mod settings;
mod train;

pub use args::MusicArgs;

use std::path::PathBuf;
use std::time::Instant;

use recurra_cells::kernel;
use recurra_train::save;
use serde::Serialize;

use crate::Ending;
use crate::cli::Summary;
use crate::devices::{self, DeviceName};
use crate::error::Error;
use crate::report::{Report, Status};
use crate::run_folder::RunFolder;
use crate::settings::to_toml;
use crate::{interrupt, report, versions};
use config::Config;
use data::Data;
use train::{Outcome, Trainer};

/// The experiment's name.
const NAME: &str = "music";

/// The experiment in the list.
pub const SUMMARY: Summary = Summary {
    name: NAME,
    task: "predict the next chord",
    data: "jsb_chorales, or generated chorales",
    expected: "JSB NLL a step: LSTM 8.45, GRU 8.43, RNN 8.91",
    time: "1 min; --cell all 5 min; --quick 10 s",
};

/// Trains, reports, and says how it ended.
pub fn run(args: &MusicArgs) -> Result<Ending, Error> {
    let started = Instant::now();
    let config = settings::resolve(args)?;
    kernel::set_path(config.path);
    let data = Data::read(args.run.data.as_deref(), &config, args.run.seed)?;
    let (device_name, device) = devices::choose(args.run.device)?;
    interrupt::watch()?;
    let folder = RunFolder::create(&args.run.runs, NAME)?;
    folder.write("config.toml", &to_toml(&config))?;
    let mut trainer = Trainer::new(&config, &data.corpus, device, folder.metrics()?);
    let mut seeds = Vec::new();
    let trained = train_seeds(args, &mut trainer, &mut seeds);
    let report = write(
        args,
        &Run {
            config,
            device_name,
            data,
            folder,
            seeds,
            started,
            status: match &trained {
                Err(_) => Status::Failed,
                Ok(()) if interrupt::requested() => Status::Interrupted,
                Ok(()) => Status::Ok,
            },
        },
    )?;
    println!("report: {}", report.display());
    trained?;
    Ok(if interrupt::requested() {
        Ending::Interrupted
    } else {
        Ending::Finished
    })
}

/// Trains under one seed after the other and adds what each comes to; fewer if Ctrl-C or an error comes between.
fn train_seeds(
    args: &MusicArgs,
    trainer: &mut Trainer<'_>,
    seeds: &mut Vec<Vec<Outcome>>,
) -> Result<(), Error> {
    for index in 0..args.run.seeds {
        let mut outcomes = Vec::new();
        let seed = args.run.seed.wrapping_add(u64::from(index));
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
struct Run {
    config: Config,
    device_name: DeviceName,
    data: Data,
    folder: RunFolder,
    /// For each seed the outcome of each cell.
    seeds: Vec<Vec<Outcome>>,
    started: Instant,
    status: Status,
}

/// Writes the model, the page and the report; gives the report's path.
fn write(args: &MusicArgs, run: &Run) -> Result<PathBuf, Error> {
    let outcomes: Vec<&Outcome> = run.seeds.iter().flatten().collect();
    if let Some(best) = results::best(outcomes.iter().copied()) {
        save(&run.folder.join("model"), &best.model_config, &best.model)?;
    }
    let report = Report {
        experiment: NAME,
        status: run.status,
        device: run.device_name.name(),
        seed: args.run.seed,
        quick: args.run.quick,
        config: ConfigWithData {
            settings: &run.config,
            data: &run.data.name,
        },
        results: results::summary(&run.seeds),
        expected: run.data.expected(run.config.cell),
        seconds: run.started.elapsed().as_secs_f64(),
        versions: versions::versions(),
        commit: versions::commit(),
    };
    let page = results::page(&outcomes, &run.config, &run.data.name);
    run.folder
        .write("report.html", &report::html(&report, &page))?;
    run.folder.write("report.json", &report::json(&report))
}

/// The settings as the report shows them, with what they were applied to.
#[derive(Serialize)]
struct ConfigWithData<'a> {
    #[serde(flatten)]
    settings: &'a Config,
    data: &'a str,
}
