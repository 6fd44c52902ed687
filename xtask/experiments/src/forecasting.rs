//! The experiment `forecasting`: what follows several series of measurements, beside forecasts that need no network.

mod baselines;
mod config;
mod data;
mod judged;
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
pub use data::Scales;
pub use lesson::forecasts;
use results::Outcome;

/// The experiment.
pub struct Forecasting;

impl Study for Forecasting {
    const SUMMARY: Summary = Summary {
        name: "forecasting",
        task: "forecast several series",
        data: "ett, or generated waves",
        expected: "ETTh1 MSE at 24, 48, 168: 0.310, 0.337, 0.394; a linear map 0.311, 0.338, 0.395",
        time: "1 min a cell; --quick 10 s",
    };

    type Args = CellArgs;
    type Config = Config;
    type Data = Data;
    type Outcome = Outcome;

    fn data_set(_: &CellArgs) -> &'static str {
        "ett"
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
        data.write_scales(folder)
    }

    fn expected(_: &Config, data: &Data) -> BTreeMap<&'static str, Expected> {
        data.expected()
    }

    fn page(config: &Config, data: &Data, outcomes: &[&Outcome]) -> Page {
        results::page(outcomes, config, data)
    }
}
