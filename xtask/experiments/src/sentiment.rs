//! The experiment `sentiment`: one label for a whole text, such as whether a reviewer liked the film.

pub mod config;
pub mod data;
pub mod lesson;
pub mod model;
mod results;

use std::collections::BTreeMap;
use std::path::Path;

use crate::cells::CellKind;
use crate::cli::{CellArgs, Summary};
use crate::comparison::{self, Study};
use crate::error::Error;
use crate::report::{Expected, Page};
use crate::training::Trainer;
use config::Config;
use data::Data;
use results::Outcome;

/// The experiment.
pub struct Sentiment;

impl Study for Sentiment {
    const SUMMARY: Summary = Summary {
        name: "sentiment",
        task: "tell what a text is for",
        data: "sst2_glue, ag_news, or generated",
        expected: "SST-2 dev 83.8, AG News 88.3; bags of words 81.2, 87.0",
        time: "2 min a cell; --quick 5 s",
    };

    type Args = CellArgs;
    type Config = Config;
    type Data = Data;
    type Outcome = Outcome;

    fn data_set(_: &CellArgs) -> &'static str {
        "sst2_glue"
    }

    fn resolve(args: &CellArgs) -> Result<Config, Error> {
        comparison::resolve(args, Config::full, Config::quick)
    }

    fn read(args: &CellArgs, config: &Config) -> Result<Data, Error> {
        Data::read(args.run.data.as_deref(), config, args.run.seed)
    }

    fn train(
        config: &Config,
        data: &Data,
        of: (CellKind, u64),
        trainer: &mut Trainer<'_>,
    ) -> Result<Outcome, Error> {
        lesson::train(config, data, of, trainer)
    }

    fn save(_: &Data, best: &Outcome, folder: &Path) -> Result<(), Error> {
        best.model.write(folder)
    }

    fn expected(_: &Config, data: &Data) -> BTreeMap<&'static str, Expected> {
        data.expected()
    }

    fn page(config: &Config, data: &Data, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, config, data)
    }
}
