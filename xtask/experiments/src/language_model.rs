//! The experiment `language-model`: predict the next character or word, with each of the four cells.

mod args;
mod cells;
mod config;
mod data;
mod preset;
mod results;
mod settings;
mod task;

pub use args::LanguageModelArgs;

use std::collections::BTreeMap;
use std::path::Path;

use recurra_cells::kernel;
use recurra_train::save;

use crate::cells::CellKind;
use crate::cli::Summary;
use crate::error::Error;
use crate::report::{self, Expected, Page};
use crate::run::Experiment;
use crate::training::Trainer;
use config::Config;
use data::Data;
use results::Outcome;

/// The experiment in the list.
pub const SUMMARY: Summary = Summary {
    name: LanguageModelling::NAME,
    task: "predict the next character or word",
    data: "tinyshakespeare, ptb, any text",
    expected: "tinyshakespeare 1.4697 nats per char; ptb perplexity 115",
    time: "3 min; --cell all 12 min; --quick 10 s",
};

/// The experiment, ready to train.
pub struct LanguageModelling {
    config: Config,
    data: Data,
}

impl Experiment for LanguageModelling {
    const NAME: &'static str = "language-model";
    type Args = LanguageModelArgs;
    type Config = Config;
    type Outcome = Outcome;

    fn resolve(args: &LanguageModelArgs) -> Result<Config, Error> {
        let source = data::locate(args.run.data.as_deref(), args.preset)?;
        settings::resolve(args, source.as_ref())
    }

    fn open(args: &LanguageModelArgs, config: Config) -> Result<Self, Error> {
        kernel::set_path(config.path);
        let source = data::locate(args.run.data.as_deref(), args.preset)?;
        let data = Data::read(source.as_ref(), &config, args.run.seed)?;
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
        save(folder, &best.model_config, &best.model)?;
        let vocabulary = &self.data.corpus.vocabulary;
        Ok(vocabulary.write(folder.join("vocabulary.json"))?)
    }

    fn expected(&self) -> BTreeMap<&'static str, Expected> {
        self.data.expected(self.config.unit)
    }

    fn page(&self, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, &self.config, &self.data.name)
    }

    fn sample(best: &Outcome) -> Option<&str> {
        Some(&best.sample)
    }
}
