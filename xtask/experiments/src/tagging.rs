//! The experiment `tagging`: a tag for each word, such as its part of speech, or which words are a name.

mod config;
mod data;
mod lesson;
mod model;
mod results;
mod score;

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
pub use data::Reader;
use results::Outcome;

/// The experiment.
pub struct Tagging;

impl Study for Tagging {
    const SUMMARY: Summary = Summary {
        name: "tagging",
        task: "tag words: parts of speech, names",
        data: "ud_english_ewt, conll2003",
        expected: "UPOS test 95.4 (a lexicon: 86.2); names, F1 86.1 (52.0)",
        time: "5 min a cell; --quick 30 s",
    };

    type Args = CellArgs;
    type Config = Config;
    type Data = Data;
    type Outcome = Outcome;

    fn data_set(_: &CellArgs) -> &'static str {
        "ud_english_ewt"
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

    fn save(data: &Data, best: &Outcome, folder: &Path) -> Result<(), Error> {
        recurra_train::save(folder, &best.model_config, &best.model)?;
        data.reader.write(folder)
    }

    fn expected(_: &Config, data: &Data) -> BTreeMap<&'static str, Expected> {
        data.expected()
    }

    fn page(config: &Config, data: &Data, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, config, data)
    }
}
