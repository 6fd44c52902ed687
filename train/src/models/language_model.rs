//! A language model: which token comes next.
//!
//! ```text
//! logits = W_out network(embedding(tokens)) + b_out
//! ```

mod masks;
mod training;

pub use masks::LanguageModelMasks;

use burn::module::Module;
use burn::nn::Embedding;
use burn::tensor::{Device, Int, Tensor};
use recurra_cells::{
    CellConfig, Direction, Lengths, NetworkInput, NetworkState, Recurrent, RecurrentCell,
    RecurrentConfig, SeededRng,
};
use serde::{Deserialize, Serialize};

use super::cross_entropy::cross_entropy;
use super::output_layer::{OutputLayer, tied_embedding};
use super::valid_steps::valid_steps;
use super::weights::embedding;
use crate::regularize::{dropped, words_dropped};
use crate::{Error, ZoneoutRates};

/// Configuration of a [`LanguageModel`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageModelConfig<C> {
    /// `V`, at least 1.
    pub vocabulary_size: usize,
    /// `E`, at least 1.
    pub embedding_size: usize,
    /// The network; it must run forward, because the other direction would see the token it is to predict.
    pub network: RecurrentConfig<C>,
    /// Whether the output layer's weight is the embedding's (Press and Wolf 2017; Inan et al. 2017), which then must be as
    /// wide as the network's outputs: `E = H`. Default: no.
    #[serde(default)]
    pub tie_embeddings: bool,
    /// How probable it is that a unit of the network's state keeps its old value. Default: 0.
    #[serde(default)]
    pub zoneout: ZoneoutRates,
}

impl<C: CellConfig> LanguageModelConfig<C> {
    /// A model of `vocabulary_size` tokens.
    pub fn new(vocabulary_size: usize, embedding_size: usize, network: RecurrentConfig<C>) -> Self {
        Self {
            vocabulary_size,
            embedding_size,
            network,
            tie_embeddings: false,
            zoneout: ZoneoutRates::NONE,
        }
    }

    /// Says which field is out of its range, if one is.
    pub fn validate(&self) -> Result<(), Error> {
        self.network.validate()?;
        for (field, size) in [
            ("vocabulary_size", self.vocabulary_size),
            ("embedding_size", self.embedding_size),
        ] {
            if size == 0 {
                return Err(Error::config(field, "at least 1", size));
            }
        }
        self.zoneout.validate()?;
        if self.network.direction != Direction::Forward {
            let other = format!("{:?}", self.network.direction).to_lowercase();
            return Err(Error::config("direction", "forward", other));
        }
        let hidden = self.network.cell.hidden_size();
        if self.tie_embeddings && self.embedding_size != hidden {
            return Err(Error::config(
                "embedding_size",
                format!("the hidden size {hidden} where embeddings are tied"),
                self.embedding_size,
            ));
        }
        Ok(())
    }

    /// Builds the model with weights drawn from `rng`: a standard normal embedding, the network's own weights, and an
    /// output layer `U(-1/sqrt(H), 1/sqrt(H))` with a zero bias. A tied embedding is drawn as an output layer is.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> LanguageModel<C::Cell> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        let shape = [self.vocabulary_size, self.embedding_size];
        let embedding = match self.tie_embeddings {
            true => tied_embedding(shape, device, rng),
            false => embedding(shape, device, rng),
        };
        let network = self.network.init(self.embedding_size, device, rng);
        let shape = [network.output_size(), self.vocabulary_size];
        LanguageModel {
            embedding,
            network,
            output: OutputLayer::init(shape, self.tie_embeddings, device, rng),
            zoneout: self.zoneout,
        }
    }
}

/// An embedding, a recurrent network, and an output layer over the vocabulary.
#[derive(Module, Debug)]
pub struct LanguageModel<C: RecurrentCell> {
    /// Weight `[V, E]`.
    pub embedding: Embedding,
    /// Runs forward.
    pub network: Recurrent<C>,
    /// From the network's outputs to the vocabulary.
    pub output: OutputLayer,
    /// How probable it is that a unit of the network's state keeps its old value.
    #[module(skip)]
    pub zoneout: ZoneoutRates,
}

impl<C: RecurrentCell> LanguageModel<C> {
    /// `V`.
    pub fn vocabulary_size(&self) -> usize {
        self.embedding.weight.dims()[0]
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.embedding.weight.device()
    }

    /// The logits `[B, T, V]` of the token after each of `tokens [B, T]`, and the state after the last.
    ///
    /// It starts from `state`, or from the network's initial state. Nothing is dropped, and of the model's zoneout it has
    /// the expectation.
    ///
    /// # Panics
    ///
    /// If the state has another batch size or number type. A token must be below `V`: the CPU devices panic on another, a
    /// GPU reads anything.
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        state: impl Into<Option<NetworkState<C::State>>>,
    ) -> (Tensor<3>, NetworkState<C::State>) {
        self.forward_masked(tokens, state, self.evaluation_masks())
    }

    /// [`forward`](Self::forward) under dropout, and under these masks' zoneout instead of its expectation.
    ///
    /// # Panics
    ///
    /// If a shape or a number type does not fit. A token must be below `V`, as in [`forward`](Self::forward).
    pub fn forward_masked(
        &self,
        tokens: Tensor<2, Int>,
        state: impl Into<Option<NetworkState<C::State>>>,
        masks: LanguageModelMasks,
    ) -> (Tensor<3>, NetworkState<C::State>) {
        let run = self.run(tokens, state.into(), None, masks);
        (self.logits(run.dropped), run.state)
    }

    /// The network over `tokens [B, T]`, before the output layer.
    fn run(
        &self,
        tokens: Tensor<2, Int>,
        state: Option<NetworkState<C::State>>,
        lengths: Option<Lengths>,
        masks: LanguageModelMasks,
    ) -> Run<C::State> {
        let embedded = self.embedding.forward(tokens.clone());
        let input = NetworkInput::new(words_dropped(embedded, tokens, masks.words))
            .with_state(state)
            .with_lengths(lengths)
            .with_masks(masks.layers)
            .with_zoneout(masks.zoneout);
        let output = self.network.forward(input);
        let outputs = output.outputs;
        Run {
            dropped: dropped(outputs.clone(), masks.output),
            outputs,
            state: output.state,
        }
    }

    /// What the output layer makes of the network's outputs: `[B, T, H] -> [B, T, V]`.
    ///
    /// # Panics
    ///
    /// If the outputs have another width.
    pub fn logits(&self, outputs: Tensor<3>) -> Tensor<3> {
        self.output.forward(outputs, &self.embedding)
    }

    /// The mean cross-entropy of `logits [B, T, V]` against `targets [B, T]` over the valid steps, in nats per token: `[1]`.
    /// It is computed in `f32` from logits in half precision.
    ///
    /// # Panics
    ///
    /// If no step is valid, or the shapes do not fit each other.
    pub fn loss(
        &self,
        logits: Tensor<3>,
        targets: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<1> {
        let (logits, targets) = valid_steps(logits, targets, lengths.into());
        cross_entropy(logits, targets)
    }
}

/// What the network makes of a window.
struct Run<S> {
    /// `[B, T, H]`.
    outputs: Tensor<3>,
    /// The same under dropout, which is what the output layer reads.
    dropped: Tensor<3>,
    /// Behind the last step.
    state: NetworkState<S>,
}
