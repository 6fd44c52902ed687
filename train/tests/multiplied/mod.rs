//! A language model whose loss is multiplied by a number that comes with the window.

use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyState, NetworkState};
use recurra_train::{LanguageModel, Pass, SequenceModel, SequenceWindow, TokenWindow, WindowLoss};

#[derive(Module, Debug)]
pub struct Multiplied {
    pub model: LanguageModel<AnyCell>,
}

#[derive(Clone, Debug)]
pub struct MultipliedWindow {
    pub window: TokenWindow,
    pub factor: f64,
}

impl SequenceWindow for MultipliedWindow {
    fn batch_size(&self) -> usize {
        self.window.batch_size()
    }

    fn valid_steps(&self) -> usize {
        self.window.valid_steps()
    }
}

impl SequenceModel for Multiplied {
    type Window = MultipliedWindow;
    type State = AnyState;

    fn device(&self) -> Device {
        self.model.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<AnyState> {
        self.model.initial_state(batch_size)
    }

    fn window_loss(
        &self,
        window: &MultipliedWindow,
        state: Option<NetworkState<AnyState>>,
        pass: Pass<'_>,
    ) -> WindowLoss<AnyState> {
        let loss = self.model.window_loss(&window.window, state, pass);
        WindowLoss {
            mean: loss.mean * window.factor,
            ..loss
        }
    }
}
