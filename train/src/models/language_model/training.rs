//! How a language model is trained: its loss on a window of token streams.

use burn::tensor::Device;
use recurra_cells::{NetworkState, RecurrentCell};

use super::LanguageModel;
use crate::{Pass, Regularization, SequenceModel, TokenWindow, WindowLoss};

impl<C: RecurrentCell> SequenceModel for LanguageModel<C> {
    type Window = TokenWindow;
    type State = C::State;

    fn device(&self) -> Device {
        self.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        self.network.initial_state(batch_size, &self.device())
    }

    fn window_loss(
        &self,
        window: &TokenWindow,
        state: Option<NetworkState<C::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<C::State> {
        let device = self.device();
        let tokens = window.inputs(&device);
        let (masks, regularization) = match pass {
            Pass::Evaluation => (self.evaluation_masks(), &Regularization::NONE),
            Pass::Training {
                regularization,
                rng,
            } => {
                let rates = &regularization.dropout;
                let masks = self.sample_masks(tokens.dims(), rates, rng);
                (masks, regularization)
            }
        };
        let run = self.run(tokens, state, window.lengths().cloned(), masks);
        let logits = self.logits(run.dropped.clone());
        WindowLoss {
            mean: self.loss(logits, window.targets(&device), window.lengths().cloned()),
            penalty: regularization.penalty(run.dropped, run.outputs, window.lengths()),
            state: run.state,
        }
    }

    fn assert_fits(&self, window: &TokenWindow) {
        window.assert_below(self.vocabulary_size());
    }
}
