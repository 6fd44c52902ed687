//! The experiment `pixel-mnist`: which digit an image shows, read one pixel after the other.

mod config;
mod data;
mod layout;
mod lesson;
mod results;
mod stretch;

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
pub use layout::Layout;
use results::Outcome;

/// The experiment.
pub struct PixelMnist;

impl Study for PixelMnist {
    const SUMMARY: Summary = Summary {
        name: "pixel-mnist",
        task: "tell a digit pixel by pixel",
        data: "mnist, or generated digits",
        expected: "test, %: GRU 98.5 (smaller images first); 96.2 published",
        time: "20 min a cell; --quick 20 s",
    };

    type Args = CellArgs;
    type Config = Config;
    type Data = Data;
    type Outcome = Outcome;

    fn data_set(_: &CellArgs) -> &'static str {
        "mnist"
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
        data.layout.write(folder)
    }

    fn expected(config: &Config, data: &Data) -> BTreeMap<&'static str, Expected> {
        data.expected(config)
    }

    fn page(config: &Config, data: &Data, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, config, data)
    }
}
