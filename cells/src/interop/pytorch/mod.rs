//! The layout of PyTorch's `nn.RNN`, `nn.LSTM` and `nn.GRU`, for any cell that implements [`PytorchCell`].
//!
//! Layer `k` has `weight_ih_l{k}`, `weight_hh_l{k}`, `bias_ih_l{k}`, `bias_hh_l{k}` and, with a projection,
//! `weight_hr_l{k}`; the backward direction's names end in `_reverse`. A prefix comes before all of them where the
//! module is a field of another: `"encoder."` for `self.encoder = nn.LSTM(..)`.
//!
//! PyTorch adds its two biases, except in the GRU's candidate, so that there is one here: it is their sum when it is
//! read, and `bias_ih` beside a `bias_hh` of zeros when it is written.
//!
//! A state dict holds weights and nothing else: the nonlinearity, clipping, the place of the reset gate, merging and
//! residual connections are the network's own, and stay as they are.

mod cells;
mod layout;
mod weights;

pub use layout::{InferCell, PytorchLayout};
pub use weights::{WeightReader, WeightWriter};

use burn::tensor::Device;

use super::StateDict;
use crate::{
    CellConfig, Direction, Error, Layer, Recurrent, RecurrentCell, RecurrentConfig, SeededRng,
};

/// A cell whose weights have names in a PyTorch state dict.
///
/// Both methods name each weight without its layer: `"weight_ih"` is `weight_ih_l0_reverse` in the file when it is the turn
/// of the first layer's backward cell. What one writes, the other must read.
pub trait PytorchCell: RecurrentCell {
    /// The cell with the weights that `weights` reads. What it lacks it notes, and leaves as it was.
    #[must_use]
    fn read_weights(self, weights: &mut WeightReader<'_>) -> Self;

    /// Hands every weight to `weights`.
    ///
    /// # Errors
    /// If a weight is NaN or infinite.
    fn write_weights(&self, weights: &mut WeightWriter<'_>) -> Result<(), Error>;
}

impl<C: PytorchCell> Recurrent<C> {
    /// The network with the weights under `prefix`; devices, number types and the need for gradients stay.
    ///
    /// # Errors
    /// If a weight is missing, is left over under `prefix`, or has another shape: one error names them all. Also if the
    /// network has a residual projection, for which PyTorch has no name.
    pub fn load_pytorch(mut self, dict: &StateDict, prefix: &str) -> Result<Self, Error> {
        self.check_names()?;
        let mut weights = WeightReader::new(dict, prefix);
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let mut read = |cell: Option<C>, suffix: String| {
                weights.enter(suffix);
                cell.map(|cell| cell.read_weights(&mut weights))
            };
            layer.forward = read(layer.forward.take(), suffix(index, Direction::Forward));
            layer.backward = read(layer.backward.take(), suffix(index, Direction::Backward));
        }
        weights.finish()?;
        Ok(self)
    }

    /// The network's weights, under `prefix`.
    ///
    /// # Errors
    /// If a weight is NaN or infinite, or the network has a residual projection, for which PyTorch has no name.
    pub fn to_pytorch(&self, prefix: &str) -> Result<StateDict, Error> {
        self.check_names()?;
        let mut dict = StateDict::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let cells = [
                (&layer.forward, Direction::Forward),
                (&layer.backward, Direction::Backward),
            ];
            for (cell, direction) in cells {
                if let Some(cell) = cell {
                    cell.write_weights(&mut WeightWriter::new(
                        &mut dict,
                        prefix,
                        suffix(index, direction),
                    ))?;
                }
            }
        }
        Ok(dict)
    }

    /// # Errors
    /// If a weight would have no name.
    fn check_names(&self) -> Result<(), Error> {
        let projected = |layer: &Layer<C>| layer.residual_projection.is_some();
        match self.layers.iter().position(projected) {
            Some(layer) => Err(Error::no_counterpart(
                format!("the residual projection of layer {layer}"),
                "PyTorch",
            )),
            None => Ok(()),
        }
    }
}

impl<C: InferCell> Recurrent<C> {
    /// A network of the sizes, layers and direction that the names and shapes under `prefix` tell, with these weights.
    ///
    /// What they cannot tell is as PyTorch has it by default: a tanh RNN, an LSTM of four gates, a GRU that resets
    /// after the product, no clipping. For anything else, write the configuration and call [`RecurrentConfig::load_pytorch`].
    ///
    /// # Errors
    /// If there is no such network under `prefix`, or a weight is missing, left over, or of another shape.
    pub fn from_pytorch(dict: &StateDict, prefix: &str, device: &Device) -> Result<Self, Error> {
        let layout = PytorchLayout::infer(dict, prefix)?;
        layout
            .config(C::infer(&layout)?)
            .load_pytorch(dict, prefix, device)
    }
}

impl<C: CellConfig<Cell: PytorchCell>> RecurrentConfig<C> {
    /// The network of this configuration with the weights under `prefix`, which also tell its input size.
    ///
    /// # Errors
    /// If the configuration is out of its range, or a weight is missing, left over, or of another shape.
    pub fn load_pytorch(
        &self,
        dict: &StateDict,
        prefix: &str,
        device: &Device,
    ) -> Result<Recurrent<C::Cell>, Error> {
        self.validate()?;
        let input_size = PytorchLayout::infer(dict, prefix)?.input_size;
        // Every weight that is drawn here is replaced.
        self.init(input_size, device, &mut SeededRng::new(0))
            .load_pytorch(dict, prefix)
    }
}

/// What ends the names of a cell's weights, by its layer and by which way it runs.
fn suffix(layer: usize, direction: Direction) -> String {
    match direction {
        Direction::Backward => format!("_l{layer}_reverse"),
        Direction::Forward | Direction::Both => format!("_l{layer}"),
    }
}

/// What ends the names of the weights of a network's first layer, a direction each.
pub(super) fn first_layer_suffixes(direction: Direction) -> Vec<String> {
    match direction {
        Direction::Both => vec![
            suffix(0, Direction::Forward),
            suffix(0, Direction::Backward),
        ],
        alone => vec![suffix(0, alone)],
    }
}
