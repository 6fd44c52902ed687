//! Predicting the next step of sequences in which any number of labels holds at each step, such as the notes of music.
//!
//! ```text
//! logits_t            = W_out network(x_1 .. x_t) + b_out
//! P(label v at t + 1) = sigmoid(logits_t,v)
//! ```

mod batch;
mod config;
mod masks;
mod sample;
mod training;

pub use batch::MultiLabelBatch;
pub use config::MultiLabelPredictorConfig;
pub use masks::MultiLabelMasks;
pub use sample::MultiLabelSampler;

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, activation};
use recurra_cells::{Lengths, NetworkInput, NetworkState, Recurrent, RecurrentCell};

use crate::at_least_single;
use crate::regularize::dropped;

/// A recurrent network that reads which of `V` labels hold at each step and says how likely each is to hold at the next,
/// independently of the others (Boulanger-Lewandowski et al. 2012 call this the RNN baseline of polyphonic music).
#[derive(Module, Debug)]
pub struct MultiLabelPredictor<C: RecurrentCell> {
    /// Runs forward.
    pub network: Recurrent<C>,
    /// Weight `[H, V]`, bias `[V]`.
    pub output: Linear,
}

impl<C: RecurrentCell> MultiLabelPredictor<C> {
    /// `V`.
    pub fn num_labels(&self) -> usize {
        self.output.weight.dims()[1]
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.output.weight.device()
    }

    /// The logits `[B, T, V]` of the labels of the step after each of `inputs [B, T, V]`, which are 1 for a label that holds
    /// and 0 for another. Those beyond a row's length mean nothing.
    ///
    /// # Panics
    ///
    /// If the shape of the inputs or the lengths does not fit.
    pub fn forward(&self, inputs: Tensor<3>, lengths: impl Into<Option<Lengths>>) -> Tensor<3> {
        self.run(NetworkInput::new(inputs).with_lengths(lengths)).0
    }

    /// [`forward`](Self::forward) under dropout.
    ///
    /// # Panics
    ///
    /// If a shape does not fit.
    pub fn forward_masked(
        &self,
        inputs: Tensor<3>,
        lengths: impl Into<Option<Lengths>>,
        masks: MultiLabelMasks,
    ) -> Tensor<3> {
        let input = NetworkInput::new(inputs).with_lengths(lengths);
        let outputs = self.network.forward(input.with_masks(masks.layers)).outputs;
        self.output.forward(dropped(outputs, masks.output))
    }

    /// [`forward`](Self::forward) over a part of a sequence, from the state at its beginning to the state at its end.
    fn run(&self, input: NetworkInput<C::State>) -> (Tensor<3>, NetworkState<C::State>) {
        let output = self.network.forward(input);
        (self.output.forward(output.outputs), output.state)
    }

    /// The cross-entropy of `logits [B, T, V]` against `targets [B, T, V]` of zeros and ones, summed over the labels and
    /// averaged over all valid steps of all rows, in nats per step: `[1]`.
    ///
    /// It is the negative log-likelihood by which models of polyphonic music are compared (as in Bai et al. 2018): a long
    /// row counts by its steps.
    ///
    /// # Panics
    ///
    /// If a shape or the lengths do not fit, or no step is valid.
    pub fn loss(
        &self,
        logits: Tensor<3>,
        targets: Tensor<3>,
        lengths: Option<&Lengths>,
    ) -> Tensor<1> {
        let (shape, expected) = (targets.dims(), logits.dims());
        assert_eq!(
            shape, expected,
            "the targets are {shape:?}, but the logits are {expected:?}"
        );
        let [batch, steps, _] = shape;
        let logits = at_least_single(logits);
        // -log(1 - sigmoid(x)) = -log_sigmoid(-x), and each target takes x off: no exponential of a large number.
        let nats = activation::log_sigmoid(-logits.clone()).neg() - logits * targets;
        let (nats, valid) = match lengths {
            Some(lengths) => (lengths.zero_padding(nats), lengths.as_slice().iter().sum()),
            None => (nats, batch * steps),
        };
        assert!(valid > 0, "a loss needs at least one valid step, got none");
        nats.sum() / valid as f64
    }

    /// The loss of a whole batch in use, without dropout or gradients, in nats per step.
    ///
    /// # Panics
    ///
    /// If the batch has another number of labels.
    pub fn evaluate(&self, batch: &MultiLabelBatch) -> f64 {
        let (model, device) = (self.valid(), self.device());
        let logits = model.forward(batch.inputs(&device), batch.lengths().clone());
        let loss = model.loss(logits, batch.targets(&device), Some(batch.lengths()));
        loss.into_scalar::<f64>()
    }
}
