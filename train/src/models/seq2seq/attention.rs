//! Attention over an encoder's outputs, masked by the lengths of the sources.
//!
//! ```text
//! e[t, s] = h_t . k_s                             dot
//! e[t, s] = (W_q^T h_t) . k_s                     general
//! e[t, s] = v . tanh(W_q^T h_t + W_k^T k_s)       additive
//! a[t]    = softmax over s of e[t]
//! c_t     = sum over s of a[t, s] k_s
//! h~_t    = tanh(W_c [u_t; c_t] + b_c)                where u_t is h_t, unless layers stand above
//! ```

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Bool, Device, Int, Tensor, activation};
use recurra_cells::{Lengths, SeededRng};
use serde::{Deserialize, Serialize};

use super::super::valid_steps::padding;
use super::super::weights::{linear, matrix};
use crate::Error;

/// How well a step of the decoder `[Hd]` fits a step of the encoder `[He]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AttentionScore {
    /// Their inner product, which asks for `Hd = He` (Luong et al. 2015).
    Dot,
    /// Their inner product under a learned matrix (Luong et al. 2015).
    General,
    /// A layer of `tanh` over both, and its inner product with a learned vector (Bahdanau et al. 2015).
    Additive {
        /// `A`, the width of that layer, at least 1.
        size: usize,
    },
}

impl AttentionScore {
    /// Says what does not fit: `widths` are `[Hd, He]`.
    pub(super) fn validate(self, widths: [usize; 2]) -> Result<(), Error> {
        let [decoder, encoder] = widths;
        match self {
            Self::Dot if decoder != encoder => Err(Error::config(
                "attention",
                "general or additive where the decoder's outputs are not as wide as the encoder's",
                format!("dot for widths {decoder} and {encoder}"),
            )),
            Self::Additive { size: 0 } => Err(Error::config("attention size", "at least 1", 0)),
            _ => Ok(()),
        }
    }

    /// Draws the weights for `widths` `[Hd, He]`, and for what is combined `[Hu, Ho]`.
    pub(super) fn init(
        self,
        widths: [usize; 2],
        combined: [usize; 2],
        device: &Device,
        rng: &mut SeededRng,
    ) -> Attention {
        let ([decoder, encoder], [upper, outputs]) = (widths, combined);
        let (query, key, energy) = match self {
            Self::Dot => (None, None, None),
            Self::General => (Some(matrix([decoder, encoder], device, rng)), None, None),
            Self::Additive { size } => (
                Some(matrix([decoder, size], device, rng)),
                Some(matrix([encoder, size], device, rng)),
                Some(matrix([size, 1], device, rng)),
            ),
        };
        Attention {
            query,
            key,
            energy,
            combine: linear([upper + encoder, outputs], device, rng),
        }
    }
}

/// Attention with one of the [`AttentionScore`]s, which the weights that are there tell apart.
#[derive(Module, Debug)]
pub struct Attention {
    /// `W_q`: `[Hd, He]` for the general score, `[Hd, A]` for the additive one.
    pub query: Option<Param<Tensor<2>>>,
    /// `W_k [He, A]`, for the additive score alone.
    pub key: Option<Param<Tensor<2>>>,
    /// `v [A, 1]`, for the additive score alone.
    pub energy: Option<Param<Tensor<2>>>,
    /// `W_c [Hu + He, Ho]` and its bias `[Ho]`.
    pub combine: Linear,
}

/// What a decoder looks back at: an encoder's outputs, prepared once for all its steps.
#[derive(Clone, Debug)]
pub struct Memory {
    /// What the scores are computed with, `[B, S, He]` or `[B, S, A]`.
    keys: Tensor<3>,
    /// The encoder's outputs `[B, S, He]`.
    values: Tensor<3>,
    /// Where there is nothing to look at, `[B, S]`.
    hidden: Option<Tensor<2, Bool>>,
}

impl Memory {
    /// Where it is.
    pub(super) fn device(&self) -> Device {
        self.values.device()
    }

    /// The memory of the rows `indices [N]`, with repetition.
    pub(super) fn select_rows(&self, indices: Tensor<1, Int>) -> Self {
        let select = |tensor: &Tensor<3>| tensor.clone().select(0, indices.clone());
        Self {
            keys: select(&self.keys),
            values: select(&self.values),
            hidden: self.hidden.as_ref().map(|hidden| {
                let rows = hidden.clone().int().select(0, indices.clone());
                rows.equal_elem(1)
            }),
        }
    }
}

impl Attention {
    /// `Ho`.
    pub(super) fn output_size(&self) -> usize {
        self.combine.weight.dims()[1]
    }

    /// Prepares an encoder's outputs `[B, S, He]`, of which each row's valid steps are looked at.
    ///
    /// # Panics
    ///
    /// If the width of the outputs, or the lengths, do not fit.
    pub fn remember(&self, outputs: Tensor<3>, lengths: Option<&Lengths>) -> Memory {
        Memory {
            keys: match &self.key {
                Some(weight) => product(outputs.clone(), weight.val()),
                None => outputs.clone(),
            },
            hidden: padding(lengths, &outputs.device()),
            values: outputs,
        }
    }

    /// The weights `[B, T, S]` that a decoder's outputs `[B, T, Hd]` give to the steps of the encoder: 0 on the padding,
    /// and a sum of 1. A source of length 0 has its padding's first step instead, where the encoder's outputs are zero.
    ///
    /// # Panics
    ///
    /// If a width or the batch size does not fit.
    pub fn weights(&self, outputs: Tensor<3>, memory: &Memory) -> Tensor<3> {
        let queries = match &self.query {
            Some(weight) => product(outputs, weight.val()),
            None => outputs,
        };
        let scores = match &self.energy {
            Some(energy) => additive(queries, memory.keys.clone(), energy.val()),
            None => queries.matmul(memory.keys.clone().swap_dims(1, 2)),
        };
        let dims = scores.dims();
        let scores = match &memory.hidden {
            Some(hidden) => {
                let hidden = hidden.clone().unsqueeze_dim::<3>(1).expand(dims);
                scores.mask_fill(hidden, f32::NEG_INFINITY)
            }
            None => scores,
        };
        activation::softmax(scores, 2)
    }

    /// What the decoder's outputs `[B, T, Hd]` look at, `c` of the formula: `[B, T, He]`.
    ///
    /// # Panics
    ///
    /// If a width or the batch size does not fit.
    pub fn context(&self, outputs: Tensor<3>, memory: &Memory) -> Tensor<3> {
        self.weights(outputs, memory).matmul(memory.values.clone())
    }

    /// The outputs `[B, T, Hu]` of the decoder's last layer together with a [`context`](Self::context) `[B, T, He]`, `h~` of the
    /// formula: `[B, T, Ho]`.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit.
    pub fn combined(&self, outputs: Tensor<3>, context: Tensor<3>) -> Tensor<3> {
        self.combine
            .forward(Tensor::cat(vec![outputs, context], 2))
            .tanh()
    }
}

/// `[B, T, D]` times `[D, K]`, as one product over every step.
fn product(inputs: Tensor<3>, weight: Tensor<2>) -> Tensor<3> {
    let [batch, steps, width] = inputs.dims();
    let [_, outputs] = weight.dims();
    inputs
        .reshape([batch * steps, width])
        .matmul(weight)
        .reshape([batch, steps, outputs])
}

/// `v . tanh(q_t + k_s)`: `[B, T, A]`, `[B, S, A]` and `[A, 1]` to `[B, T, S]`.
fn additive(queries: Tensor<3>, keys: Tensor<3>, energy: Tensor<2>) -> Tensor<3> {
    let [batch, steps, size] = queries.dims();
    let [_, sources, _] = keys.dims();
    let sums = queries.unsqueeze_dim::<4>(2) + keys.unsqueeze_dim::<4>(1);
    product(sums.tanh().reshape([batch, steps * sources, size]), energy)
        .reshape([batch, steps, sources])
}
