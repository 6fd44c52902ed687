//! The order of the gates, here and in ONNX.

/// Which of ONNX's gates each of ours is, with the sign of its weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct GateOrder {
    /// `G` in ONNX.
    pub(super) onnx_gates: usize,
    /// For each gate of ours its place in ONNX, and its sign.
    pub(super) ours: &'static [(usize, f32)],
}

impl GateOrder {
    /// The one gate of an RNN.
    pub(super) const RNN: Self = Self {
        onnx_gates: 1,
        ours: &[(0, 1.0)],
    };

    /// `i f g o` out of `i o f c`.
    pub(super) const LSTM: Self = Self {
        onnx_gates: 4,
        ours: &[(0, 1.0), (2, 1.0), (3, 1.0), (1, 1.0)],
    };

    /// `f g o` out of `i o f c`: ONNX keeps the input gate, with `f = 1 - i`, where we keep the forget gate. Since
    /// `1 - sigmoid(a) = sigmoid(-a)`, the one is the other negated; ONNX reads no `f`.
    pub(super) const COUPLED_LSTM: Self = Self {
        onnx_gates: 4,
        ours: &[(0, -1.0), (3, 1.0), (1, 1.0)],
    };

    /// `r z n` out of `z r h`.
    pub(super) const GRU: Self = Self {
        onnx_gates: 3,
        ours: &[(1, 1.0), (0, 1.0), (2, 1.0)],
    };

    /// `[G*H, _]` in our order, from ONNX's.
    pub(super) fn to_ours(self, values: &[f32]) -> Vec<f32> {
        let size = values.len() / self.onnx_gates;
        let gate = |&(gate, sign): &(usize, f32)| {
            values[gate * size..][..size]
                .iter()
                .map(move |value| sign * value)
        };
        self.ours.iter().flat_map(gate).collect()
    }

    /// `[G*H, _]` in ONNX's order, from ours; zeros for a gate that we have not.
    pub(super) fn to_onnx(self, values: &[f32]) -> Vec<f32> {
        let size = values.len() / self.ours.len();
        let mut reordered = vec![0.0; self.onnx_gates * size];
        for (own, &(gate, sign)) in values.chunks(size).zip(self.ours) {
            let place = &mut reordered[gate * size..][..size];
            place
                .iter_mut()
                .zip(own)
                .for_each(|(place, value)| *place = sign * value);
        }
        reordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_go_to_their_places_and_back() {
        assert_eq!(
            GateOrder::LSTM.to_ours(&[1.0, 2.0, 3.0, 4.0]),
            [1.0, 3.0, 4.0, 2.0]
        );
        assert_eq!(
            GateOrder::COUPLED_LSTM.to_ours(&[1.0, 2.0, 3.0, 4.0]),
            [-1.0, 4.0, 2.0]
        );
        assert_eq!(
            GateOrder::COUPLED_LSTM.to_onnx(&[-1.0, 4.0, 2.0]),
            [1.0, 2.0, 0.0, 4.0]
        );
        for order in [GateOrder::RNN, GateOrder::LSTM, GateOrder::GRU] {
            let values: Vec<f32> = (0..2 * order.ours.len())
                .map(|value| value as f32)
                .collect();
            assert_eq!(order.to_onnx(&order.to_ours(&values)), values);
        }
    }
}
