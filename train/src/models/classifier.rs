//! One label for a whole sequence, such as the sentiment of a sentence.
//!
//! ```text
//! pooled = pooling over the valid steps of network(embedding(tokens))
//! pooled = relu(W_hidden pooled + b_hidden)          where there is a hidden layer
//! logits = W_out pooled + b_out
//! ```

mod batch;
mod prepared;
mod training;

pub use batch::{ClassifierBatch, TokenRows};
pub use prepared::PreparedClassifier;
pub use training::ClassifierPass;

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Device, Int, Tensor, activation};
use recurra_cells::{
    CellConfig, Lengths, NetworkInput, Recurrent, RecurrentCell, RecurrentConfig, SeededRng,
};
use serde::{Deserialize, Serialize};

use super::cross_entropy::{accuracy, cross_entropy};
use super::pooling::{Pooler, Pooling};
use super::weights::{embedding, linear};
use crate::Error;

/// Configuration of a [`SequenceClassifier`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceClassifierConfig<C> {
    /// How many tokens there are, at least 1.
    pub vocabulary_size: usize,
    /// `E`, at least 1.
    pub embedding_size: usize,
    /// The network, in any direction.
    pub network: RecurrentConfig<C>,
    /// How the steps become one vector. Default: the final states.
    #[serde(default)]
    pub pooling: Pooling,
    /// The width of a layer of ReLU before the output layer, at least 1; Tang et al. (2019) have 200. Default: no such layer.
    #[serde(default)]
    pub hidden_layer: Option<usize>,
    /// `V`, how many labels there are, at least 1.
    pub classes: usize,
}

impl<C: CellConfig> SequenceClassifierConfig<C> {
    /// A classifier by the network's final states, without a hidden layer.
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
            pooling: Pooling::default(),
            hidden_layer: None,
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
            ("hidden_layer", self.hidden_layer.unwrap_or(1)),
            ("classes", self.classes),
        ] {
            if size == 0 {
                return Err(Error::config(field, "at least 1", size));
            }
        }
        Ok(())
    }

    /// Builds the model with weights drawn from `rng`: a standard normal embedding, the network's own weights, and for each
    /// other weight `[I, O]` `U(-1/sqrt(I), 1/sqrt(I))` with zero biases.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> SequenceClassifier<C::Cell> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        let embedding = embedding([self.vocabulary_size, self.embedding_size], device, rng);
        let network = self.network.init(self.embedding_size, device, rng);
        let pooler = self.pooling.init(&network, device, rng);
        let pooled = self.pooling.width(&network);
        let hidden = self
            .hidden_layer
            .map(|width| linear([pooled, width], device, rng));
        let width = self.hidden_layer.unwrap_or(pooled);
        SequenceClassifier {
            embedding,
            network,
            pooler,
            hidden,
            output: linear([width, self.classes], device, rng),
        }
    }
}

/// An embedding, a recurrent network, a pooling over its steps, and an output layer over the classes.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use recurra_cells::{Direction, Lengths, LstmConfig, RecurrentConfig, SeededRng};
/// use recurra_train::{Pooling, SequenceClassifierConfig};
///
/// let device = Device::default();
/// let network = RecurrentConfig::new(LstmConfig::new(8)).with_direction(Direction::Both);
/// let mut config = SequenceClassifierConfig::new(100, 4, network, 2);
/// config.pooling = Pooling::Max;
/// let model = config.init(&device, &mut SeededRng::new(1));
///
/// let tokens = Tensor::from_data([[5, 17, 99], [42, 0, 0]], &device);
/// let logits = model.forward(tokens, Lengths::new(vec![3, 1], 3)?);
/// assert_eq!(logits.dims(), [2, 2]);
/// # Ok::<(), recurra_cells::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct SequenceClassifier<C: RecurrentCell> {
    /// Weight `[vocabulary_size, E]`.
    pub embedding: Embedding,
    /// Runs in any direction.
    pub network: Recurrent<C>,
    /// Makes one vector of a row's steps.
    pub pooler: Pooler,
    /// The layer of ReLU, where there is one: weight `[I, O]`, bias `[O]`.
    pub hidden: Option<Linear>,
    /// Weight `[I, V]`, bias `[V]`.
    pub output: Linear,
}

impl<C: RecurrentCell> SequenceClassifier<C> {
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

    /// The logits `[B, V]` of the rows of `tokens [B, T]`, of which the first `lengths[b]` steps are valid, or all.
    ///
    /// Valid tokens are not told from padding by their value; what stands in the padding has no influence. A row of length 0
    /// is pooled to zeros.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit the tokens. A token must be below the vocabulary's size, in the padding too: the CPU devices
    /// panic on another, a GPU reads anything.
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<2> {
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
    ) -> Tensor<2> {
        let lengths = lengths.into();
        let input = NetworkInput::new(inputs).with_lengths(lengths.clone());
        let output = self.network.forward(input);
        let pooled = self.pooler.forward(output, lengths.as_ref());
        self.output.forward(self.read(pooled))
    }

    /// What the output layer reads of a pooled row.
    fn read(&self, pooled: Tensor<2>) -> Tensor<2> {
        match &self.hidden {
            Some(hidden) => activation::relu(hidden.forward(pooled)),
            None => pooled,
        }
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
