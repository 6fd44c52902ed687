//! The experiment `language-model`: predict the next character or word, with each of the four cells.

mod args;
mod cells;
mod checkpoints;
mod config;
mod data;
mod preset;
mod results;
mod session;
mod settings;
mod train;

pub use args::LanguageModelArgs;

use std::path::{Path, PathBuf};
use std::time::Instant;

use recurra_cells::kernel;
use recurra_datasets::TextSource;
use recurra_train::save;
use serde::Serialize;

use crate::Ending;
use crate::cli::Summary;
use crate::devices::{self, DeviceName};
use crate::error::Error;
use crate::report::{Report, Status};
use crate::run_folder::RunFolder;
use crate::settings::{resumed, to_toml};
use crate::{interrupt, report, versions};
use config::Config;
use data::Data;
use train::{Outcome, Trainer};

/// The experiment's name.
const NAME: &str = "language-model";

/// The experiment in the list.
pub const SUMMARY: Summary = Summary {
    name: NAME,
    task: "predict the next character or word",
    data: "tinyshakespeare, ptb, any text",
    expected: "tinyshakespeare 1.4697 nats per char; ptb perplexity 115",
    time: "3 min; --cell all 12 min; --quick 10 s",
};

/// The file of a run that says what it was told.
const ARGUMENTS: &str = "arguments.json";

/// Trains, reports, and says how it ended.
pub fn run(args: &LanguageModelArgs) -> Result<Ending, Error> {
    match &args.run.resume {
        Some(path) => {
            let folder = RunFolder::open(path)?;
            let args: LanguageModelArgs = folder.read(ARGUMENTS)?;
            let source = data::locate(args.run.data.as_deref(), args.preset)?;
            let config = resumed(&folder.join("config.toml"))?;
            run_in(|| Ok(folder), &args, source.as_ref(), config)
        }
        None => {
            let source = data::locate(args.run.data.as_deref(), args.preset)?;
            let config = settings::resolve(args, source.as_ref())?;
            let folder = || {
                let folder = RunFolder::create(&args.run.runs, NAME)?;
                folder.write("config.toml", &to_toml(&config))?;
                folder.write_json(ARGUMENTS, &args.with_absolute_paths()?)?;
                Ok(folder)
            };
            run_in(folder, args, source.as_ref(), config.clone())
        }
    }
}

/// Runs in the folder that is made once everything else is known to be right.
fn run_in(
    folder: impl FnOnce() -> Result<RunFolder, Error>,
    args: &LanguageModelArgs,
    source: Option<&TextSource>,
    config: Config,
) -> Result<Ending, Error> {
    let started = Instant::now();
    kernel::set_path(config.path);
    let (device_name, device) = devices::choose(args.run.device)?;
    let data = Data::read(source, &config, args.run.seed)?;
    interrupt::watch()?;
    let folder = folder()?;
    let mut trainer = Trainer::new(&config, &data.corpus, device, &folder)?;
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
    Ok(ending(&report))
}

/// How a run ended whose report stands there, and how it could go on.
fn ending(report: &Path) -> Ending {
    if !interrupt::requested() {
        return Ending::Finished;
    }
    if let Some(folder) = report.parent() {
        let folder = folder.display();
        eprintln!("to go on: cargo xtask run {NAME} --resume {folder}");
    }
    Ending::Interrupted
}

/// Trains under one seed after the other and adds what each comes to; fewer if Ctrl-C or an error comes between.
fn train_seeds(
    args: &LanguageModelArgs,
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
fn write(args: &LanguageModelArgs, run: &Run) -> Result<PathBuf, Error> {
    let outcomes: Vec<&Outcome> = run.seeds.iter().flatten().collect();
    if let Some(best) = results::best(outcomes.iter().copied()) {
        let model = run.folder.join("model");
        save(&model, &best.model_config, &best.model)?;
        run.data
            .corpus
            .vocabulary
            .write(model.join("vocabulary.json"))?;
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
        results: results::summary(&run.seeds, run.config.unit),
        expected: run.data.expected(run.config.unit),
        seconds: run.started.elapsed().as_secs_f64(),
        versions: versions::versions(),
        commit: versions::commit(),
    };
    run.folder.write(
        "report.html",
        &report::html(
            &report,
            &results::page(&outcomes, &run.config, &run.data.name),
        ),
    )?;
    let path = run.folder.write("report.json", &report::json(&report))?;
    if let Some(best) = results::best(outcomes.iter().copied()) {
        println!("{}", best.sample);
    }
    Ok(path)
}

/// The settings as the report shows them, with what they were applied to.
#[derive(Serialize)]
struct ConfigWithData<'a> {
    #[serde(flatten)]
    settings: &'a Config,
    data: &'a str,
}
