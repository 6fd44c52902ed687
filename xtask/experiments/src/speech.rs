//! The experiment `speech`: which digits somebody reads out, without being told where each begins.

mod baseline;
mod config;
mod data;
mod lesson;
mod results;

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
pub use data::Features;
use results::Outcome;

/// The experiment.
pub struct Speech;

impl Study for Speech {
    const SUMMARY: Summary = Summary {
        name: "speech",
        task: "recognise strings of spoken digits",
        data: "fsdd, or generated sounds",
        expected: "word error 2.7 % on the official split; 30 % for an unseen speaker",
        time: "5 min a cell; --quick 20 s",
    };

    type Args = CellArgs;
    type Config = Config;
    type Data = Data;
    type Outcome = Outcome;

    fn data_set(_: &CellArgs) -> &'static str {
        "fsdd"
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
        data.features.write(folder)
    }

    fn expected(_: &Config, _: &Data) -> BTreeMap<&'static str, Expected> {
        // There is no agreed figure for digits strung together.
        BTreeMap::new()
    }

    fn page(config: &Config, data: &Data, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, config, data)
    }
}
