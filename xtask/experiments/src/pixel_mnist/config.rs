//! The settings of the experiment, and where they start from.

use recurra_cells::kernel::Path;
use recurra_train::{Course, DropoutRates};
use serde::{Deserialize, Serialize};

use crate::cells::{CellChoice, GateBiases};
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
    /// How an image becomes a sequence.
    pub order: Order,
    /// How many parameters a model has, with the hidden size that comes closest; at least 1000.
    pub parameters: usize,
    /// `L`, at least 1.
    pub num_layers: usize,
    /// The biases that the gates start with.
    pub gate_biases: GateBiases,
    /// How many images of the training part choose the model, at least 1.
    pub validation: usize,
    /// How many images there are to learn from, at most; 0 for all.
    pub images: usize,
    /// How many images the generated part that stands in for `--data` has to learn from, at least 1.
    pub generated_images: usize,
    /// Whether a perceptron with as many parameters, which sees the whole image at once, stands beside the cells.
    pub perceptron: bool,
    /// How many times the images are seen at smaller sizes before, the smallest first: each has half the height and width of the
    /// next, and so a quarter of the steps (a curriculum; Bengio et al. 2009). Empty for none. Only for `pixels`: in another
    /// order the lessons would have nothing in common.
    pub smaller_epochs: Vec<usize>,
    /// How the images are learned.
    pub training: Recipe,
}

/// How an image becomes a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// A pixel a step, row by row.
    Pixels,
    /// A pixel a step, in an order that the seed draws once for all images, so that neighbours are far apart (Le et al. 2015).
    Permuted,
    /// A row a step.
    Rows,
}

impl Config {
    /// Models of about 70,000 parameters, as in Bai et al. (2018).
    pub fn full() -> Self {
        Self {
            cell: CellChoice::Gru,
            path: Path::Fused,
            order: Order::Pixels,
            parameters: 70_000,
            num_layers: 1,
            gate_biases: GateBiases::Chrono,
            validation: 2000,
            images: 0,
            generated_images: 4000,
            perceptron: true,
            smaller_epochs: vec![12, 6],
            training: Recipe {
                epochs: 4,
                updates: 0,
                batch_size: 64,
                validations: 1,
                learning_rate: 2e-3,
                schedule: Course::Cosine,
                max_norm: 1.0,
                dropout: DropoutRates::NONE,
            },
        }
    }

    /// A run of less than two minutes on two cores.
    pub fn quick() -> Self {
        let full = Self::full();
        Self {
            order: Order::Rows,
            parameters: 30_000,
            gate_biases: GateBiases::Usual,
            images: 10_000,
            smaller_epochs: Vec::new(),
            training: Recipe {
                epochs: 2,
                learning_rate: 1e-2,
                ..full.training
            },
            ..full
        }
    }

    /// How the images at smaller sizes are learned, the smallest first.
    pub fn smaller(&self) -> Vec<Recipe> {
        let epochs = match self.order {
            Order::Pixels => &self.smaller_epochs[..],
            Order::Permuted | Order::Rows => &[],
        };
        let recipe = |&epochs| Recipe {
            epochs,
            ..self.training.clone()
        };
        epochs.iter().map(recipe).collect()
    }
}

cells_config!(Config);

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("num_layers", self.num_layers),
            ("validation", self.validation),
            ("generated_images", self.generated_images),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        for &epochs in &self.smaller_epochs {
            let key = "smaller_epochs";
            check(key, "each at least 1", epochs as f64, |it| it >= 1.0)?;
        }
        let parameters = self.parameters as f64;
        check("parameters", "at least 1000", parameters, |it| it >= 1000.0)?;
        self.training.validate()
    }
}
