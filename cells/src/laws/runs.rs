//! Laws 1 to 4: the same sequence, run in two ways.

use burn::tensor::Tensor;

use super::trace::{Source, loss, trace};
use super::{Case, Law, Violation, parameters};
use crate::{Lengths, RecurrentCell, RecurrentState, Sequence, TimeOrder};

/// Law 1: [`RecurrentCell::unroll`] equals stepping by hand, with a recurrent mask and without.
pub fn unroll_is_stepping<C: RecurrentCell>(cell: &C, case: Case) -> Result<(), Violation> {
    let mut source = Source::new(cell, case);
    let inputs = source.normal([case.batch, case.steps, cell.input_size()]);
    let state = source.state(cell, case.batch);
    let mask = source.mask([case.batch, cell.hidden_size()]);
    for mask in [None, Some(mask)] {
        let unrolled = trace(cell, &inputs, &state, case, |inputs, state| {
            cell.unroll(Sequence::new(inputs, state).with_recurrent_mask(mask.clone()))
        });
        let stepped = trace(cell, &inputs, &state, case, |inputs, state| {
            step_by_hand(cell, inputs, state, mask.as_ref())
        });
        unrolled.assert_equals(&stepped, Law::UnrollIsStepping)?;
    }
    Ok(())
}

/// Every step on its own, its projection included.
fn step_by_hand<C: RecurrentCell>(
    cell: &C,
    inputs: Tensor<3>,
    mut state: C::State,
    mask: Option<&Tensor<2>>,
) -> (Tensor<3>, C::State) {
    let [_, steps, _] = inputs.dims();
    let mut outputs = Vec::new();
    for step in 0..steps {
        let projected = cell
            .project(inputs.clone().narrow(1, step, 1))
            .squeeze_dim(1);
        let recurrent = match mask {
            Some(mask) => state.hidden() * mask.clone(),
            None => state.hidden(),
        };
        state = cell.step(projected, recurrent, state);
        outputs.push(state.hidden());
    }
    (Tensor::stack(outputs, 1), state)
}

/// Law 2: a sequence cut in two at a random step equals the whole.
pub fn chunks_are_whole<C: RecurrentCell>(cell: &C, case: Case) -> Result<(), Violation> {
    let steps = case.steps.max(2);
    let mut source = Source::new(cell, case);
    let inputs = source.normal([case.batch, steps, cell.input_size()]);
    let state = source.state(cell, case.batch);
    let mask = source.mask([case.batch, cell.hidden_size()]);
    let cut = 1 + source.below(steps - 1);
    let unroll =
        |inputs, state| cell.unroll(Sequence::new(inputs, state).with_recurrent_mask(mask.clone()));
    let whole = trace(cell, &inputs, &state, case, unroll);
    let chunked = trace(cell, &inputs, &state, case, |inputs, state| {
        let (first, state) = unroll(inputs.clone().narrow(1, 0, cut), state);
        let (second, state) = unroll(inputs.narrow(1, cut, steps - cut), state);
        (Tensor::cat(vec![first, second], 1), state)
    });
    whole.assert_equals(&chunked, Law::ChunksAreWhole)
}

/// Law 3: a padded batch equals its rows, each run alone and cut to its length, in either time order; of three rows and
/// more, one has length 0.
pub fn rows_are_alone<C: RecurrentCell>(cell: &C, case: Case) -> Result<(), Violation> {
    let mut source = Source::new(cell, case);
    let inputs = source.normal([case.batch, case.steps, cell.input_size()]);
    let state = source.state(cell, case.batch);
    let mask = source.mask([case.batch, cell.hidden_size()]);
    let mut valid: Vec<usize> = (0..case.batch)
        .map(|_| 1 + source.below(case.steps))
        .collect();
    if case.batch > 2 {
        valid[case.batch - 1] = 0;
    }
    let lengths =
        Lengths::new(valid.clone(), case.steps).expect("the lengths were drawn within the steps");
    for time_order in [TimeOrder::FirstToLast, TimeOrder::LastToFirst] {
        let together = trace(cell, &inputs, &state, case, |inputs, state| {
            let sequence = Sequence::new(inputs, state)
                .with_lengths(lengths.clone())
                .with_time_order(time_order);
            cell.unroll(sequence.with_recurrent_mask(mask.clone()))
        });
        let alone = trace(cell, &inputs, &state, case, |inputs, state| {
            rows_by_hand(cell, inputs, state, &mask, &valid, time_order)
        });
        together.assert_equals(&alone, Law::RowsAreAlone)?;
    }
    Ok(())
}

/// Every row on its own, up to its length, and zeros beyond it.
fn rows_by_hand<C: RecurrentCell>(
    cell: &C,
    inputs: Tensor<3>,
    state: C::State,
    mask: &Tensor<2>,
    valid: &[usize],
    time_order: TimeOrder,
) -> (Tensor<3>, C::State) {
    let [_, steps, _] = inputs.dims();
    let zeros = |steps| {
        Tensor::zeros(
            [1, steps, cell.hidden_size()],
            (&inputs.device(), inputs.dtype()),
        )
    };
    let rows = valid.iter().enumerate().map(|(row, &length)| {
        let state = state
            .clone()
            .map_tensors(&mut |tensor| tensor.narrow(0, row, 1));
        if length == 0 {
            return (zeros(steps), state);
        }
        let inputs = inputs.clone().narrow(0, row, 1).narrow(1, 0, length);
        let sequence = Sequence::new(ordered(inputs, time_order), state);
        let (outputs, state) =
            cell.unroll(sequence.with_recurrent_mask(mask.clone().narrow(0, row, 1)));
        let outputs = ordered(outputs, time_order);
        match steps - length {
            0 => (outputs, state),
            rest => (Tensor::cat(vec![outputs, zeros(rest)], 1), state),
        }
    });
    let join = |(outputs, state): (Tensor<3>, C::State), (more, next): (Tensor<3>, C::State)| {
        let state = state.zip_tensors(next, &mut |rows, row| Tensor::cat(vec![rows, row], 0));
        (Tensor::cat(vec![outputs, more], 0), state)
    };
    rows.reduce(join).expect("a case has at least one row")
}

/// A whole row as it runs from its beginning: from its end it is the reversed row.
fn ordered(row: Tensor<3>, time_order: TimeOrder) -> Tensor<3> {
    match time_order {
        TimeOrder::FirstToLast => row,
        TimeOrder::LastToFirst => row.flip([1]),
    }
}

/// Law 4: where `recurrent` is zero, no parameter whose name begins with `weight_hh` receives a gradient, whatever hidden
/// state the cell carries.
pub fn recurrence_is_masked<C: RecurrentCell>(cell: &C, case: Case) -> Result<(), Violation> {
    let mut source = Source::new(cell, case);
    let inputs = source.normal([case.batch, 1, cell.input_size()]);
    let state = source.state(cell, case.batch);
    let state = cell.step(
        cell.project(inputs).squeeze_dim(1),
        state.hidden().zeros_like(),
        state,
    );
    let outputs = state.hidden().unsqueeze_dim(1);
    let gradients = loss(outputs, state, &mut source).backward();
    for (path, gradient) in parameters::gradients(cell, &gradients) {
        let recurrent = path
            .rsplit('.')
            .next()
            .is_some_and(|name| name.starts_with("weight_hh"));
        let seen = gradient.iter().flatten().position(|&value| value != 0.0);
        if let (true, Some(entry)) = (recurrent, seen) {
            let detail =
                format!("{path} has a gradient at entry {entry}, though what it may see is masked");
            return Err(Violation {
                law: Law::RecurrenceIsMasked,
                detail,
            });
        }
    }
    Ok(())
}
