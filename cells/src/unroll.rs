//! The reference loop: a cell over a sequence, one step at a time.

mod zoneout;

pub use zoneout::Zoneout;

use burn::tensor::{Int, Tensor, TensorData};

use crate::{Lengths, RecurrentCell, RecurrentState, Sequence, TimeOrder};

/// Unrolls `cell` one step at a time: what [`RecurrentCell::unroll`] is by default, and what every faster path must equal.
///
/// # Panics
/// If a shape of `sequence` does not fit the cell.
pub fn unroll_stepwise<C: RecurrentCell>(
    cell: &C,
    sequence: Sequence<C::State>,
) -> (Tensor<3>, C::State) {
    unroll_with(cell, sequence, |projected, recurrent, state| {
        cell.step(projected, recurrent, state)
    })
}

/// The same loop around another function with the meaning of [`RecurrentCell::step`]: one that has made ready, once for
/// the sequence, what `step` would compute anew every time.
///
/// # Panics
/// If a shape of `sequence` does not fit the cell.
pub fn unroll_with<C: RecurrentCell>(
    cell: &C,
    sequence: Sequence<C::State>,
    step: impl Fn(Tensor<2>, Tensor<2>, C::State) -> C::State,
) -> (Tensor<3>, C::State) {
    sequence.assert_fits(cell);
    let Sequence {
        inputs,
        state,
        lengths,
        recurrent_mask,
        zoneout,
        time_order,
    } = sequence;
    let ordered = |values| match time_order {
        TimeOrder::FirstToLast => values,
        TimeOrder::LastToFirst => reverse(values, lengths.as_ref()),
    };
    let inputs = ordered(inputs);
    let zoneout = zoneout.map(|zoneout| zoneout.reordered(ordered));
    let advance = |index: usize, projected: Tensor<2>, state: C::State| {
        let hidden = state.hidden();
        let recurrent = match &recurrent_mask {
            Some(mask) => hidden * mask.clone(),
            None => hidden,
        };
        match &zoneout {
            Some(zoneout) => zoneout.mix(index, step(projected, recurrent, state.clone()), state),
            None => step(projected, recurrent, state),
        }
    };
    let (outputs, state) = match &lengths {
        None => run(cell, inputs, state, advance),
        Some(lengths) => run_padded(cell, inputs, state, lengths, advance),
    };
    (ordered(outputs), state)
}

/// Each row's valid steps in reverse order.
fn reverse(values: Tensor<3>, lengths: Option<&Lengths>) -> Tensor<3> {
    match lengths {
        Some(lengths) if lengths.shortest() < lengths.steps() => lengths.reverse(values),
        _ => values.flip([1]),
    }
}

/// Runs up to the longest row's end, freezing each row beyond its own.
fn run_padded<C: RecurrentCell>(
    cell: &C,
    inputs: Tensor<3>,
    state: C::State,
    lengths: &Lengths,
    advance: impl Fn(usize, Tensor<2>, C::State) -> C::State,
) -> (Tensor<3>, C::State) {
    let [batch, steps, _] = inputs.dims();
    let (device, dtype) = (inputs.device(), inputs.dtype());
    let zeros = |steps| Tensor::zeros([batch, steps, cell.hidden_size()], (&device, dtype));
    let longest = lengths.longest();
    if longest == 0 {
        return (zeros(steps), state);
    }
    let valid: Vec<i64> = lengths.as_slice().iter().map(|&n| n as i64).collect();
    let valid: Tensor<2, Int> = Tensor::from_data(TensorData::new(valid, [batch, 1]), &device);
    // Whatever stands in the padding, NaN included, must reach neither the outputs nor a gradient.
    let inputs = lengths.zero_padding(inputs).narrow(1, 0, longest);
    let (outputs, state) = run(cell, inputs, state, |step, projected, old| {
        let new = advance(step, projected, old.clone());
        if step < lengths.shortest() {
            return new;
        }
        new.freeze_where(old, valid.clone().lower_equal_elem(step as i64))
    });
    let outputs = match steps - longest {
        0 => outputs,
        rest => Tensor::cat(vec![outputs, zeros(rest)], 1),
    };
    (lengths.zero_padding(outputs), state)
}

/// The loop itself; `advance(step, projected, state)` gives the state that the step leaves behind.
fn run<C: RecurrentCell>(
    cell: &C,
    inputs: Tensor<3>,
    mut state: C::State,
    advance: impl Fn(usize, Tensor<2>, C::State) -> C::State,
) -> (Tensor<3>, C::State) {
    let [batch, steps, _] = inputs.dims();
    let mut outputs = Vec::with_capacity(steps);
    for block in split(inputs, ROWS_OF_A_PROJECTION.div_ceil(batch)) {
        for projected in split(cell.project(block), 1) {
            state = advance(outputs.len(), projected.squeeze_dim(1), state);
            outputs.push(state.hidden());
        }
    }
    (Tensor::stack(outputs, 1), state)
}

/// How many rows `[B * T, D]` are projected at once: enough for a product at full speed, few enough for its result to be
/// cut into steps, and its gradient to be put together from theirs, within a core's cache.
const ROWS_OF_A_PROJECTION: usize = 256;

/// `[B, T, W]` in pieces of at most `length` steps, by halving.
///
/// The gradient of a slice is a tensor of the full size, zero but for the slice: cutting every piece out of the whole
/// costs as many such tensors as there are pieces, quadratic in `T`. Halves of halves cost `log2 T` of them.
fn split(sequence: Tensor<3>, length: usize) -> Vec<Tensor<3>> {
    let [_, steps, _] = sequence.dims();
    if steps <= length {
        return vec![sequence];
    }
    let half = steps / 2;
    let mut pieces = split(sequence.clone().narrow(1, 0, half), length);
    pieces.extend(split(sequence.narrow(1, half, steps - half), length));
    pieces
}
