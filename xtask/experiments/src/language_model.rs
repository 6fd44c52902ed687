//! The experiment `language-model`: predict the next character or word, with each of the four cells.

mod args;
mod cells;
mod config;
mod data;
mod results;
mod session;
mod settings;
mod train;

pub use args::LanguageModelArgs;

use std::path::PathBuf;
use std::time::Instant;

use recurra_cells::kernel;
use recurra_train::save;
use serde::Serialize;

use crate::Ending;
use crate::devices::{self, DeviceName};
use crate::error::Error;
use crate::report::{Report, Status};
use crate::run_folder::RunFolder;
use crate::{interrupt, report, versions};
use config::Config;
use data::Data;
use train::{Outcome, Trainer};

/// The experiment's name.
const NAME: &str = "language-model";

/// The experiment in the list.
pub struct Summary {
    pub name: &'static str,
    pub task: &'static str,
    pub data: &'static str,
    pub expected: &'static str,
    pub time: &'static str,
}

/// See [`Summary`].
pub const SUMMARY: Summary = Summary {
    name: NAME,
    task: "predict the next character or word",
    data: "tinyshakespeare, ptb, any text",
    expected: "tinyshakespeare 1.4697 nats per char; ptb perplexity 115",
    time: "3 min; --cell all 12 min; --quick 10 s",
};

/// Trains, reports, and says how it ended.
pub fn run(args: &LanguageModelArgs) -> Result<Ending, Error> {
    let started = Instant::now();
    let source = data::locate(args.run.data.as_deref(), args.preset)?;
    let config = settings::resolve(args, source.as_ref())?;
    kernel::set_path(config.path);
    let (device_name, device) = devices::choose(args.run.device)?;
    let data = Data::read(source.as_ref(), &config, args.run.seed)?;
    interrupt::watch()?;
    let folder = RunFolder::create(&args.run.runs, NAME)?;
    folder.write("config.toml", &settings::to_toml(&config))?;
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
