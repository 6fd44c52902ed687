//! How a predictor is trained: its loss on a batch of sequences, or of parts of them.

use burn::tensor::Device;
use recurra_cells::{NetworkInput, NetworkState, RecurrentCell};

use super::{MultiLabelBatch, MultiLabelPredictor};
use crate::regularize::dropped;
use crate::{Pass, Regularization, SequenceModel, SequenceWindow, WindowLoss};

impl<C: RecurrentCell> SequenceModel for MultiLabelPredictor<C> {
    type Window = MultiLabelBatch;
    type State = C::State;

    fn device(&self) -> Device {
        self.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        self.network.initial_state(batch_size, &self.device())
    }

    fn window_loss(
        &self,
        window: &MultiLabelBatch,
        state: Option<NetworkState<C::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<C::State> {
        let (device, lengths) = (self.device(), window.lengths());
        let input = NetworkInput::new(window.inputs(&device))
            .with_lengths(lengths.clone())
            .with_state(state);
        let (input, mask, regularization) = match pass {
            Pass::Evaluation => (input, None, &Regularization::NONE),
            Pass::Training {
                regularization,
                rng,
            } => {
                let rates = &regularization.dropout;
                let masks = self.sample_masks(window.batch_size(), rates, rng);
                (input.with_masks(masks.layers), masks.output, regularization)
            }
        };
        let output = self.network.forward(input);
        let read = dropped(output.outputs.clone(), mask);
        let logits = self.output.forward(read.clone());
        WindowLoss {
            mean: self.loss(logits, window.targets(&device), Some(lengths)),
            penalty: regularization.penalty(read, output.outputs, Some(lengths)),
            state: output.state,
        }
    }
}

impl SequenceWindow for MultiLabelBatch {
    fn batch_size(&self) -> usize {
        self.batch_size()
    }

    fn valid_steps(&self) -> usize {
        self.predicted_steps()
    }
}
