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

use recurra_train::save;

use crate::cells::CellKind;
use crate::cli::Summary;
use crate::comparison::Study;
use crate::error::Error;
use crate::report::{Expected, Page};
use crate::training::Trainer;
use config::Config;
use data::Data;
use results::Outcome;

/// The experiment.
pub struct LanguageModelling;

impl Study for LanguageModelling {
    const SUMMARY: Summary = Summary {
        name: "language-model",
        task: "predict the next character or word",
        data: "tinyshakespeare, ptb, any text",
        expected: "tinyshakespeare 1.4697 nats per char; ptb perplexity 115",
        time: "3 min; --cell all 12 min; --quick 10 s",
    };

    type Args = LanguageModelArgs;
    type Config = Config;
    type Data = Data;
    type Outcome = Outcome;

    fn data_set(args: &LanguageModelArgs) -> &'static str {
        settings::usual_preset(args).data_set()
    }

    fn resolve(args: &LanguageModelArgs) -> Result<Config, Error> {
        let source = data::locate(args.run.data.as_deref(), args.preset)?;
        settings::resolve(args, source.as_ref())
    }

    fn read(args: &LanguageModelArgs, config: &Config) -> Result<Data, Error> {
        let source = data::locate(args.run.data.as_deref(), args.preset)?;
        Data::read(source.as_ref(), config, args.run.seed)
    }

    fn train(
        config: &Config,
        data: &Data,
        of: (CellKind, u64),
        trainer: &mut Trainer<'_>,
    ) -> Result<Outcome, Error> {
        task::train(config, &data.corpus, of, trainer)
    }

    fn save(data: &Data, best: &Outcome, folder: &Path) -> Result<(), Error> {
        save(folder, &best.model_config, &best.model)?;
        let vocabulary = &data.corpus.vocabulary;
        Ok(vocabulary.write(folder.join("vocabulary.json"))?)
    }

    fn expected(config: &Config, data: &Data) -> BTreeMap<&'static str, Expected> {
        data.expected(config.unit)
    }

    fn page(config: &Config, data: &Data, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, config, data)
    }

    fn sample(best: &Outcome) -> Option<&str> {
        Some(&best.sample)
    }
}
