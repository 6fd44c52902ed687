//! Parity and the Dyck languages: what their sequences are made of.

use proptest::prelude::*;
use recurra_datasets::{Dyck, Parity};

/// What is open behind each token; `None` from a token on that closes another bracket than the last.
fn open_brackets(tokens: &[u32], kinds: u32) -> Option<Vec<Vec<u32>>> {
    let mut open = Vec::new();
    let mut all = Vec::new();
    for &token in tokens {
        if token < kinds {
            open.push(token);
        } else if open.pop()? != token - kinds {
            return None;
        }
        all.push(open.clone());
    }
    Some(all)
}

proptest! {
    #[test]
    fn one_more_bit_changes_the_parity(seed: u64, rows in 0..5_usize, steps in 1..40_usize) {
        let batch = Parity::new(seed, steps).batch(rows);
        prop_assert_eq!((batch.bits.len(), batch.parities.len()), (rows * steps, rows));
        for (row, &parity) in batch.bits.chunks(steps).zip(&batch.parities) {
            prop_assert!(row.iter().all(|&bit| bit < 2));
            let told = row.iter().fold(0, |state, &bit| state ^ bit);
            prop_assert_eq!(parity, told);
        }
    }

    #[test]
    fn brackets_are_balanced_and_no_deeper_than_allowed(
        seed: u64, kinds in 1..4u32, depth in 1..5_usize, half in 1..20_usize, rows in 0..4_usize,
    ) {
        let mut task = Dyck::new(seed, kinds, depth, 2 * half);
        let (size, batch) = (task.vocabulary_size(), task.batch(rows));
        prop_assert_eq!(size, 2 * kinds as usize);
        prop_assert_eq!(batch.tokens.len(), rows * 2 * half);
        prop_assert_eq!(batch.next.len(), batch.tokens.len() * size);
        let next = batch.next.chunks(2 * half * size);
        for (row, next) in batch.tokens.chunks(2 * half).zip(next) {
            let open = open_brackets(row, kinds).expect("each bracket closed by its own kind");
            prop_assert!(open.last().unwrap().is_empty());
            prop_assert!(open.iter().all(|open| open.len() <= depth));
            for (open, next) in open.iter().zip(next.chunks(size)) {
                for token in 0..kinds {
                    prop_assert_eq!(next[token as usize], open.len() < depth);
                    let closes = open.last() == Some(&token);
                    prop_assert_eq!(next[(kinds + token) as usize], closes);
                }
            }
            // What comes next is what may come next.
            for (next, &token) in next.chunks(size).zip(&row[1..]) {
                prop_assert!(next[token as usize]);
            }
        }
    }

    #[test]
    fn batches_are_one_supply(seed: u64, first in 0..4_usize, second in 0..4_usize) {
        let mut apart = Parity::new(seed, 7);
        let mut parts = apart.batch(first);
        let rest = apart.batch(second);
        parts.bits.extend(rest.bits);
        parts.parities.extend(rest.parities);
        prop_assert_eq!(parts, Parity::new(seed, 7).batch(first + second));
        let mut apart = Dyck::new(seed, 2, 3, 8);
        let mut parts = apart.batch(first);
        let rest = apart.batch(second);
        parts.tokens.extend(rest.tokens);
        parts.next.extend(rest.next);
        prop_assert_eq!(parts, Dyck::new(seed, 2, 3, 8).batch(first + second));
    }
}

#[test]
fn both_parities_and_all_brackets_are_about_equally_frequent() {
    let odd = Parity::new(1, 9).batch(4000).parities.iter().sum::<u32>();
    assert!(odd.abs_diff(2000) < 160, "{odd}");
    let mut counts = [0_usize; 6];
    for token in Dyck::new(1, 3, 4, 20).batch(1000).tokens {
        counts[token as usize] += 1;
    }
    assert!(
        counts.iter().all(|count| count.abs_diff(3333) < 250),
        "{counts:?}"
    );
}

#[test]
fn the_deepest_nesting_is_reached() {
    let batch = Dyck::new(1, 2, 3, 12).batch(50);
    // Where nothing may open, neither kind may.
    assert!(batch.next.chunks(4).any(|next| !next[0] && !next[1]));
}

/// Pins the sequences on every platform. If this fails, results on the tasks are no longer comparable.
#[test]
fn the_first_sequences_stay_as_they_are() {
    let batch = Parity::new(1, 10).batch(1);
    assert_eq!(batch.bits, [1, 0, 1, 0, 1, 1, 0, 0, 1, 1]);
    let batch = Dyck::new(1, 2, 3, 12).batch(1);
    assert_eq!(batch.tokens, [1, 1, 1, 3, 3, 0, 2, 3, 0, 1, 3, 2]);
}

#[test]
#[should_panic(expected = "needs a bit, got 0")]
fn no_bit_has_no_parity() {
    Parity::new(1, 0);
}

#[test]
#[should_panic(expected = "an even number of steps, got 2, 3 and 7")]
fn an_odd_number_of_brackets_is_refused() {
    Dyck::new(1, 2, 3, 7);
}
