//! The adding problem and the copy memory task: what their sequences are made of.

use proptest::prelude::*;
use recurra_datasets::{AddingProblem, CopyMemory};

proptest! {
    #[test]
    fn a_sum_is_that_of_two_marked_numbers_one_in_each_half(
        seed: u64, rows in 1..5_usize, steps in 2..40_usize,
    ) {
        let batch = AddingProblem::new(seed, steps).batch(rows);
        prop_assert_eq!((batch.steps.len(), batch.sums.len()), (rows * steps * 2, rows));
        for (row, &sum) in batch.steps.chunks(2 * steps).zip(&batch.sums) {
            let marks: Vec<usize> = (0..steps).filter(|&step| row[2 * step + 1] != 0.0).collect();
            prop_assert_eq!(marks.len(), 2);
            prop_assert!(marks[0] < steps / 2 && marks[1] >= steps / 2, "{marks:?} of {steps}");
            prop_assert!(marks.iter().all(|&step| row[2 * step + 1] == 1.0));
            prop_assert_eq!(sum, row[2 * marks[0]] + row[2 * marks[1]]);
            prop_assert!(row.chunks(2).all(|step| (0.0..=1.0).contains(&step[0])));
        }
    }

    #[test]
    fn what_was_read_first_is_told_last(seed: u64, rows in 1..5_usize, silence in 1..40_usize) {
        let mut task = CopyMemory::new(seed, silence);
        let (steps, batch) = (task.steps(), task.batch(rows));
        prop_assert_eq!(steps, silence + 20);
        prop_assert_eq!((batch.inputs.len(), batch.targets.len()), (rows * steps, rows * steps));
        for (inputs, targets) in batch.inputs.chunks(steps).zip(batch.targets.chunks(steps)) {
            prop_assert!(inputs[..10].iter().all(|symbol| (1..=8).contains(symbol)));
            prop_assert!(inputs[10..10 + silence - 1].iter().all(|&token| token == 0));
            prop_assert!(inputs[9 + silence..].iter().all(|&token| token == 9));
            prop_assert!(targets[..silence + 10].iter().all(|&token| token == 0));
            prop_assert_eq!(&targets[silence + 10..], &inputs[..10]);
        }
    }

    #[test]
    fn batches_are_one_supply(seed: u64, first in 1..4_usize, second in 1..4_usize) {
        let mut apart = AddingProblem::new(seed, 9);
        let mut parts = apart.batch(first);
        let rest = apart.batch(second);
        parts.steps.extend(rest.steps);
        parts.sums.extend(rest.sums);
        prop_assert_eq!(parts, AddingProblem::new(seed, 9).batch(first + second));
        let mut apart = CopyMemory::new(seed, 3);
        let mut parts = apart.batch(first);
        let rest = apart.batch(second);
        parts.inputs.extend(rest.inputs);
        parts.targets.extend(rest.targets);
        prop_assert_eq!(parts, CopyMemory::new(seed, 3).batch(first + second));
    }
}

#[test]
fn whoever_guesses_is_wrong_by_a_sixth() {
    let sums = AddingProblem::new(1, 10).batch(20_000).sums;
    let error: f64 = sums
        .iter()
        .map(|&sum| f64::from(sum - 1.0).powi(2))
        .sum::<f64>()
        / 2e4;
    assert!((error - AddingProblem::GUESSING).abs() < 0.005, "{error}");
}

#[test]
fn symbols_and_places_are_equally_likely() {
    let batch = CopyMemory::new(2, 5).batch(2000);
    let symbols = batch.inputs.chunks(25).flat_map(|row| &row[..10]);
    let mut counts = [0; 9];
    symbols.for_each(|&symbol| counts[symbol as usize] += 1);
    assert!(
        counts[1..].iter().all(|count| (2200..2800).contains(count)),
        "{counts:?}"
    );
    let batch = AddingProblem::new(3, 5).batch(6000);
    let mut counts = [0; 5];
    for row in batch.steps.chunks(10) {
        (0..5).for_each(|step| counts[step] += row[2 * step + 1] as usize);
    }
    // Two steps are the first half, three the second.
    assert!(
        counts[..2].iter().all(|count| (2800..3200).contains(count)),
        "{counts:?}"
    );
    assert!(
        counts[2..].iter().all(|count| (1800..2200).contains(count)),
        "{counts:?}"
    );
}

/// Pins the sequences on every platform. If this fails, results on the tasks are no longer comparable.
#[test]
fn the_first_sequences_stay_as_they_are() {
    let batch = CopyMemory::new(1, 2).batch(1);
    assert_eq!(batch.inputs[..12], [2, 3, 4, 1, 6, 4, 3, 5, 6, 4, 0, 9]);
    let batch = AddingProblem::new(1, 3).batch(1);
    let steps = [0.08038371, 1.0, 0.5965602, 1.0, 0.21932457, 0.0];
    assert_eq!(
        (batch.steps.as_slice(), batch.sums[0]),
        (&steps[..], 0.6769439)
    );
}

#[test]
#[should_panic(expected = "needs 2 steps, got 1")]
fn a_single_step_has_no_two_numbers() {
    AddingProblem::new(1, 1);
}

#[test]
#[should_panic(expected = "T of at least 1, got 0")]
fn no_silence_is_refused() {
    CopyMemory::new(1, 0);
}
