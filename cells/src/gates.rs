//! The gates of a cell, for those who want to see whether they open and close.

use burn::tensor::Tensor;

use crate::gru::{reset_and_update, split_candidate};
use crate::{GruCell, LstmCell, LstmState, PeepholeLstmCell, RecurrentCell, RnnCell, ops};

/// A cell whose gates can be looked at.
pub trait GatedCell: RecurrentCell {
    /// The gates of one step by their names, each `[B, H]` after its activation, in `[0, 1]`; none for a cell without gates.
    ///
    /// The arguments are those of [`RecurrentCell::step`], and the gates those that it uses.
    fn gates(
        &self,
        projected: Tensor<2>,
        recurrent: Tensor<2>,
        state: Self::State,
    ) -> Vec<(&'static str, Tensor<2>)>;
}

/// Without gates.
impl GatedCell for RnnCell {
    fn gates(&self, _: Tensor<2>, _: Tensor<2>, _: Tensor<2>) -> Vec<(&'static str, Tensor<2>)> {
        Vec::new()
    }
}

/// `input`, `forget` and `output`; a coupled input gate is 1 less the forget gate.
impl GatedCell for LstmCell {
    fn gates(
        &self,
        projected: Tensor<2>,
        recurrent: Tensor<2>,
        _: LstmState,
    ) -> Vec<(&'static str, Tensor<2>)> {
        let sums = projected + recurrent.matmul(ops::transposed(&self.weight_hh));
        let [i, f, _, o] = self.activations(sums);
        vec![("input", i), ("forget", f), ("output", o)]
    }
}

/// `input`, `forget` and `output`.
impl GatedCell for PeepholeLstmCell {
    fn gates(
        &self,
        projected: Tensor<2>,
        recurrent: Tensor<2>,
        state: LstmState,
    ) -> Vec<(&'static str, Tensor<2>)> {
        let sums = projected + recurrent.matmul(ops::transposed(&self.weight_hh));
        let ([i, f, o], _) = self.gates_and_cell(sums, state.cell);
        vec![("input", i), ("forget", f), ("output", o)]
    }
}

/// `reset` and `update`, which keeps the old state where it is 1.
impl GatedCell for GruCell {
    fn gates(
        &self,
        projected: Tensor<2>,
        recurrent: Tensor<2>,
        _: Tensor<2>,
    ) -> Vec<(&'static str, Tensor<2>)> {
        let [input_rz, _] = split_candidate(projected);
        let [weight_rz, _] = split_candidate(ops::transposed(&self.weight_hh));
        let [r, z] = reset_and_update(input_rz, recurrent.matmul(weight_rz));
        vec![("reset", r), ("update", z)]
    }
}
