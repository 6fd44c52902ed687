//! The experiment `translation`: a sentence in another language, subword by subword.

mod bleu;
mod config;
mod data;
mod lesson;
mod results;
mod subwords;
mod word_by_word;

use std::collections::BTreeMap;
use std::path::Path;

use recurra_train::save;

use crate::cells::CellKind;
use crate::cli::{CellArgs, Summary};
use crate::comparison::{self, Study};
use crate::error::Error;
use crate::report::{Expected, Page};
use crate::training::Trainer;
use config::Config;
use data::Data;
use results::Outcome;
pub use subwords::{MARKS, Subwords};

/// The files of the subwords beside a model.
pub const SOURCE: &str = "source-tokenizer.json";
pub const TARGET: &str = "target-tokenizer.json";

/// The experiment.
pub struct Translation;

impl Study for Translation {
    const SUMMARY: Summary = Summary {
        name: "translation",
        task: "translate English to German",
        data: "multi30k, or a generated language",
        expected: "test_2016 BLEU 35.6; 39.0 published",
        time: "40 min a cell; --quick 60 s",
    };

    type Args = CellArgs;
    type Config = Config;
    type Data = Data;
    type Outcome = Outcome;

    fn data_set(_: &CellArgs) -> &'static str {
        "multi30k"
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
        save(folder, &best.model_config, &best.model)?;
        data.source.write(&folder.join(SOURCE))?;
        data.target.write(&folder.join(TARGET))
    }

    fn expected(_: &Config, data: &Data) -> BTreeMap<&'static str, Expected> {
        data.expected()
    }

    fn page(config: &Config, data: &Data, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, config, data)
    }
}
