//! The settings of the experiment, and where they start from.

use recurra_cells::Direction;
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
    /// `M`, the bands on the mel scale, at least 1.
    pub bands: usize,
    /// How many frames of 10 ms a cell reads at once, at least 1.
    pub stacked: usize,
    /// `H` of an LSTM in each direction, at least 1; other cells have as many parameters.
    pub hidden_size: usize,
    /// `L`, at least 1.
    pub num_layers: usize,
    /// Which way the network runs over a recording.
    pub direction: Direction,
    /// The most digits of a string, at least 1.
    pub longest: usize,
    /// How many strings there are to learn from, at least 1; others choose the model and test it.
    pub strings: usize,
    /// How many of each of those, at least 1.
    pub judged: usize,
    /// Whether a second model learns without one of the speakers, who then tests it.
    pub unseen_speaker: bool,
    /// How many recordings of each digit by each speaker the generated ones that stand in for `--data` have, at least 15.
    pub generated_recordings: u32,
    /// How the strings are learned.
    pub training: Recipe,
}

impl Config {
    /// Two layers in both directions.
    pub fn full() -> Self {
        Self {
            cell: CellChoice::Lstm,
            path: Path::Fused,
            bands: 40,
            stacked: 3,
            hidden_size: 96,
            num_layers: 2,
            direction: Direction::Both,
            longest: 5,
            strings: 4000,
            judged: 400,
            unseen_speaker: true,
            generated_recordings: 30,
            training: Recipe {
                epochs: 12,
                updates: 0,
                batch_size: 32,
                validations: 1,
                learning_rate: 3e-3,
                schedule: Course::Cosine,
                max_norm: 1.0,
                dropout: DropoutRates {
                    input: 0.1,
                    between: 0.3,
                    output: 0.3,
                    ..DropoutRates::NONE
                },
            },
        }
    }

    /// A run of less than two minutes on two cores.
    pub fn quick() -> Self {
        let full = Self::full();
        Self {
            hidden_size: 48,
            num_layers: 1,
            longest: 3,
            strings: 1000,
            judged: 100,
            unseen_speaker: false,
            training: Recipe {
                epochs: 4,
                learning_rate: 8e-3,
                ..full.training
            },
            ..full
        }
    }
}

cells_config!(Config);

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("bands", self.bands),
            ("stacked", self.stacked),
            ("hidden_size", self.hidden_size),
            ("num_layers", self.num_layers),
            ("longest", self.longest),
            ("strings", self.strings),
            ("judged", self.judged),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        let recordings = f64::from(self.generated_recordings);
        let expected = "at least 15";
        check("generated_recordings", expected, recordings, |it| {
            it >= 15.0
        })?;
        self.training.validate()
    }
}
