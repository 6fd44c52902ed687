//! A language model: which token comes next.
//!
//! ```text
//! logits = W_out network(embedding(tokens)) + b_out
//! ```

use burn::module::{Module, Param};
use burn::nn::loss::CrossEntropyLoss;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::{
    CellConfig, Direction, LayerMasks, NetworkInput, NetworkState, Recurrent, RecurrentCell,
    RecurrentConfig, SeededRng,
};
use serde::{Deserialize, Serialize};

use crate::{Error, dropout_mask};

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
}

impl<C: CellConfig> LanguageModelConfig<C> {
    /// A model of `vocabulary_size` tokens.
    pub fn new(vocabulary_size: usize, embedding_size: usize, network: RecurrentConfig<C>) -> Self {
        Self {
            vocabulary_size,
            embedding_size,
            network,
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
        match self.network.direction {
            Direction::Forward => Ok(()),
            other => Err(Error::config(
                "direction",
                "forward",
                format!("{other:?}").to_lowercase(),
            )),
        }
    }

    /// Builds the model with weights drawn from `rng`: a standard normal embedding, the network's own weights, and an
    /// output layer `U(-1/sqrt(H), 1/sqrt(H))` with a zero bias.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> LanguageModel<C::Cell> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        // burn's own initialisers draw lazily from a generator that the whole process shares.
        let embedding = draw([self.vocabulary_size, self.embedding_size], device, || {
            rng.normal()
        });
        let network = self.network.init(self.embedding_size, device, rng);
        let bound = (network.output_size() as f64).sqrt().recip();
        let output = draw(
            [network.output_size(), self.vocabulary_size],
            device,
            || rng.uniform(-bound, bound),
        );
        let bias = Param::from_tensor(Tensor::zeros([self.vocabulary_size], device));
        LanguageModel {
            embedding: Embedding { weight: embedding },
            network,
            output: Linear {
                weight: output,
                bias: Some(bias),
            },
        }
    }
}

/// A weight of this shape, drawn row by row.
fn draw(shape: [usize; 2], device: &Device, mut value: impl FnMut() -> f64) -> Param<Tensor<2>> {
    let values: Vec<f64> = (0..shape[0] * shape[1]).map(|_| value()).collect();
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}

/// An embedding, a recurrent network, and an output layer over the vocabulary.
#[derive(Module, Debug)]
pub struct LanguageModel<C: RecurrentCell> {
    /// Weight `[V, E]`.
    pub embedding: Embedding,
    /// Runs forward.
    pub network: Recurrent<C>,
    /// Weight `[H, V]`, bias `[V]`.
    pub output: Linear,
}

/// The masks of one window, each the same at every step (variational dropout; Gal and Ghahramani 2016).
#[derive(Clone, Debug)]
pub struct LanguageModelMasks {
    /// What each layer reads and what its recurrent weights see.
    pub layers: Vec<LayerMasks>,
    /// What the output layer reads, `[B, H]`.
    pub output: Tensor<2>,
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
    /// It starts from `state`, or from the network's initial state.
    ///
    /// # Panics
    ///
    /// If the state has another batch size. A token must be below `V`: the CPU devices panic on another, a GPU reads anything.
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        state: impl Into<Option<NetworkState<C::State>>>,
    ) -> (Tensor<3>, NetworkState<C::State>) {
        let input = NetworkInput::new(self.embedding.forward(tokens)).with_state(state);
        let output = self.network.forward(input);
        (self.output.forward(output.outputs), output.state)
    }

    /// [`forward`](Self::forward) under dropout.
    ///
    /// # Panics
    ///
    /// If a shape does not fit. A token must be below `V`, as in [`forward`](Self::forward).
    pub fn forward_masked(
        &self,
        tokens: Tensor<2, Int>,
        state: impl Into<Option<NetworkState<C::State>>>,
        masks: LanguageModelMasks,
    ) -> (Tensor<3>, NetworkState<C::State>) {
        let input = NetworkInput::new(self.embedding.forward(tokens))
            .with_state(state)
            .with_masks(masks.layers);
        let output = self.network.forward(input);
        let outputs = output.outputs * masks.output.unsqueeze_dim(1);
        (self.output.forward(outputs), output.state)
    }

    /// The mean cross-entropy of `logits [B, T, V]` against `targets [B, T]`, in nats per token: `[1]`.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit each other.
    pub fn loss(&self, logits: Tensor<3>, targets: Tensor<2, Int>) -> Tensor<1> {
        let [batch, steps, vocabulary] = logits.dims();
        let device = logits.device();
        let logits = logits.reshape([batch * steps, vocabulary]);
        CrossEntropyLoss::new(None, &device).forward(logits, targets.reshape([batch * steps]))
    }

    /// Masks for a window of `batch_size` rows that drop with this probability in `[0, 1)` what each layer reads, what its
    /// recurrent weights see, and what the output layer reads.
    ///
    /// # Panics
    ///
    /// If `probability` is outside `[0, 1)`.
    pub fn sample_masks(
        &self,
        batch_size: usize,
        probability: f64,
        rng: &mut SeededRng,
    ) -> LanguageModelMasks {
        let (device, dtype) = (self.device(), self.embedding.weight.dtype());
        let hidden = self.network.hidden_size();
        let mut mask =
            |width| dropout_mask([batch_size, width], probability, (&device, dtype), rng);
        let layers = (0..self.network.num_layers())
            .map(|layer| LayerMasks {
                input: Some(mask(if layer == 0 {
                    self.network.input_size()
                } else {
                    hidden
                })),
                forward_recurrent: Some(mask(hidden)),
                backward_recurrent: None,
            })
            .collect();
        LanguageModelMasks {
            layers,
            output: mask(hidden),
        }
    }
}
