//! From tokens to the first hidden state.
//!
//! ```text
//! x_t = norm(word[token_t] + position[first + t] + type[0])
//! ```

use burn::module::Module;
use burn::nn::{Embedding, LayerNorm};
use burn::tensor::{Int, Tensor};

use super::dropout::Dropout;
use super::parameters::ParameterSource;
use super::{EncoderConfig, attention::Batch};
use crate::Error;

/// The tables of tokens, positions and token types, and a layer norm over their sum.
#[derive(Module, Debug)]
pub struct Embeddings {
    /// `[V, W]`.
    pub word: Embedding,
    /// `[max_position_embeddings, W]`.
    pub position: Embedding,
    /// `[type_vocab_size, W]`. A single text has the first type throughout.
    pub token_type: Embedding,
    /// Over `W`.
    pub norm: LayerNorm,
    #[module(skip)]
    first_position: usize,
    #[module(skip)]
    dropout: f64,
}

impl Embeddings {
    pub(super) fn build(
        config: &EncoderConfig,
        source: &mut impl ParameterSource,
    ) -> Result<Self, Error> {
        let width = config.hidden_size;
        let (rows, types) = (config.max_position_embeddings, config.type_vocab_size);
        Ok(Self {
            word: source.embedding("embeddings.word_embeddings", config.vocab_size, width)?,
            position: source.embedding("embeddings.position_embeddings", rows, width)?,
            token_type: source.embedding("embeddings.token_type_embeddings", types, width)?,
            norm: source.layer_norm("embeddings.LayerNorm", width, config.layer_norm_eps)?,
            first_position: config.first_position(),
            dropout: config.hidden_dropout_prob,
        })
    }

    /// `tokens [B, T]` to rows `[B*T, W]`.
    pub(super) fn forward(
        &self,
        tokens: Tensor<2, Int>,
        batch: &Batch,
        dropout: &mut Dropout<'_>,
    ) -> Tensor<2> {
        let first = self.first_position;
        let positions = self.position.weight.val().narrow(0, first, batch.steps);
        let token_type = self.token_type.weight.val().narrow(0, 0, 1);
        let shared = (positions + token_type).unsqueeze::<3>();
        let rows = batch.rows(self.word.forward(tokens) + shared);
        dropout.apply(self.norm.forward(rows), self.dropout)
    }
}
