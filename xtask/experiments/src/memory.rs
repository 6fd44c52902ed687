//! How far back a network remembers: the experiments `adding` and `copy-memory`, a training for each distance.

pub mod adding;
mod config;
pub mod copying;
mod page;
pub mod trial;

pub use adding::Adding;
pub use config::Config;
pub use copying::Copying;

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::Path;

use recurra_cells::{AnyCellConfig, RecurrentConfig, kernel};

use crate::cells::CellKind;
use crate::cli::{CellArgs, Summary};
use crate::error::Error;
use crate::report::{self, Expected, Page};
use crate::run::Experiment;
use crate::settings;
use crate::training::Trainer;
use trial::{Problem, Trial, trials};

/// One of the two experiments.
pub trait Scenario {
    /// What is to be remembered.
    type Problem: Problem;

    /// The experiment in the list.
    const SUMMARY: Summary;
    /// The title of its page.
    const TITLE: &'static str;
    /// What its page says first.
    const TASK: &'static str;
    /// What is measured, to be read.
    const ERROR: &'static str;

    /// The settings from which others start.
    fn preset(quick: bool) -> Config;
}

/// An experiment on memory, ready to train.
pub struct Memory<S> {
    config: Config,
    scenario: PhantomData<S>,
}

impl<S: Scenario> Experiment for Memory<S> {
    const NAME: &'static str = S::SUMMARY.name;
    type Args = CellArgs;
    type Config = Config;
    type Outcome = Vec<Trial>;

    fn resolve(args: &CellArgs) -> Result<Config, Error> {
        settings::resolve(&S::preset(args.run.quick), &args.run, |config| {
            config.cell = args.cell.unwrap_or(config.cell);
        })
    }

    fn open(args: &CellArgs, config: Config) -> Result<Self, Error> {
        if args.run.data.is_some() {
            let text = format!("{} makes its own sequences and has no --data", Self::NAME);
            return Err(Error::CommandLine(text));
        }
        kernel::set_path(config.path);
        Ok(Self {
            config,
            scenario: PhantomData,
        })
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn data(&self) -> &str {
        "generated"
    }

    fn cells(&self) -> Vec<CellKind> {
        CellKind::chosen(self.config.cell)
    }

    fn train(
        &self,
        cell: CellKind,
        seed: u64,
        trainer: &mut Trainer<'_>,
    ) -> Result<Vec<Trial>, Error> {
        trials::<S::Problem>(&self.config, (cell, seed), trainer)
    }

    fn results(&self, seeds: &[Vec<Vec<Trial>>]) -> BTreeMap<String, f64> {
        let of_seed = |cells: &Vec<Vec<Trial>>| cells.iter().flatten().flat_map(metrics).collect();
        report::over_seeds(seeds.iter().map(of_seed))
    }

    fn best<'a>(&self, _: &[&'a Vec<Trial>]) -> Option<&'a Vec<Trial>> {
        // A model for each distance is no model to keep.
        None
    }

    fn save(&self, _: &Vec<Trial>, _: &Path) -> Result<(), Error> {
        Ok(())
    }

    fn expected(&self) -> BTreeMap<&'static str, Expected> {
        // Bai et al. (2018) show curves, and no numbers.
        BTreeMap::new()
    }

    fn page(&self, outcomes: &[&Vec<Trial>]) -> Page {
        page::page::<S>(outcomes, &self.config)
    }
}

/// The metrics of a training, with cell and distance in their names.
fn metrics(trial: &Trial) -> Vec<(String, f64)> {
    let (cell, distance) = (trial.cell.name(), trial.distance);
    let values = [
        ("error", trial.error),
        ("updates", trial.updates as f64),
        ("solved", f64::from(u8::from(trial.solved))),
    ];
    values
        .map(|(name, value)| (format!("{cell}_{name}_at_{distance}"), value))
        .into()
}

/// The network of `kind` over `inputs` numbers, with as many parameters as an LSTM of the settings' hidden size.
fn network(
    config: &Config,
    kind: CellKind,
    (inputs, distance): (usize, usize),
) -> RecurrentConfig<AnyCellConfig> {
    let hidden = kind.hidden_size_like_lstm(inputs, config.hidden_size);
    let cell = config.gate_biases.of(kind.config(hidden), distance);
    RecurrentConfig::new(cell)
}
