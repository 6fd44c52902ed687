//! What a [`Recurrent`] network is built from.

use burn::tensor::Device;
use derive_setters::Setters;
use serde::{Deserialize, Serialize};

use super::{Layer, Recurrent, Residual};
use crate::{CellConfig, Error, Init, SeededRng, ops};

/// Which way a network runs over its sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the first step on.
    #[default]
    Forward,
    /// From each row's last valid step back.
    Backward,
    /// Both, each with cells of its own.
    Both,
}

/// How the outputs of the two directions are brought together; without effect where there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Merge {
    /// Forward, then backward, side by side: width `2*H`.
    #[default]
    Concat,
    /// Their sum: width `H`.
    Sum,
    /// Their mean: width `H`.
    Mean,
    /// Their product, element by element: width `H`.
    Product,
    /// Not at all: each direction is a stack of its own up to the last layer, as in ELMo (Peters et al. 2018); the
    /// network's outputs have them side by side.
    Separate,
}

impl Direction {
    /// Its name in a message.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
            Self::Both => "bidirectional",
        }
    }
}

impl Merge {
    /// The width of a network's outputs.
    pub(crate) fn width(self, direction: Direction, hidden_size: usize) -> usize {
        match (direction, self) {
            (Direction::Both, Self::Concat | Self::Separate) => 2 * hidden_size,
            _ => hidden_size,
        }
    }

    /// The width of what one layer hands to the next.
    fn hand_over(self, direction: Direction, hidden_size: usize) -> usize {
        match self {
            Self::Separate => hidden_size,
            _ => self.width(direction, hidden_size),
        }
    }
}

/// Configuration of a [`Recurrent`] network.
///
/// ```
/// use burn::tensor::Device;
/// use recurra_cells::{Direction, LstmConfig, RecurrentConfig, SeededRng};
///
/// let config = RecurrentConfig::new(LstmConfig::new(16)).with_num_layers(2).with_direction(Direction::Both);
/// let network = config.init(8, &Device::default(), &mut SeededRng::new(1));
/// assert_eq!(network.output_size(), 32);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Setters)]
#[serde(deny_unknown_fields)]
#[setters(prefix = "with_")]
pub struct RecurrentConfig<C> {
    /// The cell of every layer and direction.
    pub cell: C,
    /// `L`, at least 1. Default: 1.
    #[serde(default = "ops::one_layer")]
    pub num_layers: usize,
    /// Which way the network runs. Default: forward.
    #[serde(default)]
    pub direction: Direction,
    /// How two directions are brought together. Default: side by side.
    #[serde(default)]
    pub merge: Merge,
    /// The first layer, counted from 0, whose inputs are added to its outputs (through a projection where the widths
    /// differ), in `0..L`. Default: none.
    #[setters(strip_option)]
    #[serde(default)]
    pub residual_from: Option<usize>,
}

impl<C: CellConfig> RecurrentConfig<C> {
    /// One layer, forward.
    pub fn new(cell: C) -> Self {
        Self {
            cell,
            num_layers: 1,
            direction: Direction::default(),
            merge: Merge::default(),
            residual_from: None,
        }
    }

    /// Says which field is out of its range, if one is.
    pub fn validate(&self) -> Result<(), Error> {
        self.cell.validate()?;
        ops::check_size("num_layers", self.num_layers)?;
        match self.residual_from {
            Some(layer) if layer >= self.num_layers => Err(Error::config(
                "residual_from",
                format!("below the {} layers", self.num_layers),
                layer,
            )),
            _ => Ok(()),
        }
    }

    /// Builds the network for inputs `[B, T, input_size]`, every cell with weights of its own, drawn from `rng` layer by
    /// layer, forward first.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) reports an error, or `input_size` is 0.
    pub fn init(
        &self,
        input_size: usize,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Recurrent<C::Cell> {
        ops::assert_config(self.validate(), input_size);
        let between = self
            .merge
            .hand_over(self.direction, self.cell.hidden_size());
        let layers = (0..self.num_layers)
            .map(|layer| {
                self.init_layer(
                    layer,
                    if layer == 0 { input_size } else { between },
                    device,
                    rng,
                )
            })
            .collect();
        Recurrent {
            layers,
            merge: self.merge,
        }
    }

    fn init_layer(
        &self,
        layer: usize,
        input_size: usize,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Layer<C::Cell> {
        let mut cell = |runs: bool| runs.then(|| self.cell.init(input_size, device, rng));
        let forward = cell(self.direction != Direction::Backward);
        let backward = cell(self.direction != Direction::Forward);
        let width = self
            .merge
            .hand_over(self.direction, self.cell.hidden_size());
        let residual = match self.residual_from {
            Some(first) if layer >= first => Residual::Added,
            _ => Residual::None,
        };
        let projected = residual == Residual::Added && width != input_size;
        let shape = [1, width, input_size];
        let residual_projection =
            projected.then(|| Init::XavierUniform.matrix(shape, width, device, rng));
        Layer {
            forward,
            backward,
            residual,
            residual_projection,
        }
    }
}
