//! Experiments that train one cell or all four on the same data and keep the best model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use recurra_cells::kernel;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cells::{CellChoice, CellKind};
use crate::cli::{CellArgs, RunArgs, Summary};
use crate::error::Error;
use crate::report::{self, Expected, Page};
use crate::run::Experiment;
use crate::settings::{self, Settings};
use crate::training::Trainer;

/// What one of them has of its own.
pub trait Study: Sized {
    /// The experiment in the list.
    const SUMMARY: Summary;

    type Args: AsRef<RunArgs> + AsMut<RunArgs> + Clone + Serialize + DeserializeOwned;
    type Config: CellsConfig;
    type Data: StudyData;
    /// What training a cell under a seed comes to.
    type Outcome: report::Outcome;

    /// The data set that is looked for on this machine where no data is given.
    fn data_set(args: &Self::Args) -> &'static str;

    /// The settings that the arguments ask for.
    fn resolve(args: &Self::Args) -> Result<Self::Config, Error>;

    /// Reads the data, or generates it.
    fn read(args: &Self::Args, config: &Self::Config) -> Result<Self::Data, Error>;

    /// Trains a cell under a seed, and tests it.
    fn train(
        config: &Self::Config,
        data: &Self::Data,
        of: (CellKind, u64),
        trainer: &mut Trainer<'_>,
    ) -> Result<Self::Outcome, Error>;

    /// Writes the best model, and what it takes to use it.
    fn save(data: &Self::Data, best: &Self::Outcome, folder: &Path) -> Result<(), Error>;

    /// Published figures for some of the results, by their names.
    fn expected(config: &Self::Config, data: &Self::Data) -> BTreeMap<&'static str, Expected>;

    /// What the run's page shows of its outcomes.
    fn page(config: &Self::Config, data: &Self::Data, outcomes: &[&Self::Outcome]) -> Page;

    /// Something of the best model's that is worth a place on standard output; by default nothing.
    fn sample(best: &Self::Outcome) -> Option<&str> {
        let _ = best;
        None
    }
}

/// Settings that say which cells there are, and how they run.
pub trait CellsConfig: Settings {
    /// The cell, or all four.
    fn cell(&self) -> CellChoice;

    /// Chooses another.
    fn set_cell(&mut self, cell: CellChoice);

    /// How the cells run over a sequence.
    fn path(&self) -> kernel::Path;
}

/// Settings that have these under the names `cell` and `path`.
macro_rules! cells_config {
    ($config:ty) => {
        impl $crate::comparison::CellsConfig for $config {
            fn cell(&self) -> $crate::cells::CellChoice {
                self.cell
            }

            fn set_cell(&mut self, cell: $crate::cells::CellChoice) {
                self.cell = cell;
            }

            fn path(&self) -> recurra_cells::kernel::Path {
                self.path
            }
        }
    };
}
pub(crate) use cells_config;

/// The settings that the arguments ask for, from one of two presets on.
pub fn resolve<C: CellsConfig>(
    args: &CellArgs,
    full: fn() -> C,
    quick: fn() -> C,
) -> Result<C, Error> {
    let start = match args.run.quick {
        true => quick(),
        false => full(),
    };
    settings::resolve(&start, &args.run, |config| {
        if let Some(cell) = args.cell {
            config.set_cell(cell);
        }
    })
}

/// What a study learns from and is judged by.
pub trait StudyData {
    /// What it is called in the report.
    fn name(&self) -> &str;

    /// Results that no network has a part in: what a sceptic asks for. By default none.
    fn baselines(&self) -> BTreeMap<String, f64> {
        BTreeMap::new()
    }
}

/// The folder of a data set: the one that is given, or the one of its name in a folder of several.
pub fn folder_of(name: &str, given: &Path) -> PathBuf {
    let own = given.join(name);
    if own.is_dir() { own } else { given.to_owned() }
}

/// A study, ready to train.
pub struct Comparison<S: Study> {
    config: S::Config,
    data: S::Data,
}

impl<S: Study> Experiment for Comparison<S> {
    const NAME: &'static str = S::SUMMARY.name;
    type Args = S::Args;
    type Config = S::Config;
    type Outcome = S::Outcome;

    fn data_set(args: &S::Args) -> Option<&'static str> {
        Some(S::data_set(args))
    }

    fn resolve(args: &S::Args) -> Result<S::Config, Error> {
        S::resolve(args)
    }

    fn open(args: &S::Args, config: S::Config) -> Result<Self, Error> {
        kernel::set_path(config.path());
        let data = S::read(args, &config)?;
        Ok(Self { config, data })
    }

    fn config(&self) -> &S::Config {
        &self.config
    }

    fn data(&self) -> &str {
        self.data.name()
    }

    fn cells(&self) -> Vec<CellKind> {
        CellKind::chosen(self.config.cell())
    }

    fn train(
        &self,
        cell: CellKind,
        seed: u64,
        trainer: &mut Trainer<'_>,
    ) -> Result<S::Outcome, Error> {
        S::train(&self.config, &self.data, (cell, seed), trainer)
    }

    fn results(&self, seeds: &[Vec<S::Outcome>]) -> BTreeMap<String, f64> {
        let mut results = report::summary(seeds);
        results.extend(self.data.baselines());
        results
    }

    fn best<'a>(&self, outcomes: &[&'a S::Outcome]) -> Option<&'a S::Outcome> {
        report::best(outcomes.iter().copied())
    }

    fn save(&self, best: &S::Outcome, folder: &Path) -> Result<(), Error> {
        S::save(&self.data, best, folder)
    }

    fn expected(&self) -> BTreeMap<&'static str, Expected> {
        S::expected(&self.config, &self.data)
    }

    fn page(&self, outcomes: &[&S::Outcome]) -> Page {
        S::page(&self.config, &self.data, outcomes)
    }

    fn sample(best: &S::Outcome) -> Option<&str> {
        S::sample(best)
    }
}
