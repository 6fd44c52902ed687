//! One label for a whole series of numbers, such as the digit that the pixels of an image show.
//!
//! ```text
//! pooled = pooling over the valid steps of network(values)
//! logits = W_out pooled + b_out
//! ```

mod batch;
mod training;

pub use batch::SeriesBatch;
pub use training::SeriesPass;

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Int, Tensor};
use recurra_cells::{
    CellConfig, Lengths, NetworkInput, Recurrent, RecurrentCell, RecurrentConfig, SeededRng,
};
use serde::{Deserialize, Serialize};

use super::cross_entropy::{accuracy, cross_entropy};
use super::pooling::{Pooler, Pooling};
use super::weights::linear;
use crate::Error;

/// Configuration of a [`SeriesClassifier`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesClassifierConfig<C> {
    /// `D`, how many numbers a step has, at least 1.
    pub input_size: usize,
    /// The network, in any direction.
    pub network: RecurrentConfig<C>,
    /// How the steps become one vector. Default: the final states.
    #[serde(default)]
    pub pooling: Pooling,
    /// `V`, how many labels there are, at least 1.
    pub classes: usize,
}

impl<C: CellConfig> SeriesClassifierConfig<C> {
    /// A classifier by the network's final states.
    pub fn new(input_size: usize, network: RecurrentConfig<C>, classes: usize) -> Self {
        Self {
            input_size,
            network,
            pooling: Pooling::default(),
            classes,
        }
    }

    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the field, or [`Error::Cells`] with one of the network's.
    pub fn validate(&self) -> Result<(), Error> {
        self.network.validate()?;
        for (field, size) in [("input_size", self.input_size), ("classes", self.classes)] {
            if size == 0 {
                return Err(Error::config(field, "at least 1", size));
            }
        }
        Ok(())
    }

    /// Builds the model with weights drawn from `rng`: the network's own, and for each other weight `[I, O]`
    /// `U(-1/sqrt(I), 1/sqrt(I))` with zero biases.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> SeriesClassifier<C::Cell> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        let network = self.network.init(self.input_size, device, rng);
        let pooler = self.pooling.init(&network, device, rng);
        let shape = [self.pooling.width(&network), self.classes];
        SeriesClassifier {
            output: linear(shape, device, rng),
            network,
            pooler,
        }
    }
}

/// A recurrent network over numbers, a pooling over its steps, and an output layer over the classes.
#[derive(Module, Debug)]
pub struct SeriesClassifier<C: RecurrentCell> {
    /// Runs in any direction.
    pub network: Recurrent<C>,
    /// Brings the steps together.
    pub pooler: Pooler,
    /// Weight `[I, V]`, bias `[V]`, where `I` is the width of what is pooled.
    pub output: Linear,
}

impl<C: RecurrentCell> SeriesClassifier<C> {
    /// `D`, how many numbers a step has.
    pub fn input_size(&self) -> usize {
        self.network.input_size()
    }

    /// `V`, how many labels there are.
    pub fn classes(&self) -> usize {
        self.output.weight.dims()[1]
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.output.weight.device()
    }

    /// The logits `[B, V]` of rows `[B, T, D]`, of which the first `lengths[b]` steps are valid, or all. What stands in the
    /// padding has no influence.
    ///
    /// # Panics
    ///
    /// If the width of the values, or the lengths, do not fit.
    pub fn forward(&self, values: Tensor<3>, lengths: impl Into<Option<Lengths>>) -> Tensor<2> {
        let lengths = lengths.into();
        let input = NetworkInput::new(values).with_lengths(lengths.clone());
        let output = self.network.forward(input);
        self.output
            .forward(self.pooler.forward(output, lengths.as_ref()))
    }

    /// The mean cross-entropy of `logits [B, V]` against `labels [B]`, in nats per row: `[1]`.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit each other. A label must be below `V`: the CPU devices panic on another, a GPU reads anything.
    pub fn loss(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        cross_entropy(logits, labels)
    }

    /// The share of rows, in `[0, 1]`, whose highest of `logits [B, V]` is that of `labels [B]`.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit each other.
    pub fn accuracy(&self, logits: Tensor<2>, labels: Tensor<1, Int>) -> f64 {
        accuracy(logits, labels)
    }
}
