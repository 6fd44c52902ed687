//! A run of an experiment: what is the same for all of them, from the arguments to the report.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use recurra_datasets::registry::{Places, source};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Ending;
use crate::cells::CellKind;
use crate::cli::RunArgs;
use crate::devices::{self, DeviceName};
use crate::error::Error;
use crate::progress::Display;
use crate::report::{self, Expected, Page, Report, Status};
use crate::run_folder::{CONFIG, RunFolder};
use crate::settings::{Settings, resumed, to_toml};
use crate::training::Trainer;
use crate::{interrupt, versions};

/// What one experiment has of its own: settings, data, models, and what its page shows.
pub trait Experiment: Sized {
    /// Its name on the command line, and that of its folder.
    const NAME: &'static str;

    type Args: AsRef<RunArgs> + AsMut<RunArgs> + Clone + Serialize + DeserializeOwned;
    type Config: Settings;
    /// What training a cell under a seed comes to.
    type Outcome;

    /// The data set that is looked for on this machine where no data is given; none by default.
    fn data_set(args: &Self::Args) -> Option<&'static str> {
        let _ = args;
        None
    }

    /// The settings that the arguments ask for.
    fn resolve(args: &Self::Args) -> Result<Self::Config, Error>;

    /// Reads the data, or generates it.
    fn open(args: &Self::Args, config: Self::Config) -> Result<Self, Error>;

    /// The settings in effect.
    fn config(&self) -> &Self::Config;

    /// What the data is called in the report.
    fn data(&self) -> &str;

    /// The cells that are trained under each seed, one after the other.
    fn cells(&self) -> Vec<CellKind>;

    /// Trains a cell under a seed.
    fn train(
        &self,
        cell: CellKind,
        seed: u64,
        trainer: &mut Trainer<'_>,
    ) -> Result<Self::Outcome, Error>;

    /// The metrics of a run, from the outcomes of each seed.
    fn results(&self, seeds: &[Vec<Self::Outcome>]) -> BTreeMap<String, f64>;

    /// The outcome whose model is kept, if there is any.
    fn best<'a>(&self, outcomes: &[&'a Self::Outcome]) -> Option<&'a Self::Outcome>;

    /// Writes the best model, and what it takes to use it.
    fn save(&self, best: &Self::Outcome, folder: &Path) -> Result<(), Error>;

    /// Published figures for some of the results.
    fn expected(&self) -> BTreeMap<&'static str, Expected>;

    /// What the run's page shows of its outcomes.
    fn page(&self, outcomes: &[&Self::Outcome]) -> Page;

    /// Something of the best model's that is worth a place on standard output; by default nothing.
    fn sample(best: &Self::Outcome) -> Option<&str> {
        let _ = best;
        None
    }
}

/// The file of a run that says what it was told.
const ARGUMENTS: &str = "arguments.json";

/// What [`ARGUMENTS`] holds.
#[derive(Serialize, Deserialize)]
struct Told<A> {
    experiment: String,
    arguments: A,
}

/// Trains, reports, and says how it ended.
pub fn run<E: Experiment>(args: &E::Args) -> Result<Ending, Error> {
    let display = Display::choose(args.as_ref().plain);
    match &args.as_ref().resume {
        Some(path) => {
            let folder = RunFolder::open(path)?;
            let args = told::<E>(&folder)?;
            let config = resumed(&folder.join(CONFIG))?;
            run_in::<E>(|_| Ok(folder), &args, config, display)
        }
        None => {
            let mut args = args.clone();
            if args.as_ref().data.is_none() {
                args.as_mut().data = match E::data_set(&args) {
                    None => None,
                    Some(name) => here(name)?,
                };
            }
            let config = E::resolve(&args)?;
            run_in(|it: &E| new_folder(&args, it), &args, config, display)
        }
    }
}

/// The folder of a data set where this machine has it. One that is there and not as it should be is told of: generated data must not
/// stand in for it unseen.
fn here(name: &str) -> Result<Option<PathBuf>, Error> {
    let (source, places) = (source(name)?, Places::from_env());
    let found = source.locate(None, &places);
    if let Err(error) = &found
        && places
            .folders_of(source)
            .iter()
            .any(|folder| folder.is_dir())
    {
        eprintln!("{error}\nthis run generates data instead");
    }
    Ok(found.ok())
}

/// The arguments of a run that is to go on.
fn told<E: Experiment>(folder: &RunFolder) -> Result<E::Args, Error> {
    let told: Told<serde_json::Value> = folder.read(ARGUMENTS)?;
    if told.experiment != E::NAME {
        return Err(Error::OtherExperiment {
            path: folder.path().to_owned(),
            experiment: told.experiment,
        });
    }
    let told: Told<E::Args> = folder.read(ARGUMENTS)?;
    Ok(told.arguments)
}

/// A folder with what a resumption reads.
fn new_folder<E: Experiment>(args: &E::Args, experiment: &E) -> Result<RunFolder, Error> {
    let folder = RunFolder::create(&args.as_ref().runs, E::NAME)?;
    folder.write(CONFIG, &to_toml(experiment.config()))?;
    let mut arguments = args.clone();
    arguments.as_mut().make_data_absolute()?;
    let told = Told {
        experiment: E::NAME.to_owned(),
        arguments,
    };
    folder.write_json(ARGUMENTS, &told)?;
    Ok(folder)
}

/// Runs in the folder that is made once everything else is known to be right.
fn run_in<E: Experiment>(
    folder: impl FnOnce(&E) -> Result<RunFolder, Error>,
    args: &E::Args,
    config: E::Config,
    display: Display,
) -> Result<Ending, Error> {
    let started = Instant::now();
    let (device_name, device) = devices::choose(args.as_ref().device)?;
    let experiment = E::open(args, config)?;
    interrupt::watch()?;
    let folder = folder(&experiment)?;
    let mut trainer = Trainer::new(device, folder.path(), display)?;
    let mut seeds = Vec::new();
    let trained = train_seeds(&experiment, args.as_ref(), &mut trainer, &mut seeds);
    let run = Run {
        experiment,
        args: args.as_ref(),
        device_name,
        folder,
        seeds,
        started,
        status: match &trained {
            Err(_) => Status::Failed,
            Ok(()) if interrupt::requested() => Status::Interrupted,
            Ok(()) => Status::Ok,
        },
    };
    let report = run.write()?;
    println!("report: {}", report.display());
    trained?;
    Ok(run.ending())
}

/// Trains under one seed after the other and adds what each comes to; less if Ctrl-C or an error comes between.
fn train_seeds<E: Experiment>(
    experiment: &E,
    args: &RunArgs,
    trainer: &mut Trainer<'_>,
    seeds: &mut Vec<Vec<E::Outcome>>,
) -> Result<(), Error> {
    for seed in args.all_seeds() {
        seeds.push(Vec::new());
        for cell in experiment.cells() {
            let outcome = experiment.train(cell, seed, trainer)?;
            seeds.last_mut().expect("it was just pushed").push(outcome);
            if interrupt::requested() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// All that a run's reports are made of.
struct Run<'a, E: Experiment> {
    experiment: E,
    args: &'a RunArgs,
    device_name: DeviceName,
    folder: RunFolder,
    /// For each seed the outcome of each cell.
    seeds: Vec<Vec<E::Outcome>>,
    started: Instant,
    status: Status,
}

impl<E: Experiment> Run<'_, E> {
    /// Writes the model, the page and the report; gives the report's path.
    fn write(&self) -> Result<PathBuf, Error> {
        let outcomes: Vec<&E::Outcome> = self.seeds.iter().flatten().collect();
        let best = self.experiment.best(&outcomes);
        if let Some(best) = best {
            self.experiment.save(best, &self.folder.join("model"))?;
        }
        let report = self.report();
        let page = self.experiment.page(&outcomes);
        self.folder
            .write("report.html", &report::html(&report, &page))?;
        let path = self.folder.write("report.json", &report::json(&report))?;
        if let Some(sample) = best.and_then(E::sample) {
            println!("{sample}");
        }
        Ok(path)
    }

    fn report(&self) -> Report<'_, ConfigWithData<'_, E::Config>> {
        Report {
            experiment: E::NAME,
            status: self.status,
            device: self.device_name.name(),
            seed: self.args.seed,
            seeds: self.args.seeds,
            quick: self.args.quick,
            config: ConfigWithData {
                settings: self.experiment.config(),
                data: self.experiment.data(),
            },
            results: self.experiment.results(&self.seeds),
            expected: self.experiment.expected(),
            seconds: self.started.elapsed().as_secs_f64(),
            versions: versions::versions(),
            commit: versions::commit(),
        }
    }

    /// How the run ended, and how it could go on.
    fn ending(&self) -> Ending {
        if self.status != Status::Interrupted {
            return Ending::Finished;
        }
        let folder = self.folder.path().display();
        eprintln!("to go on: cargo xtask run {} --resume {folder}", E::NAME);
        Ending::Interrupted
    }
}

/// The settings as the report shows them, with what they were applied to.
#[derive(Serialize)]
struct ConfigWithData<'a, C> {
    #[serde(flatten)]
    settings: &'a C,
    data: &'a str,
}
