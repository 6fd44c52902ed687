//! The experiment `music`: predict the next chord of polyphonic music, with each of the four cells.

mod config;
mod data;
mod model;
mod results;
mod settings;
mod task;

use std::collections::BTreeMap;
use std::path::Path;

use recurra_cells::kernel;
use recurra_train::save;

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
    name: Music::NAME,
    task: "predict the next chord",
    data: "jsb_chorales, or generated chorales",
    expected: "JSB NLL a step: LSTM 8.45, GRU 8.43, RNN 8.91",
    time: "1 min; --cell all 5 min; --quick 10 s",
};

/// The experiment, ready to train.
pub struct Music {
    config: Config,
    data: Data,
}

impl Experiment for Music {
    const NAME: &'static str = "music";
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
        task::train(&self.config, &self.data.corpus, (cell, seed), trainer)
    }

    fn results(&self, seeds: &[Vec<Outcome>]) -> BTreeMap<String, f64> {
        report::summary(seeds)
    }

    fn best<'a>(&self, outcomes: &[&'a Outcome]) -> Option<&'a Outcome> {
        report::best(outcomes.iter().copied())
    }

    fn save(&self, best: &Outcome, folder: &Path) -> Result<(), Error> {
        Ok(save(folder, &best.model_config, &best.model)?)
    }

    fn expected(&self) -> BTreeMap<&'static str, Expected> {
        self.data.expected(self.config.cell)
    }

    fn page(&self, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, &self.config, &self.data.name)
    }
}
