//! Whole sequences: every unit computes the same, and no thread changes a bit of it.

use proptest::prelude::*;

use super::case::{Case, Crew, Results, cases};
use super::check;
use super::operands::Operands;
use super::unit::Unit;

/// How far two units may be apart, relative to a tensor's largest entry.
const TOLERANCE: f64 = 1e-5;

/// Below a vector, beyond one, and beyond all that a tile has.
fn hidden() -> impl Strategy<Value = usize> {
    prop::sample::select(&[1usize, 7, 13, 31, 130])
}

/// The same, without the largest.
fn narrow() -> impl Strategy<Value = usize> {
    prop::sample::select(&[1usize, 7, 13, 31])
}

/// Also wider than the columns of a tile.
fn input() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 1..=20usize, 1 => 60..=70usize]
}

/// Every entry within rounding of its counterpart.
fn assert_close(results: &Results, expected: &Results, what: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(results.len(), expected.len());
    for ((name, got), (_, expected)) in results.iter().zip(expected) {
        let largest = expected
            .iter()
            .fold(0f32, |largest, x| largest.max(x.abs()));
        let allowed = TOLERANCE * f64::from(largest);
        for (at, (got, expected)) in got.iter().zip(expected.iter()).enumerate() {
            let difference = (f64::from(*got) - f64::from(*expected)).abs();
            // What is not a number is not within anything.
            prop_assert!(
                difference <= allowed,
                "{what}: {name}[{at}] is {got} against {expected}, of at most {largest}"
            );
        }
    }
    Ok(())
}

/// Every entry the same to the bit.
fn assert_same(results: &Results, expected: &Results, what: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(results.len(), expected.len());
    for ((name, got), (_, expected)) in results.iter().zip(expected) {
        let bits = |x: &f32| x.to_bits();
        let differs = got
            .iter()
            .map(bits)
            .zip(expected.iter().map(bits))
            .position(|(got, expected)| got != expected);
        if let Some(at) = differs {
            let (got, expected) = (got[at], expected[at]);
            let message = format!("{what}: {name}[{at}] is {got:?} against {expected:?}");
            return Err(TestCaseError::fail(message));
        }
    }
    Ok(())
}

fn units_agree(case: &Case) -> Result<(), TestCaseError> {
    let operands = Operands::new(case);
    let mut units = Unit::all().into_iter();
    let portable = units.next().expect("the portable unit");
    let expected = case.run_over(&operands, portable, Crew::Free(1));
    assert_close(&expected, &expected, "the portable unit")?;
    for unit in units {
        let results = case.run_over(&operands, unit, Crew::Free(1));
        assert_close(&results, &expected, &format!("{unit:?}"))?;
    }
    Ok(())
}

fn threads_change_nothing(case: &Case, unit: Unit) -> Result<(), TestCaseError> {
    let operands = Operands::new(case);
    let expected = case.run_over(&operands, unit, Crew::Free(1));
    let crews = [2, 3]
        .into_iter()
        .flat_map(|n| [Crew::Free(n), Crew::Busy(n)]);
    for crew in crews {
        let results = case.run_over(&operands, unit, crew);
        assert_same(&results, &expected, &format!("{unit:?}, {crew:?}"))?;
    }
    Ok(())
}

#[test]
fn every_unit_computes_the_same() {
    let cases = cases(hidden(), input(), 1..=13, 1..=4);
    check(60, cases, |case| units_agree(&case));
}

#[test]
fn every_unit_computes_the_same_over_long_sequences() {
    // More rows than are projected, or than weights' gradients are added up from, at once.
    let cases = cases(narrow(), 1..=9usize, 1..=4, 100..=300);
    check(10, cases, |case| units_agree(&case));
}

#[test]
fn every_unit_computes_the_same_at_a_real_size() {
    let cases = cases(Just(650), 1..=3usize, 1..=2, 1..=2);
    check(3, cases, |case| units_agree(&case));
}

#[test]
fn no_number_of_threads_changes_a_bit() {
    let unit = prop::sample::select(Unit::all());
    let cases = cases(hidden(), input(), 1..=9, 1..=4);
    check(60, (cases, unit), |(case, unit)| {
        threads_change_nothing(&case, unit)
    });
}

#[test]
fn no_number_of_threads_changes_a_bit_at_a_real_size() {
    let widest = *Unit::all().last().expect("the portable unit");
    let cases = cases(Just(650), 1..=3usize, 1..=2, 1..=3);
    check(5, cases, |case| threads_change_nothing(&case, widest));
}

#[test]
fn what_an_earlier_sequence_left_in_the_buffers_does_not_matter() {
    let unit = prop::sample::select(Unit::all());
    let cases = cases(hidden(), input(), 1..=5, 1..=4);
    check(20, (cases, unit), |(case, unit)| {
        let operands = Operands::new(&case);
        let expected = case.run_over(&operands, unit, Crew::Free(1));
        let mut poison = operands.clone();
        poison.inputs.fill(f32::NAN);
        poison.weight_hh.fill(f32::NAN);
        poison.d_outputs.fill(f32::NAN);
        case.run_over(&poison, unit, Crew::Free(1));
        let results = case.run_over(&operands, unit, Crew::Free(1));
        assert_same(&results, &expected, "after a sequence of NaN")
    });
}
