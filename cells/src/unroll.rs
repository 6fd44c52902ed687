//! The reference loop: a cell over a sequence, one step at a time.

use burn::tensor::{Int, Tensor, TensorData};

use crate::{Lengths, RecurrentCell, RecurrentState, Sequence};

/// Unrolls `cell` one step at a time: what [`RecurrentCell::unroll`] is by default, and what every faster path must equal.
///
/// # Panics
/// If a shape of `sequence` does not fit the cell.
pub fn unroll_stepwise<C: RecurrentCell>(
    cell: &C,
    sequence: Sequence<C::State>,
) -> (Tensor<3>, C::State) {
    sequence.assert_fits(cell);
    let Sequence {
        inputs,
        state,
        lengths,
        recurrent_mask,
    } = sequence;
    let [_, steps, _] = inputs.dims();
    match lengths {
        None => run(cell, inputs, state, recurrent_mask, |_, new, _| new),
        Some(lengths) if lengths.longest() == 0 => {
            let [batch, width] = state.hidden().dims();
            let options = (&inputs.device(), inputs.dtype());
            (Tensor::zeros([batch, steps, width], options), state)
        }
        Some(lengths) => run_padded(cell, inputs, state, recurrent_mask, &lengths),
    }
}

/// Runs up to the longest row's end, freezing each row beyond its own.
fn run_padded<C: RecurrentCell>(
    cell: &C,
    inputs: Tensor<3>,
    state: C::State,
    mask: Option<Tensor<2>>,
    lengths: &Lengths,
) -> (Tensor<3>, C::State) {
    let [batch, steps, _] = inputs.dims();
    let valid: Vec<i64> = lengths
        .as_slice()
        .iter()
        .map(|&length| length as i64)
        .collect();
    let valid: Tensor<2, Int> =
        Tensor::from_data(TensorData::new(valid, [batch, 1]), &inputs.device());
    // Whatever stands in the padding, NaN included, must reach neither the outputs nor a gradient.
    let inputs = lengths.zero_padding(inputs).narrow(1, 0, lengths.longest());
    let (outputs, state) = run(cell, inputs, state, mask, |step, new: C::State, old| {
        if step < lengths.shortest() {
            return new;
        }
        new.freeze_where(old, valid.clone().lower_equal_elem(step as i64))
    });
    let [batch, done, width] = outputs.dims();
    let options = (&outputs.device(), outputs.dtype());
    let outputs = match steps - done {
        0 => outputs,
        rest => Tensor::cat(
            vec![outputs, Tensor::zeros([batch, rest, width], options)],
            1,
        ),
    };
    (lengths.zero_padding(outputs), state)
}

/// The loop itself; `settle(step, new, old)` decides which state a step leaves behind.
fn run<C: RecurrentCell>(
    cell: &C,
    inputs: Tensor<3>,
    mut state: C::State,
    mask: Option<Tensor<2>>,
    settle: impl Fn(usize, C::State, C::State) -> C::State,
) -> (Tensor<3>, C::State) {
    let steps = split_steps(cell.project(inputs));
    let mut outputs = Vec::with_capacity(steps.len());
    for (step, projected) in steps.into_iter().enumerate() {
        let hidden = state.hidden();
        let recurrent = match &mask {
            Some(mask) => hidden * mask.clone(),
            None => hidden,
        };
        let new = cell.step(projected, recurrent, state.clone());
        state = settle(step, new, state);
        outputs.push(state.hidden());
    }
    (Tensor::stack(outputs, 1), state)
}

/// `[B, T, P]` as `T` tensors `[B, P]`, by halving.
///
/// The gradient of a slice is a tensor of the full size, zero but for the slice: cutting every step out of the whole costs
/// `T` such tensors, quadratic in `T`. Halves of halves cost `log2 T` of them.
fn split_steps(sequence: Tensor<3>) -> Vec<Tensor<2>> {
    let [_, steps, _] = sequence.dims();
    if steps == 1 {
        return vec![sequence.squeeze_dim(1)];
    }
    let half = steps / 2;
    let mut parts = split_steps(sequence.clone().narrow(1, 0, half));
    parts.extend(split_steps(sequence.narrow(1, half, steps - half)));
    parts
}
