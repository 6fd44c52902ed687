//! The state that every LSTM carries, with peepholes or without.

use burn::tensor::{Device, Tensor};

use crate::RecurrentState;

/// What an LSTM carries from step to step.
#[derive(Clone, Debug)]
pub struct LstmState {
    /// The hidden state `[B, H]` (`[B, R]` with a projection).
    pub hidden: Tensor<2>,
    /// The memory cell `[B, H]`.
    pub cell: Tensor<2>,
}

impl LstmState {
    /// All zero: `hidden [B, hidden_size]` and `cell [B, cell_size]`, in the number type of `like`.
    pub(crate) fn zeros(
        batch: usize,
        [hidden, cell]: [usize; 2],
        like: &Tensor<2>,
        device: &Device,
    ) -> Self {
        let options = (device, like.dtype());
        Self {
            hidden: Tensor::zeros([batch, hidden], options),
            cell: Tensor::zeros([batch, cell], options),
        }
    }
}

impl LstmState {
    /// # Panics
    /// If the memory cell is not `[B, cell_size]`: another shape would be broadcast without a word.
    pub(crate) fn assert_cell(&self, cell_size: usize) {
        let cell = self.cell.dims();
        let expected = [self.hidden.dims()[0], cell_size];
        assert_eq!(
            cell, expected,
            "the memory cell is {cell:?}, but the hidden state and the weights ask for {expected:?}"
        );
    }
}

impl RecurrentState for LstmState {
    fn hidden(&self) -> Tensor<2> {
        self.hidden.clone()
    }

    fn map_tensors(self, f: &mut dyn FnMut(Tensor<2>) -> Tensor<2>) -> Self {
        Self {
            hidden: f(self.hidden),
            cell: f(self.cell),
        }
    }

    fn zip_tensors(
        self,
        other: Self,
        f: &mut dyn FnMut(Tensor<2>, Tensor<2>) -> Tensor<2>,
    ) -> Self {
        Self {
            hidden: f(self.hidden, other.hidden),
            cell: f(self.cell, other.cell),
        }
    }
}
