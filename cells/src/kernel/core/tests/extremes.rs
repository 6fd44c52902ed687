//! Numbers that are hardly numbers: they stay in their own row, and out of the padding.

use proptest::prelude::*;

use super::case::{Case, Crew, cases};
use super::check;
use super::operands::Operands;
use super::unit::Unit;

fn some_cases() -> impl Strategy<Value = (Case, Unit)> {
    let hidden = prop::sample::select(&[1usize, 7, 16, 31]);
    (
        cases(hidden, 1..=9usize, 1..=9, 1..=5),
        prop::sample::select(Unit::all()),
    )
}

/// The steps of a row in the order in which they are computed.
fn order(case: &Case, row: usize) -> Vec<usize> {
    let steps = row * case.steps..row * case.steps + case.lengths[row];
    match case.reversed {
        true => steps.rev().collect(),
        false => steps.collect(),
    }
}

#[test]
fn what_is_not_a_number_stays_in_its_row_and_its_future() {
    check(
        60,
        (some_cases(), any::<[usize; 3]>()),
        |((case, unit), picks)| {
            let rows: Vec<usize> = (0..case.batch())
                .filter(|&row| case.lengths[row] > 0)
                .collect();
            prop_assume!(!rows.is_empty());
            let row = rows[picks[0] % rows.len()];
            let order = order(&case, row);
            let first = picks[1] % order.len();
            let mut operands = Operands::new(&case);
            let expected = case.run_over(&operands, unit, Crew::Free(1));
            let at = order[first] * case.sizes.input + picks[2] % case.sizes.input;
            operands.inputs[at] = f32::NAN;
            let results = case.run_over(&operands, unit, Crew::Free(1));
            let hidden = case.sizes.hidden;
            for ((name, got), (_, expected)) in results.iter().zip(&expected) {
                let lost: Vec<usize> = match *name {
                    "outputs" => order[first..].to_vec(),
                    "last hidden" | "last memory" => vec![row],
                    _ => continue,
                };
                let pairs = got.chunks(hidden).zip(expected.chunks(hidden));
                for (at, (got, expected)) in pairs.enumerate() {
                    match lost.contains(&at) {
                        true => prop_assert!(got.iter().all(|x| x.is_nan()), "{} {}", name, at),
                        false => prop_assert_eq!(got, expected, "{} {}", name, at),
                    }
                }
            }
            Ok(())
        },
    );
}

#[test]
fn large_and_tiny_inputs_give_numbers() {
    let extremes = [1e30, -1e30, f32::MAX, 1e-40, -1e-40, 0.0];
    check(40, some_cases(), |(case, unit)| {
        let mut operands = Operands::new(&case);
        let mut at = case.seed as usize % extremes.len();
        for x in operands.inputs.iter_mut().filter(|x| !x.is_nan()) {
            (*x, at) = (extremes[at], (at + 1) % extremes.len());
        }
        // Only the unbounded activation may overflow.
        prop_assume!(case.kind != crate::kernel::core::CellKind::RnnRelu);
        for (name, numbers) in case.run_over(&operands, unit, Crew::Free(1)) {
            let bounded = !name.starts_with("d_weight_ih");
            prop_assert!(
                !bounded || numbers.iter().all(|x| x.is_finite()),
                "{}",
                name
            );
        }
        Ok(())
    });
}
