//! One layer: attention and a feed-forward network, each added to its input and normalised after.
//!
//! ```text
//! a = norm(x + attention(x))
//! y = norm(a + W_2 gelu(W_1 a + b_1) + b_2)
//! ```

use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::Tensor;

use super::attention::{Batch, SelfAttention};
use super::dropout::Dropout;
use super::parameters::ParameterSource;
use super::{EncoderConfig, HiddenAct};
use crate::Error;

/// A layer of the encoder.
#[derive(Module, Debug)]
pub struct EncoderLayer {
    /// Between the tokens of a row.
    pub attention: SelfAttention,
    /// Over `W`, after the attention.
    pub attention_norm: LayerNorm,
    /// Weight `[W, intermediate_size]`.
    pub intermediate: Linear,
    /// Weight `[intermediate_size, W]`.
    pub output: Linear,
    /// Over `W`, after the feed-forward network.
    pub output_norm: LayerNorm,
    #[module(skip)]
    hidden_act: HiddenAct,
    #[module(skip)]
    dropout: f64,
}

impl EncoderLayer {
    pub(super) fn build(
        index: usize,
        config: &EncoderConfig,
        source: &mut impl ParameterSource,
    ) -> Result<Self, Error> {
        let name = format!("encoder.layer.{index}");
        let (width, inner, eps) = (
            config.hidden_size,
            config.intermediate_size,
            config.layer_norm_eps,
        );
        let norm = |part: &str| format!("{name}.{part}.LayerNorm");
        Ok(Self {
            attention: SelfAttention::build(&name, config, source)?,
            attention_norm: source.layer_norm(&norm("attention.output"), width, eps)?,
            intermediate: source.linear(&format!("{name}.intermediate.dense"), width, inner)?,
            output: source.linear(&format!("{name}.output.dense"), inner, width)?,
            output_norm: source.layer_norm(&norm("output"), width, eps)?,
            hidden_act: config.hidden_act,
            dropout: config.hidden_dropout_prob,
        })
    }

    /// Rows `[B*T, W]` to rows `[B*T, W]`.
    pub(super) fn forward(
        &self,
        rows: Tensor<2>,
        batch: &Batch,
        dropout: &mut Dropout<'_>,
    ) -> Tensor<2> {
        let attended = self.attention.forward(rows.clone(), batch, dropout);
        let attended = dropout.apply(attended, self.dropout);
        let attended = self.attention_norm.forward(rows + attended);
        let inner = self
            .hidden_act
            .forward(self.intermediate.forward(attended.clone()));
        let output = dropout.apply(self.output.forward(inner), self.dropout);
        self.output_norm.forward(attended + output)
    }
}
