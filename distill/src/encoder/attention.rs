//! Self-attention over the valid tokens of each row (Vaswani et al. 2017).
//!
//! ```text
//! A = softmax over valid keys of (Q K^T / sqrt(W / heads))        a head each
//! y = W_o [A_1 V_1; A_2 V_2; ...] + b_o
//! ```

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Bool, Device, Tensor, activation};
use recurra_cells::Lengths;

use super::EncoderConfig;
use super::dropout::Dropout;
use super::parameters::ParameterSource;
use crate::Error;

/// What a padded batch `[B, T]` is like. Layers see it as `B*T` rows, so that each product is one large one.
pub(super) struct Batch {
    pub size: usize,
    pub steps: usize,
    /// `[B, 1, 1, T]`, if any step is padding.
    padding: Option<Tensor<4, Bool>>,
}

impl Batch {
    /// # Panics
    /// If the lengths are for another batch or number of steps.
    pub fn new([size, steps]: [usize; 2], lengths: Option<&Lengths>, device: &Device) -> Self {
        if let Some(lengths) = lengths {
            let own = [lengths.as_slice().len(), lengths.steps()];
            assert_eq!(
                own,
                [size, steps],
                "the lengths are for [B, T] = {own:?}, but the tokens are [{size}, {steps}]"
            );
        }
        let padded = lengths.filter(|lengths| lengths.shortest() < steps);
        let padding = padded.map(|lengths| lengths.padding(device).reshape([size, 1, 1, steps]));
        Self {
            size,
            steps,
            padding,
        }
    }

    /// `[B, T, W]` as `[B*T, W]`.
    pub fn rows(&self, steps: Tensor<3>) -> Tensor<2> {
        let [_, _, width] = steps.dims();
        steps.reshape([self.size * self.steps, width])
    }

    /// `[B*T, W]` as `[B, T, W]`.
    pub fn steps(&self, rows: Tensor<2>) -> Tensor<3> {
        let [_, width] = rows.dims();
        rows.reshape([self.size, self.steps, width])
    }

    /// Scores `[B, heads, T, T]` to weights that sum to 1 over the valid keys.
    fn softmax(&self, scores: Tensor<4>) -> Tensor<4> {
        let scores = match &self.padding {
            // Not infinity: a row without any token would have no softmax.
            Some(padding) => scores.mask_fill(padding.clone(), f32::MIN),
            None => scores,
        };
        activation::softmax(scores, 3)
    }
}

/// Attention of several heads, and the layer that brings them together.
#[derive(Module, Debug)]
pub struct SelfAttention {
    /// Weight `[W, W]`, bias `[W]`, as the others.
    pub query: Linear,
    /// What queries are compared with.
    pub key: Linear,
    /// What is weighted and summed.
    pub value: Linear,
    /// Mixes the heads.
    pub output: Linear,
    #[module(skip)]
    heads: usize,
    #[module(skip)]
    dropout: f64,
}

impl SelfAttention {
    /// `name` is the layer's, such as `encoder.layer.0`.
    pub(super) fn build(
        name: &str,
        config: &EncoderConfig,
        source: &mut impl ParameterSource,
    ) -> Result<Self, Error> {
        let width = config.hidden_size;
        let mut linear =
            |part: &str| source.linear(&format!("{name}.attention.{part}"), width, width);
        Ok(Self {
            query: linear("self.query")?,
            key: linear("self.key")?,
            value: linear("self.value")?,
            output: linear("output.dense")?,
            heads: config.num_attention_heads,
            dropout: config.attention_probs_dropout_prob,
        })
    }

    /// Rows `[B*T, W]` to rows `[B*T, W]`.
    pub(super) fn forward(
        &self,
        rows: Tensor<2>,
        batch: &Batch,
        dropout: &mut Dropout<'_>,
    ) -> Tensor<2> {
        let [count, width] = rows.dims();
        let size = width / self.heads;
        let heads = |layer: &Linear| {
            let projected = layer.forward(rows.clone());
            let shape = [batch.size, batch.steps, self.heads, size];
            projected.reshape(shape).swap_dims(1, 2)
        };
        let query = heads(&self.query) / (size as f64).sqrt();
        let scores = query.matmul(heads(&self.key).transpose());
        let weights = dropout.apply(batch.softmax(scores), self.dropout);
        let context = weights.matmul(heads(&self.value)).swap_dims(1, 2);
        self.output.forward(context.reshape([count, width]))
    }
}
