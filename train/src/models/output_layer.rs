//! An output layer over a vocabulary, whose weight may be an embedding's.
//!
//! ```text
//! logits = outputs W_out + b_out                     W_out = embedding^T where tied
//! ```

use burn::module::{Module, Param};
use burn::nn::Embedding;
use burn::tensor::module::linear;
use burn::tensor::{Device, Tensor};
use recurra_cells::SeededRng;

use super::weights::{draw, matrix};

/// The output layer of a [`LanguageModel`](crate::LanguageModel) or a [`Seq2Seq`](crate::Seq2Seq).
#[derive(Module, Debug)]
pub struct OutputLayer {
    /// `[H, V]`; none where the embedding's weight `[V, H]` stands in for it.
    pub weight: Option<Param<Tensor<2>>>,
    /// `[V]`.
    pub bias: Param<Tensor<1>>,
}

impl OutputLayer {
    /// A layer `[H, V]` with a weight `U(-1/sqrt(H), 1/sqrt(H))`, unless it is tied, and a zero bias.
    pub(super) fn init(
        shape: [usize; 2],
        tied: bool,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Self {
        Self {
            weight: (!tied).then(|| matrix(shape, device, rng)),
            bias: Param::from_tensor(Tensor::zeros([shape[1]], device)),
        }
    }

    /// `[B, T, H] -> [B, T, V]`.
    pub(super) fn forward(&self, outputs: Tensor<3>, embedding: &Embedding) -> Tensor<3> {
        let weight = match &self.weight {
            Some(weight) => weight.val(),
            None => embedding.weight.val().transpose(),
        };
        linear(outputs, weight, Some(self.bias.val()))
    }
}

/// An embedding `[V, H]` that is an output layer's weight as well, and is drawn as one.
pub(super) fn tied_embedding(shape: [usize; 2], device: &Device, rng: &mut SeededRng) -> Embedding {
    let bound = (shape[1] as f64).sqrt().recip();
    Embedding {
        weight: draw(shape, device, || rng.uniform(-bound, bound)),
    }
}
