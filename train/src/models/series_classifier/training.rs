//! How a classifier of series is trained: what is dropped, and the loss on rows of numbers.

use burn::tensor::{Device, Tensor};
use recurra_cells::{Lengths, NetworkInput, NetworkState, RecurrentCell};

use super::{SeriesBatch, SeriesClassifier};
use crate::regularize::{layer_masks, masked, some_mask};
use crate::{Pass, Regularization, SequenceModel, WindowLoss};

/// What a [`SeriesClassifier`] makes of rows of numbers.
#[derive(Clone, Debug)]
pub struct SeriesPass<S> {
    /// `[B, V]`.
    pub logits: Tensor<2>,
    /// What a loss is to be added to in training, `[1]`, if anything.
    pub penalty: Option<Tensor<1>>,
    /// The state in which each row ends.
    pub state: NetworkState<S>,
}

impl<C: RecurrentCell> SeriesClassifier<C> {
    /// The logits of rows `[B, T, D]`, as they are judged or as they are trained, for a loss of your own. What is dropped in
    /// training is the same at all steps of a row; there are no words to drop.
    ///
    /// # Panics
    ///
    /// If the width of the values, or the lengths, do not fit.
    pub fn pass(
        &self,
        values: Tensor<3>,
        lengths: &Lengths,
        pass: Pass<'_>,
    ) -> SeriesPass<C::State> {
        let ([rows, _, _], dtype) = (values.dims(), self.output.weight.dtype());
        let (layers, mask, regularization) = match pass {
            Pass::Evaluation => (None, None, &Regularization::NONE),
            Pass::Training {
                regularization,
                rng,
            } => {
                let (rates, options) = (&regularization.dropout, (&self.device(), dtype));
                let layers = layer_masks(&self.network, rows, rates, options, rng);
                let width = self.output.weight.dims()[0];
                let output = some_mask([rows, width], rates.output, options, rng);
                (Some(layers), output, regularization)
            }
        };
        // The weights may have been cast to half precision, the values not.
        let input = NetworkInput::new(values.cast(dtype))
            .with_lengths(lengths.clone())
            .with_masks(layers);
        let output = self.network.forward(input);
        let (outputs, state) = (output.outputs.clone(), output.state.clone());
        let pooled = self.pooler.forward(output, Some(lengths));
        let read = match mask {
            Some(mask) => masked(pooled, mask),
            None => pooled,
        };
        SeriesPass {
            logits: self.output.forward(read),
            penalty: regularization.penalty(outputs.clone(), outputs, Some(lengths)),
            state,
        }
    }
}

/// Each row is a whole series: a batch does not continue the one before, and starts from the network's initial state whatever
/// that has left. Batches may have any number of rows.
impl<C: RecurrentCell> SequenceModel for SeriesClassifier<C> {
    type Window = SeriesBatch;
    type State = C::State;

    fn device(&self) -> Device {
        self.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        self.network.initial_state(batch_size, &self.device())
    }

    fn window_loss(
        &self,
        batch: &SeriesBatch,
        _: Option<NetworkState<C::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<C::State> {
        let device = self.device();
        let run = self.pass(batch.values(&device), batch.lengths(), pass);
        WindowLoss {
            mean: self.loss(run.logits, batch.labels(&device)),
            penalty: run.penalty,
            state: run.state,
        }
    }

    fn assert_fits(&self, batch: &SeriesBatch) {
        batch.assert_fits(self.input_size(), self.classes());
    }
}
