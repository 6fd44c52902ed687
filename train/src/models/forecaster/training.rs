//! How a forecaster is trained: what is dropped, and the loss on windows.

use burn::tensor::{Device, Tensor};
use recurra_cells::{NetworkInput, NetworkState, RecurrentCell};

use super::{ForecastBatch, Forecaster, final_hidden};
use crate::regularize::{layer_masks, masked, some_mask};
use crate::{Pass, Regularization, SequenceModel, WindowLoss};

/// What a [`Forecaster`] makes of windows.
#[derive(Clone, Debug)]
pub struct ForecastPass<S> {
    /// `[B, horizon, outputs]`.
    pub forecasts: Tensor<3>,
    /// What a loss is to be added to in training, `[1]`, if anything.
    pub penalty: Option<Tensor<1>>,
    /// The state in which each window ends.
    pub state: NetworkState<S>,
}

impl<C: RecurrentCell> Forecaster<C> {
    /// The forecasts of windows `[B, T, D]`, as they are judged or as they are trained, for a loss of your own. What is dropped
    /// in training is the same at all steps of a window.
    ///
    /// # Panics
    ///
    /// If the width of the inputs does not fit.
    pub fn pass(&self, inputs: Tensor<3>, pass: Pass<'_>) -> ForecastPass<C::State> {
        let [batch, _, _] = inputs.dims();
        let (layers, mask, regularization) = match pass {
            Pass::Evaluation => (None, None, &Regularization::NONE),
            Pass::Training {
                regularization,
                rng,
            } => {
                let rates = &regularization.dropout;
                let options = (&self.device(), self.output.weight.dtype());
                let layers = layer_masks(&self.network, batch, rates, options, rng);
                let width = self.output.weight.dims()[0];
                let output = some_mask([batch, width], rates.output, options, rng);
                (Some(layers), output, regularization)
            }
        };
        let output = self
            .network
            .forward(NetworkInput::new(inputs.clone()).with_masks(layers));
        let hidden = final_hidden(&output.state);
        let read = match mask {
            Some(mask) => masked(hidden, mask),
            None => hidden,
        };
        ForecastPass {
            forecasts: self.read(read, (inputs, None)),
            penalty: regularization.penalty(output.outputs.clone(), output.outputs, None),
            state: output.state,
        }
    }
}

/// Each row is a whole window: a batch does not continue the one before, and starts from the network's initial state whatever
/// that has left. Batches may have any number of rows.
impl<C: RecurrentCell> SequenceModel for Forecaster<C> {
    type Window = ForecastBatch;
    type State = C::State;

    fn device(&self) -> Device {
        self.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        self.network.initial_state(batch_size, &self.device())
    }

    fn window_loss(
        &self,
        batch: &ForecastBatch,
        _: Option<NetworkState<C::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<C::State> {
        let device = self.device();
        let run = self.pass(batch.inputs(&device), pass);
        WindowLoss {
            mean: self.loss(run.forecasts, batch.targets(&device)),
            penalty: run.penalty,
            state: run.state,
        }
    }

    fn assert_fits(&self, batch: &ForecastBatch) {
        batch.assert_fits(self.input_size(), [self.horizon(), self.outputs()]);
    }
}
