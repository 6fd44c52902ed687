//! The experiment `sentiment`: one label for a whole text, such as whether a reviewer liked the film.

mod config;
mod data;
mod model;
mod results;
mod settings;
mod task;

use std::collections::BTreeMap;
use std::path::Path;

use recurra_cells::kernel;

use crate::cells::CellKind;
use crate::cli::{CellArgs, Summary};
use crate::error::Error;
use crate::report::{self, Expected, Page};
use crate::run::Experiment;
use crate::training::Trainer;
use config::Config;
use data::Data;
use results::Outcome;

/// The experiment in the list.
pub const SUMMARY: Summary = Summary {
    name: Sentiment::NAME,
    task: "tell what a text is for",
    data: "sst2_glue, ag_news, or generated",
    expected: "SST-2 dev 83.8, AG News 88.3; bags of words 81.2, 87.0",
    time: "2 min a cell; --quick 5 s",
};

/// The experiment, ready to train.
pub struct Sentiment {
    config: Config,
    data: Data,
}

impl Experiment for Sentiment {
    const NAME: &'static str = "sentiment";
    type Args = CellArgs;
    type Config = Config;
    type Outcome = Outcome;

    fn resolve(args: &CellArgs) -> Result<Config, Error> {
        settings::resolve(args)
    }

    fn open(args: &CellArgs, config: Config) -> Result<Self, Error> {
        kernel::set_path(config.path);
        let data = Data::read(args.run.data.as_deref(), &config, args.run.seed)?;
        Ok(Self { config, data })
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn data(&self) -> &str {
        &self.data.name
    }

    fn cells(&self) -> Vec<CellKind> {
        CellKind::chosen(self.config.cell)
    }

    fn train(
        &self,
        cell: CellKind,
        seed: u64,
        trainer: &mut Trainer<'_>,
    ) -> Result<Outcome, Error> {
        task::train(&self.config, &self.data, (cell, seed), trainer)
    }

    fn results(&self, seeds: &[Vec<Outcome>]) -> BTreeMap<String, f64> {
        let mut results = report::summary(seeds);
        results.extend(self.data.baselines());
        results
    }

    fn best<'a>(&self, outcomes: &[&'a Outcome]) -> Option<&'a Outcome> {
        report::best(outcomes.iter().copied())
    }

    fn save(&self, best: &Outcome, folder: &Path) -> Result<(), Error> {
        best.model.write(folder)
    }

    fn expected(&self) -> BTreeMap<&'static str, Expected> {
        self.data.expected()
    }

    fn page(&self, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, &self.config, &self.data)
    }
}
