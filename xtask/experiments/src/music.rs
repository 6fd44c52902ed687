//! The experiment `music`: predict the next chord of polyphonic music, with each of the four cells.

mod config;
mod data;
mod model;
mod results;
mod task;

use std::collections::BTreeMap;
use std::path::Path;

use recurra_datasets::{LOWEST_NOTE, PIANO_KEYS};
use recurra_train::save;

use crate::cells::CellKind;
use crate::cli::{CellArgs, Summary};
use crate::comparison::{self, Study};
use crate::error::Error;
use crate::report::{Expected, Page};
use crate::run_folder::RunFolder;
use crate::training::Trainer;
use config::Config;
use data::Data;
use results::Outcome;

/// The file of the notes beside a model.
pub const NOTES: &str = "notes.json";

/// The MIDI numbers of a model's labels: a piano's keys, in their order.
pub fn notes() -> Vec<u8> {
    (LOWEST_NOTE..).take(PIANO_KEYS).collect()
}

/// The experiment.
pub struct Music;

impl Study for Music {
    const SUMMARY: Summary = Summary {
        name: "music",
        task: "predict the next chord",
        data: "jsb_chorales, or generated chorales",
        expected: "JSB NLL a step: LSTM 8.45, GRU 8.43, RNN 8.91",
        time: "1 min; --cell all 5 min; --quick 10 s",
    };

    type Args = CellArgs;
    type Config = Config;
    type Data = Data;
    type Outcome = Outcome;

    fn data_set(_: &CellArgs) -> &'static str {
        "jsb_chorales"
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
        task::train(config, &data.corpus, of, trainer)
    }

    fn save(_: &Data, best: &Outcome, folder: &Path) -> Result<(), Error> {
        save(folder, &best.model_config, &best.model)?;
        RunFolder::at(folder).write_json(NOTES, &notes())?;
        Ok(())
    }

    fn expected(config: &Config, data: &Data) -> BTreeMap<&'static str, Expected> {
        data.expected(config.cell)
    }

    fn page(config: &Config, data: &Data, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, config, &data.name)
    }
}
