//! The task of delayed recall: what its sequences are made of.

use proptest::prelude::*;
use recurra_datasets::{DelayedRecall, RecallBatch};

proptest! {
    #[test]
    fn a_symbol_comes_first_and_noise_behind_it(
        seed: u64, symbols in 1u32..9, noise in 1u32..9, steps in 1usize..30, rows in 0usize..9
    ) {
        let mut task = DelayedRecall::new(seed, symbols, noise, steps);
        let RecallBatch { tokens, targets } = task.batch(rows);
        prop_assert_eq!((tokens.len(), targets.len()), (rows * steps, rows));
        for (row, &target) in tokens.chunks(steps).zip(&targets) {
            prop_assert!(target < symbols);
            prop_assert_eq!(row[0], target);
            prop_assert!(row[1..].iter().all(|token| (symbols..symbols + noise).contains(token)));
        }
        prop_assert_eq!(task.vocabulary_size(), (symbols + noise) as usize);
    }

    #[test]
    fn a_batch_goes_on_where_the_one_before_ended(
        seed: u64, steps in 1usize..20, first in 0usize..5, second in 0usize..5
    ) {
        let mut apart = DelayedRecall::new(seed, 3, 2, steps);
        let mut parts = apart.batch(first);
        let rest = apart.batch(second);
        parts.tokens.extend(rest.tokens);
        parts.targets.extend(rest.targets);
        prop_assert_eq!(parts, DelayedRecall::new(seed, 3, 2, steps).batch(first + second));
    }
}

#[test]
fn every_symbol_and_every_noise_is_about_as_frequent_as_the_others() {
    let mut task = DelayedRecall::new(1, 4, 3, 4);
    let batch = task.batch(4000);
    let mut counts = vec![0usize; task.vocabulary_size()];
    batch
        .tokens
        .iter()
        .for_each(|&token| counts[token as usize] += 1);
    // Five standard deviations around 1000 symbols and 4000 tokens of noise.
    assert!(
        counts[..4].iter().all(|count| count.abs_diff(1000) < 140),
        "{counts:?}"
    );
    assert!(
        counts[4..].iter().all(|count| count.abs_diff(4000) < 260),
        "{counts:?}"
    );
}

/// Pins the sequences on every platform. If this fails, results on the task are no longer comparable.
#[test]
fn the_first_sequences_stay_as_they_are() {
    let batch = DelayedRecall::new(1, 8, 8, 6).batch(2);
    assert_eq!(batch.targets, [batch.tokens[0], batch.tokens[6]]);
    assert_eq!(batch.tokens, [1, 10, 11, 8, 13, 11, 2, 12, 13, 11, 8, 14]);
}

#[test]
#[should_panic(expected = "got 2, 0 and 5")]
fn a_task_without_noise_is_refused() {
    DelayedRecall::new(1, 2, 0, 5);
}
