//! Whether gates open and close, or are stuck.

use burn::tensor::Tensor;
use recurra_cells::{GatedCell, Lengths, RecurrentState};

/// Below this value a gate is all but shut.
const SHUT: f64 = 0.1;
/// Above this value a gate is all but open.
const OPEN: f64 = 0.9;

/// How open a gate was, over all valid steps and hidden units of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct GateActivity {
    /// The gate's name, such as `forget`; see [`GatedCell`].
    pub gate: &'static str,
    /// The mean of its values, in `[0, 1]`; NaN without a valid step.
    pub mean: f64,
    /// The share of values below 0.1, in `[0, 1]`: where the gate is left-saturated (Karpathy et al. 2015).
    pub shut: f64,
    /// The share of values above 0.9, in `[0, 1]`: where the gate is right-saturated.
    pub open: f64,
}

/// Runs `cell` over `inputs [B, T, D]`, of which the first `lengths[b]` steps are valid, or all, and says for each gate how
/// open it was; nothing for a cell without gates.
///
/// A cell of a stack reads what the layer below it gives out.
///
/// # Panics
///
/// If the inputs do not fit the cell, or the lengths the inputs.
pub fn gate_activity<C: GatedCell>(
    cell: &C,
    inputs: Tensor<3>,
    lengths: impl Into<Option<Lengths>>,
) -> Vec<GateActivity> {
    let (cell, inputs) = (cell.valid(), inputs.inner());
    let [batch, steps, width] = inputs.dims();
    let lengths = lengths.into().map_or_else(
        || vec![steps; batch],
        |lengths| {
            let own = [lengths.as_slice().len(), lengths.steps()];
            let expected = [batch, steps];
            assert_eq!(
                own, expected,
                "the lengths are for [B, T] = {own:?}, but the inputs are [{batch}, {steps}, {width}]"
            );
            lengths.as_slice().to_vec()
        },
    );
    let mut state = cell.initial_state(batch, &inputs.device());
    let mut gates: Vec<Tally> = Vec::new();
    // Beyond its end a row goes on with its padding, which no other row sees and nobody counts.
    for step in 0..lengths.iter().copied().max().unwrap_or(0) {
        let input = inputs.clone().narrow(1, step, 1);
        let projected: Tensor<2> = cell.project(input).squeeze_dim(1);
        let values = cell.gates(projected.clone(), state.hidden(), state.clone());
        gates.resize_with(values.len(), Tally::default);
        for (tally, (name, values)) in gates.iter_mut().zip(values) {
            tally.gate = name;
            tally.add(values, |row| step < lengths[row]);
        }
        state = cell.step(projected, state.hidden(), state);
    }
    gates.into_iter().map(Tally::activity).collect()
}

/// A gate's values so far.
#[derive(Default)]
struct Tally {
    gate: &'static str,
    count: usize,
    sum: f64,
    shut: usize,
    open: usize,
}

impl Tally {
    /// Counts the rows of `values [B, H]` that are valid.
    fn add(&mut self, values: Tensor<2>, is_valid: impl Fn(usize) -> bool) {
        let [_, width] = values.dims();
        let values: Vec<f64> = values
            .try_into_vec_as()
            .expect("a tensor of numbers reads as f64");
        let rows = values.chunks(width).enumerate();
        for value in rows
            .filter(|(row, _)| is_valid(*row))
            .flat_map(|(_, row)| row)
        {
            self.count += 1;
            self.sum += value;
            self.shut += usize::from(*value < SHUT);
            self.open += usize::from(*value > OPEN);
        }
    }

    fn activity(self) -> GateActivity {
        let count = self.count as f64;
        GateActivity {
            gate: self.gate,
            mean: self.sum / count,
            shut: self.shut as f64 / count,
            open: self.open as f64 / count,
        }
    }
}
