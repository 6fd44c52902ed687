//! Distillation: a large teacher's soft labels taught to a small recurrent student, against the student alone.
//!
//! Under each seed no text is in two parts; the teacher is trained on its labelled texts, labels the pool, and students that
//! differ in nothing but what they learn from are judged by the same test texts.

mod arm;
mod augmented;
mod config;
mod corpus;
mod judged;
mod latency;
mod page;
mod protocol;
mod results;
mod steps;
mod student;
mod teacher;

pub use arm::Arm;
pub use config::{Config, LossConfig, LossKind, StudentConfig, TeacherConfig};
pub use corpus::Corpus;
pub use teacher::Source;

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use recurra_cells::kernel;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cells::CellKind;
use crate::cli::RunArgs;
use crate::error::Error;
use crate::report::{Expected, Page};
use crate::run::Experiment;
use crate::training::Trainer;
use protocol::Seed;

/// What one of the experiments that distil has of its own.
pub trait Scenario {
    /// Its name on the command line.
    const NAME: &'static str;
    /// The title of its page.
    const TITLE: &'static str;

    type Args: AsRef<RunArgs> + AsMut<RunArgs> + Clone + Serialize + DeserializeOwned;

    /// The settings that the arguments ask for.
    fn resolve(args: &Self::Args) -> Result<Config, Error>;

    /// The texts, and where the teacher is from.
    fn open(args: &Self::Args) -> Result<Given, Error>;
}

/// What is there before anything is trained.
pub struct Given {
    pub corpus: Corpus,
    pub source: Source,
    /// What the teacher is called in the report.
    pub teacher: String,
    /// A Python whose PyTorch is timed as well.
    pub python: Option<PathBuf>,
}

impl Given {
    /// The Python, and the folder of the teacher's encoder, where both are given.
    fn torch(&self) -> Option<(&Path, &Path)> {
        match &self.source {
            Source::Folder(folder) => Some((self.python.as_deref()?, folder.path())),
            Source::Scratch | Source::Model(_) | Source::File(_) => None,
        }
    }
}

/// An experiment that distils, ready to train.
pub struct Distillation<S> {
    config: Config,
    given: Given,
    /// The seed under which all numbers of labels are trained.
    first_seed: u64,
    scenario: PhantomData<S>,
}

impl<S: Scenario> Experiment for Distillation<S> {
    const NAME: &'static str = S::NAME;
    type Args = S::Args;
    type Config = Config;
    type Outcome = Seed;

    fn resolve(args: &S::Args) -> Result<Config, Error> {
        S::resolve(args)
    }

    fn open(args: &S::Args, mut config: Config) -> Result<Self, Error> {
        kernel::set_path(config.path);
        let (given, run) = (S::open(args)?, args.as_ref());
        if let Source::File(file) = &given.source {
            // A file has no answer for texts that are made here.
            config.arms.retain(|&arm| arm != Arm::Augmented);
            for seed in run.all_seeds() {
                protocol::check_file(file, &given.corpus, &config, (seed, run.seed))?;
            }
        }
        Ok(Self {
            config,
            given,
            first_seed: run.seed,
            scenario: PhantomData,
        })
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn data(&self) -> &str {
        self.given.corpus.name()
    }

    fn cells(&self) -> Vec<CellKind> {
        vec![self.config.cell]
    }

    fn train(&self, _: CellKind, seed: u64, trainer: &mut Trainer<'_>) -> Result<Seed, Error> {
        let is_first = seed == self.first_seed;
        protocol::run(&self.config, &self.given, (seed, is_first), trainer)
    }

    fn results(&self, seeds: &[Vec<Seed>]) -> BTreeMap<String, f64> {
        let seeds: Vec<&Seed> = seeds.iter().flatten().collect();
        results::results(&seeds)
    }

    fn best<'a>(&self, outcomes: &[&'a Seed]) -> Option<&'a Seed> {
        // The first: to choose by accuracy would be to choose by the test texts.
        outcomes.iter().copied().find(|seed| seed.model.is_some())
    }

    fn save(&self, best: &Seed, folder: &Path) -> Result<(), Error> {
        match &best.model {
            Some(model) => model.write(folder),
            None => Ok(()),
        }
    }

    fn expected(&self) -> BTreeMap<&'static str, Expected> {
        BTreeMap::new()
    }

    fn page(&self, outcomes: &[&Seed]) -> Page {
        page::page(S::TITLE, outcomes, &self.given)
    }
}
