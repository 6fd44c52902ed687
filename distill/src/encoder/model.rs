//! The encoder: embeddings and a stack of layers.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use recurra_cells::{Lengths, SeededRng};

use super::attention::Batch;
use super::dropout::Dropout;
use super::parameters::ParameterSource;
use super::{Embeddings, EncoderConfig, EncoderLayer};
use crate::Error;

/// An encoder of the BERT family, made by [`HuggingFaceFolder::encoder`](super::HuggingFaceFolder::encoder) or
/// [`EncoderConfig::init`].
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use recurra_cells::{Lengths, SeededRng};
/// use recurra_distill::EncoderConfig;
///
/// let device = Device::default();
/// let encoder = EncoderConfig::new(100, 8, 2, 2).init(&device, &mut SeededRng::new(1));
///
/// let tokens = Tensor::from_data([[1, 17, 99], [1, 2, 0]], &device);
/// let hidden = encoder.forward(tokens, Lengths::new(vec![3, 2], 3)?);
/// assert_eq!(hidden.dims(), [2, 3, 8]);
/// # Ok::<(), recurra_cells::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct Encoder {
    /// From tokens to the first hidden state.
    pub embeddings: Embeddings,
    /// `L` of them.
    pub layers: Vec<EncoderLayer>,
    #[module(skip)]
    config: EncoderConfig,
}

impl Encoder {
    pub(super) fn build(
        config: &EncoderConfig,
        source: &mut impl ParameterSource,
    ) -> Result<Self, Error> {
        Ok(Self {
            embeddings: Embeddings::build(config, source)?,
            layers: (0..config.num_hidden_layers)
                .map(|index| EncoderLayer::build(index, config, source))
                .collect::<Result<_, _>>()?,
            config: config.clone(),
        })
    }

    /// What it was built from.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.embeddings.word.weight.device()
    }

    /// The last hidden state `[B, T, W]` of `tokens [B, T]`, of which the first `lengths[b]` are valid, or all. Nothing is
    /// dropped.
    ///
    /// # Panics
    /// If there are more steps than [`EncoderConfig::max_length`], or the lengths do not fit the tokens. A token must be
    /// below the vocabulary's size, in the padding too: the CPU devices panic on another, a GPU reads anything.
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<3> {
        let lengths = lengths.into();
        self.run(tokens, lengths.as_ref(), &mut Dropout::Off, |_| {})
    }

    /// [`forward`](Self::forward) in training: units are dropped by masks from `rng`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_training(
        &self,
        tokens: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
        rng: &mut SeededRng,
    ) -> Tensor<3> {
        let lengths = lengths.into();
        self.run(tokens, lengths.as_ref(), &mut Dropout::On(rng), |_| {})
    }

    /// All hidden states `[B, T, W]`: that of the embeddings, and one for each layer. The numbers in the padding mean
    /// nothing.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn hidden_states(
        &self,
        tokens: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Vec<Tensor<3>> {
        let (lengths, mut states) = (lengths.into(), Vec::new());
        self.run(tokens, lengths.as_ref(), &mut Dropout::Off, |state| {
            states.push(state);
        });
        states
    }

    /// The last hidden state; `see` is shown each as it comes.
    pub(super) fn run(
        &self,
        tokens: Tensor<2, Int>,
        lengths: Option<&Lengths>,
        dropout: &mut Dropout<'_>,
        mut see: impl FnMut(Tensor<3>),
    ) -> Tensor<3> {
        let [size, steps] = tokens.dims();
        let longest = self.config.max_length();
        assert!(
            steps <= longest,
            "the encoder reads at most {longest} tokens, but the tokens are [{size}, {steps}]"
        );
        let batch = Batch::new([size, steps], lengths, &tokens.device());
        let mut rows = self.embeddings.forward(tokens, &batch, dropout);
        see(batch.steps(rows.clone()));
        for layer in &self.layers {
            rows = layer.forward(rows, &batch, dropout);
            see(batch.steps(rows.clone()));
        }
        batch.steps(rows)
    }
}
