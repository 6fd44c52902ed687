//! Bringing the steps of a sequence together in one vector.
//!
//! ```text
//! pooled = [forward h of the last valid step; backward h of the first]     last
//! pooled = sum over valid t of o_t / length                                mean
//! pooled = maximum over valid t of o_t, element by element                 max
//! e_t    = v . tanh(W^T o_t + b)                                           attention
//! pooled = sum over valid t of (softmax over valid t of e)_t o_t
//! ```

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData, activation};
use recurra_cells::{
    Direction, Lengths, NetworkOutput, NetworkState, Recurrent, RecurrentCell, RecurrentState,
    SeededRng,
};
use serde::{Deserialize, Serialize};

use super::valid_steps::padding;
use super::weights::{linear, matrix};

/// How the steps of a sequence become one vector. The padding has no part in it, and a row of length 0 becomes zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The hidden state in which each direction of the last layer ends, forward first: width `H` a direction, however the
    /// network merges its outputs, and without what a residual connection adds to them.
    #[default]
    Last,
    /// The mean of the network's outputs `[B, T, W]`: width `W`.
    Mean,
    /// The maximum of the network's outputs `[B, T, W]`, element by element: width `W`.
    Max,
    /// A mean of the network's outputs `[B, T, W]` under learned weights (Yang et al. 2016): width `W`.
    Attention,
}

impl Pooling {
    /// The width of what it makes of this network's outputs.
    pub(super) fn width<C: RecurrentCell>(self, network: &Recurrent<C>) -> usize {
        match self {
            Self::Last => final_width(network),
            Self::Mean | Self::Max | Self::Attention => network.output_size(),
        }
    }

    /// Draws the weights, where it has any.
    pub(super) fn init<C: RecurrentCell>(
        self,
        network: &Recurrent<C>,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Pooler {
        let width = network.output_size();
        let attention = (self == Self::Attention).then(|| AttentionPooling {
            key: linear([width, width], device, rng),
            context: matrix([width, 1], device, rng),
        });
        Pooler {
            attention,
            pooling: self,
        }
    }
}

/// A [`Pooling`] with its weights.
#[derive(Module, Debug)]
pub struct Pooler {
    /// For [`Pooling::Attention`] alone.
    pub attention: Option<AttentionPooling>,
    #[module(skip)]
    pooling: Pooling,
}

impl Pooler {
    /// Which one it is.
    pub fn pooling(&self) -> Pooling {
        self.pooling
    }

    /// What a network gave, as one vector a row: `[B, H]` or more for [`Pooling::Last`], `[B, W]` for the others. The
    /// `lengths` are those that the network was given.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit the network's outputs.
    pub fn forward<S: RecurrentState>(
        &self,
        output: NetworkOutput<S>,
        lengths: Option<&Lengths>,
    ) -> Tensor<2> {
        match self.pooling {
            Pooling::Last => final_hidden(&output.state),
            Pooling::Mean => mean(output.outputs, lengths),
            Pooling::Max => max(output.outputs, lengths),
            Pooling::Attention => self
                .attention
                .as_ref()
                .expect("attention pooling is built with its weights")
                .forward(output.outputs, lengths),
        }
    }
}

/// Attention over the steps of a sequence, without a query (Yang et al. 2016).
#[derive(Module, Debug)]
pub struct AttentionPooling {
    /// Weight `W [W, W]`, bias `b [W]`.
    pub key: Linear,
    /// `v [W, 1]`.
    pub context: Param<Tensor<2>>,
}

impl AttentionPooling {
    /// How much of the result is from each step of `outputs [B, T, W]`: `[B, T]`, 0 on the padding, with a sum of 1 in each
    /// row. A row of length 0 has its padding's first step.
    ///
    /// # Panics
    ///
    /// If the width or the lengths do not fit.
    pub fn weights(&self, outputs: Tensor<3>, lengths: Option<&Lengths>) -> Tensor<2> {
        let [batch, steps, width] = outputs.dims();
        let keys = self.key.forward(outputs.reshape([batch * steps, width]));
        let scores = keys
            .tanh()
            .matmul(self.context.val())
            .reshape([batch, steps]);
        let scores = match padding(lengths, &scores.device()) {
            Some(padding) => scores.mask_fill(padding, f32::NEG_INFINITY),
            None => scores,
        };
        activation::softmax(scores, 1)
    }

    /// `outputs [B, T, W]` to their mean under [`weights`](Self::weights), `[B, W]`.
    ///
    /// # Panics
    ///
    /// If the width or the lengths do not fit.
    pub fn forward(&self, outputs: Tensor<3>, lengths: Option<&Lengths>) -> Tensor<2> {
        let weights = self.weights(outputs.clone(), lengths);
        (outputs * weights.unsqueeze_dim(2))
            .sum_dim(1)
            .squeeze_dim(1)
    }
}

/// The width of [`final_hidden`].
pub(super) fn final_width<C: RecurrentCell>(network: &Recurrent<C>) -> usize {
    match network.direction() {
        Direction::Forward | Direction::Backward => network.hidden_size(),
        Direction::Both => 2 * network.hidden_size(),
    }
}

/// The last layer's final hidden states, `[B, H]` a direction, forward first.
pub(super) fn final_hidden<S: RecurrentState>(state: &NetworkState<S>) -> Tensor<2> {
    let last = state.layers.last().into_iter();
    let directions = last.flat_map(|layer| layer.forward.iter().chain(&layer.backward));
    Tensor::cat(directions.map(RecurrentState::hidden).collect(), 1)
}

/// The mean over the valid steps. The outputs on the padding are zero already.
fn mean(outputs: Tensor<3>, lengths: Option<&Lengths>) -> Tensor<2> {
    let Some(lengths) = lengths else {
        return outputs.mean_dim(1).squeeze_dim(1);
    };
    let options = (&outputs.device(), outputs.dtype());
    let shares: Vec<f64> = lengths
        .as_slice()
        .iter()
        .map(|&length| (length.max(1) as f64).recip())
        .collect();
    let shape = [shares.len(), 1];
    let shares: Tensor<2> = Tensor::from_data(TensorData::new(shares, shape), options);
    outputs.sum_dim(1).squeeze_dim::<2>(1) * shares
}

/// The maximum over the valid steps.
fn max(outputs: Tensor<3>, lengths: Option<&Lengths>) -> Tensor<2> {
    let dims = outputs.dims();
    let outputs = match padding(lengths, &outputs.device()) {
        Some(padding) => {
            let padding = padding.unsqueeze_dim::<3>(2).expand(dims);
            outputs.mask_fill(padding, f32::NEG_INFINITY)
        }
        None => outputs,
    };
    outputs.max_dim(1).squeeze_dim(1)
}
