//! A label for every step of a sequence, such as the part of speech of every word.
//!
//! ```text
//! logits = W_out network(embedding(tokens)) + b_out
//! ```

mod batch;
mod training;

pub use batch::TaggerBatch;
pub(super) use batch::assert_labels_below;
pub use training::TaggerPass;

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Device, Int, Tensor};
use recurra_cells::{
    CellConfig, Lengths, NetworkInput, Recurrent, RecurrentCell, RecurrentConfig, SeededRng,
};
use serde::{Deserialize, Serialize};

use super::cross_entropy::{accuracy, cross_entropy};
use super::valid_steps::{assert_lengths, valid_steps};
use super::weights::{embedding, linear};
use crate::Error;

/// Configuration of a [`SequenceTagger`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceTaggerConfig<C> {
    /// How many tokens there are, at least 1.
    pub vocabulary_size: usize,
    /// `E`, at least 1.
    pub embedding_size: usize,
    /// The network, in any direction.
    pub network: RecurrentConfig<C>,
    /// `V`, how many labels there are, at least 1.
    pub classes: usize,
}

impl<C: CellConfig> SequenceTaggerConfig<C> {
    /// A tagger of `vocabulary_size` tokens with one of `classes` labels each.
    pub fn new(
        vocabulary_size: usize,
        embedding_size: usize,
        network: RecurrentConfig<C>,
        classes: usize,
    ) -> Self {
        Self {
            vocabulary_size,
            embedding_size,
            network,
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
        for (field, size) in [
            ("vocabulary_size", self.vocabulary_size),
            ("embedding_size", self.embedding_size),
            ("classes", self.classes),
        ] {
            if size == 0 {
                return Err(Error::config(field, "at least 1", size));
            }
        }
        Ok(())
    }

    /// Builds the model with weights drawn from `rng`: a standard normal embedding, the network's own weights, and an
    /// output layer `[W, V]`, `U(-1/sqrt(W), 1/sqrt(W))`, with a zero bias.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> SequenceTagger<C::Cell> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        let embedding = embedding([self.vocabulary_size, self.embedding_size], device, rng);
        let network = self.network.init(self.embedding_size, device, rng);
        let output = linear([network.output_size(), self.classes], device, rng);
        SequenceTagger {
            embedding,
            network,
            output,
        }
    }
}

/// An embedding, a recurrent network, and an output layer over the labels of each step.
#[derive(Module, Debug)]
pub struct SequenceTagger<C: RecurrentCell> {
    /// Weight `[vocabulary_size, E]`.
    pub embedding: Embedding,
    /// Runs in any direction.
    pub network: Recurrent<C>,
    /// Weight `[W, V]` for the network's outputs `[B, T, W]`, bias `[V]`.
    pub output: Linear,
}

impl<C: RecurrentCell> SequenceTagger<C> {
    /// How many tokens there are.
    pub fn vocabulary_size(&self) -> usize {
        self.embedding.weight.dims()[0]
    }

    /// `V`, how many labels there are.
    pub fn classes(&self) -> usize {
        self.output.weight.dims()[1]
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.embedding.weight.device()
    }

    /// The logits `[B, T, V]` of the label of each of `tokens [B, T]`, of which the first `lengths[b]` steps are valid, or
    /// all.
    ///
    /// What stands in the padding has no influence; the logits there are the output layer's bias.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit the tokens. A token must be below the vocabulary's size, in the padding too: the CPU devices
    /// panic on another, a GPU reads anything.
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<3> {
        self.forward_embedded(self.embedding.forward(tokens), lengths)
    }

    /// [`forward`](Self::forward) from inputs `[B, T, E]` that are embedded already.
    ///
    /// # Panics
    ///
    /// If the width of the inputs, or the lengths, do not fit.
    pub fn forward_embedded(
        &self,
        inputs: Tensor<3>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<3> {
        let input = NetworkInput::new(inputs).with_lengths(lengths);
        self.output.forward(self.network.forward(input).outputs)
    }

    /// The mean cross-entropy of `logits [B, T, V]` against `labels [B, T]` over the valid steps, in nats per step: `[1]`.
    ///
    /// Every valid step counts the same, whichever row it is in. Any number may stand in the labels' padding.
    ///
    /// # Panics
    ///
    /// If no step is valid, or the shapes do not fit each other. A valid step's label must be below `V`: the CPU devices
    /// panic on another, a GPU reads anything.
    pub fn loss(
        &self,
        logits: Tensor<3>,
        labels: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<1> {
        let (logits, labels) = valid_steps(logits, labels, lengths.into());
        cross_entropy(logits, labels)
    }

    /// The share of valid steps, in `[0, 1]`, whose highest of `logits [B, T, V]` is that of `labels [B, T]`.
    ///
    /// # Panics
    ///
    /// If no step is valid, or the shapes do not fit each other.
    pub fn accuracy(
        &self,
        logits: Tensor<3>,
        labels: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> f64 {
        let (logits, labels) = valid_steps(logits, labels, lengths.into());
        accuracy(logits, labels)
    }

    /// The labels of `logits [B, T, V]`, below `V`: a list for each row, as long as the row.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit the logits.
    pub fn predict(&self, logits: Tensor<3>, lengths: impl Into<Option<Lengths>>) -> Vec<Vec<u32>> {
        likeliest(logits, lengths.into())
    }
}

/// The label that each valid step of `logits [B, T, V]` is highest at, a list for each row.
pub(super) fn likeliest(logits: Tensor<3>, lengths: Option<Lengths>) -> Vec<Vec<u32>> {
    let dims = logits.dims();
    let [batch, steps, _] = dims;
    let lengths = match lengths {
        Some(lengths) => {
            assert_lengths(&lengths, dims);
            lengths.as_slice().to_vec()
        }
        None => vec![steps; batch],
    };
    let labels: Vec<u32> = logits.argmax(2).into_data().iter::<u32>().collect();
    labels
        .chunks(steps)
        .zip(lengths)
        .map(|(row, length)| row[..length].to_vec())
        .collect()
}
