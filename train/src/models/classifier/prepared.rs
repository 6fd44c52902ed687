//! A classifier for use on the host, without a tensor.

use std::num::NonZeroUsize;

use burn::nn::Linear;
use burn::tensor::Tensor;
use recurra_cells::kernel::{FusedCell, Prepared};
use recurra_cells::{Direction, Merge};

use super::{SequenceClassifier, TokenRows};
use crate::{Error, Pooling};

/// A [`SequenceClassifier`] with packed weights, for inference on the host: of a short text most of the time goes into making
/// tensors, and here there are none.
pub struct PreparedClassifier {
    /// `[V, E]`, row by row.
    embedding: Vec<f32>,
    network: Prepared,
    pooling: Pooling,
    direction: Direction,
    hidden: Option<Dense>,
    output: Dense,
    /// Buffers `[B, T, E]` and `[B, T, W]`.
    inputs: Vec<f32>,
    outputs: Vec<f32>,
}

/// A layer `y = W x + b` on slices.
struct Dense {
    /// `[O, I]`, so that each output reads one run of numbers.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl<C: FusedCell> SequenceClassifier<C> {
    /// Packs the weights for at most `threads` threads.
    ///
    /// # Errors
    ///
    /// [`Error::Cells`] if the network cannot be prepared. [`Error::Config`] for attention pooling, and for pooling by the final
    /// states of a network whose outputs do not show them: with a residual connection, or with directions that are merged
    /// otherwise than side by side.
    pub fn prepare(&self, threads: NonZeroUsize) -> Result<PreparedClassifier, Error> {
        let (pooling, network) = (self.pooler.pooling(), &self.network);
        let side_by_side = network.direction() != Direction::Both
            || matches!(network.merge(), Merge::Concat | Merge::Separate);
        let shows_states = side_by_side && !network.layers.iter().any(|layer| layer.is_residual());
        if pooling == Pooling::Attention || (pooling == Pooling::Last && !shows_states) {
            let expected =
                "one that the network's outputs show: last without residual or sum, mean or max";
            return Err(Error::config("pooling", expected, format!("{pooling:?}")));
        }
        Ok(PreparedClassifier {
            embedding: values(self.embedding.weight.val()),
            network: network.prepare_for(threads)?,
            pooling,
            direction: network.direction(),
            hidden: self.hidden.as_ref().map(Dense::new),
            output: Dense::new(&self.output),
            inputs: Vec::new(),
            outputs: Vec::new(),
        })
    }
}

impl PreparedClassifier {
    /// The logits `[B, V]` of rows, row by row: those of [`SequenceClassifier::forward`], but for rounding.
    ///
    /// # Panics
    ///
    /// If a token is not below the vocabulary's size.
    pub fn logits(&mut self, rows: &TokenRows) -> Vec<f32> {
        let width = self.network.input_size();
        rows.assert_below(self.embedding.len() / width);
        self.inputs.clear();
        for &token in rows.as_slice() {
            let start = token as usize * width;
            self.inputs
                .extend_from_slice(&self.embedding[start..start + width]);
        }
        let lengths = rows.lengths();
        let outputs = self.network.output_size();
        self.outputs
            .resize(rows.batch_size() * lengths.steps() * outputs, 0.0);
        self.network
            .run_padded(&self.inputs, lengths, &mut self.outputs);
        let row = lengths.steps() * outputs;
        let mut logits = Vec::new();
        for (steps, &length) in self.outputs.chunks_exact(row).zip(lengths.as_slice()) {
            let mut pooled = self.pooled(&steps[..length * outputs]);
            if let Some(hidden) = &self.hidden {
                pooled = hidden.forward(&pooled);
                pooled.iter_mut().for_each(|unit| *unit = unit.max(0.0));
            }
            logits.extend(self.output.forward(&pooled));
        }
        logits
    }

    /// The valid steps of a row, `[length, W]`, as one vector `[W]`; zeros for none.
    fn pooled(&self, steps: &[f32]) -> Vec<f32> {
        let width = self.network.output_size();
        let mut rows = steps.chunks_exact(width);
        let count = rows.len() as f32;
        let (Some(first), last) = (rows.next(), steps.rchunks_exact(width).next()) else {
            return vec![0.0; width];
        };
        let last = last.unwrap_or(first);
        match self.pooling {
            Pooling::Last => match self.direction {
                Direction::Forward => last.to_vec(),
                Direction::Backward => first.to_vec(),
                Direction::Both => [&last[..width / 2], &first[width / 2..]].concat(),
            },
            Pooling::Max => rows.fold(first.to_vec(), |highest, row| zip(highest, row, f32::max)),
            Pooling::Mean | Pooling::Attention => {
                let sum = rows.fold(first.to_vec(), |sum, row| zip(sum, row, |a, b| a + b));
                sum.into_iter().map(|unit| unit / count).collect()
            }
        }
    }
}

fn zip(mut values: Vec<f32>, row: &[f32], f: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    values
        .iter_mut()
        .zip(row)
        .for_each(|(value, &other)| *value = f(*value, other));
    values
}

impl Dense {
    fn new(layer: &Linear) -> Self {
        let outputs = layer.weight.dims()[1];
        let bias = layer.bias.as_ref().map(|bias| values(bias.val()));
        Self {
            weight: values(layer.weight.val().transpose()),
            bias: bias.unwrap_or_else(|| vec![0.0; outputs]),
        }
    }

    fn forward(&self, input: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks_exact(input.len());
        let rows = rows.zip(&self.bias);
        rows.map(|(row, bias)| dot(row, input) + bias).collect()
    }
}

/// Independent sums, so that several products are added at a time.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (a_lanes, b_lanes) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_lanes.remainder().iter().zip(b_lanes.remainder());
    let rest: f32 = rest.map(|(a, b)| a * b).sum();
    let mut sums = [0.0; LANES];
    for (a, b) in a_lanes.zip(b_lanes) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
