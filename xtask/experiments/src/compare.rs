//! The experiment `compare`: what is commonly said about recurrent networks, each claim measured on generated data.

mod args;
mod claim;
mod claims;
mod config;
mod finding;
mod language;
mod learners;
mod page;
mod reviews;

pub use args::CompareArgs;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use recurra_cells::kernel;

use crate::bench::measure::Effort;
use crate::cells::CellKind;
use crate::cli::Summary;
use crate::error::Error;
use crate::interrupt;
use crate::report::{self, Expected, Page};
use crate::run::Experiment;
use crate::run_folder::RunFolder;
use crate::settings;
use crate::training::Trainer;
use config::Config;
use finding::Finding;

/// The experiment in the list.
pub const SUMMARY: Summary = Summary {
    name: "compare",
    task: "common claims, each measured",
    data: "generated",
    expected: "which of them hold here, with figures",
    time: "15 min; --quick 40 s",
};

/// The experiment.
pub struct Compare {
    config: Config,
}

/// What a claim is measured with.
pub struct Measuring<'a, 'run> {
    pub config: &'a Config,
    pub seed: u64,
    pub trainer: &'a mut Trainer<'run>,
}

impl Measuring<'_, '_> {
    /// How often what is timed is run.
    fn effort(&self) -> Effort {
        Effort {
            warm_up: 1,
            at_least: self.config.rounds,
            at_most: self.config.rounds,
            budget: Duration::MAX,
        }
    }
}

impl Experiment for Compare {
    const NAME: &'static str = SUMMARY.name;
    type Args = CompareArgs;
    type Config = Config;
    type Outcome = Vec<Finding>;

    fn resolve(args: &CompareArgs) -> Result<Config, Error> {
        let start = match args.run.quick {
            true => Config::quick(),
            false => Config::full(),
        };
        settings::resolve(&start, &args.run, |_| {})
    }

    fn open(args: &CompareArgs, config: Config) -> Result<Self, Error> {
        if args.run.data.is_some() {
            let text = format!("{} makes its own data and has no --data", Self::NAME);
            return Err(Error::CommandLine(text));
        }
        kernel::set_path(config.path);
        Ok(Self { config })
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn data(&self) -> &str {
        "generated"
    }

    fn cells(&self) -> Vec<CellKind> {
        // A claim chooses its cells itself: this one stands for all claims under a seed.
        vec![CellKind::Lstm]
    }

    /// The findings of all claims, those that are there from the run's folder; fewer after Ctrl-C. What that cut short is no
    /// finding, and measured anew when the run goes on.
    fn train(
        &self,
        _: CellKind,
        seed: u64,
        trainer: &mut Trainer<'_>,
    ) -> Result<Vec<Finding>, Error> {
        let mut findings = Vec::new();
        for &claim in &self.config.claims {
            let folder = RunFolder::at(trainer.folder());
            let file = format!("claim-{}-{seed}.json", claim.name());
            let finding = match folder.join(&file).is_file() {
                true => folder.read(&file)?,
                false => {
                    let config = &self.config;
                    let finding = claim.measure(Measuring {
                        config,
                        seed,
                        trainer: &mut *trainer,
                    })?;
                    if interrupt::requested() {
                        break;
                    }
                    folder.write_json(&file, &finding)?;
                    finding
                }
            };
            findings.push(finding);
        }
        Ok(findings)
    }

    fn results(&self, seeds: &[Vec<Vec<Finding>>]) -> BTreeMap<String, f64> {
        report::over_seeds(seeds.iter().map(|seed| {
            let findings = seed.iter().flatten();
            findings.flat_map(Finding::metrics).collect()
        }))
    }

    fn best<'a>(&self, _: &[&'a Vec<Finding>]) -> Option<&'a Vec<Finding>> {
        // Models of many tasks are no model to keep.
        None
    }

    fn save(&self, _: &Vec<Finding>, _: &Path) -> Result<(), Error> {
        Ok(())
    }

    fn expected(&self) -> BTreeMap<&'static str, Expected> {
        // Papers have these claims on other data and at other sizes.
        BTreeMap::new()
    }

    fn page(&self, outcomes: &[&Vec<Finding>]) -> Page {
        page::page(outcomes)
    }
}
