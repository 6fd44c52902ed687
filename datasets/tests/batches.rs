//! Padded batches: each sequence once an epoch, of about one length, and resumable.

use proptest::prelude::*;
use recurra_datasets::batches::{BatchCursor, PaddedBatch, PaddedBatches};

const PADDING: u32 = 99;

fn any_sequences() -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(prop::collection::vec(0u32..9, 1..12), 0..120)
}

fn at_epoch(epoch: u64) -> BatchCursor {
    (0..epoch).fold(BatchCursor::default(), |cursor, _| cursor.next_epoch())
}

/// The rows of all batches, sorted.
fn rows(batches: &[PaddedBatch]) -> Vec<usize> {
    let mut rows: Vec<usize> = batches
        .iter()
        .flat_map(|batch| batch.rows.clone())
        .collect();
    rows.sort_unstable();
    rows
}

proptest! {
    #[test]
    fn every_sequence_is_in_one_batch_of_an_epoch(
        sequences in any_sequences(),
        batch_size in 1usize..9,
        seed: u64,
        epoch in 0u64..3,
    ) {
        let batches = PaddedBatches::new(&sequences, PADDING, batch_size).unwrap();
        let all: Vec<_> = batches.epoch(seed, at_epoch(epoch)).collect();
        prop_assert_eq!(all.len(), batches.len());
        prop_assert_eq!(rows(&all), (0..sequences.len()).collect::<Vec<_>>());
        let short = all.iter().filter(|batch| batch.rows.len() < batch_size).count();
        prop_assert!(short <= 1, "{short} batches are not full");
        prop_assert_eq!(all, batches.epoch(seed, at_epoch(epoch)).collect::<Vec<_>>());
    }

    #[test]
    fn rows_hold_their_sequence_and_padding_behind_it(
        sequences in any_sequences(),
        batch_size in 1usize..9,
        seed: u64,
    ) {
        let batches = PaddedBatches::new(&sequences, PADDING, batch_size).unwrap();
        for batch in batches.epoch(seed, BatchCursor::default()).chain(batches.in_order()) {
            prop_assert_eq!(batch.ids.len(), batch.rows.len() * batch.steps);
            prop_assert_eq!(batch.lengths.iter().max(), Some(&batch.steps));
            for (place, &row) in batch.rows.iter().enumerate() {
                let (ids, length) = (&batch.ids[place * batch.steps..], batch.lengths[place]);
                prop_assert_eq!(&ids[..length], &sequences[row]);
                prop_assert!(ids[length..batch.steps].iter().all(|&id| id == PADDING));
            }
        }
    }

    #[test]
    fn a_stored_cursor_resumes_with_the_batches_that_were_left(
        sequences in any_sequences(),
        batch_size in 1usize..9,
        seed: u64,
        stop in 0usize..20,
    ) {
        let batches = PaddedBatches::new(&sequences, PADDING, batch_size).unwrap();
        let all: Vec<_> = batches.epoch(seed, at_epoch(1)).collect();
        let mut stopped = batches.epoch(seed, at_epoch(1));
        let read = stopped.by_ref().take(stop).count();
        let json = serde_json::to_string(&stopped.cursor()).unwrap();
        let resumed = batches.epoch(seed, serde_json::from_str(&json).unwrap());
        prop_assert_eq!(resumed.cursor().position(), read);
        prop_assert_eq!(resumed.len(), all.len() - read);
        prop_assert_eq!(resumed.collect::<Vec<_>>(), &all[read..]);
    }

    #[test]
    fn a_bucket_spans_few_lengths(seed: u64, batch_size in 1usize..5) {
        // Sixteen batches of each length: no batch mixes more than two neighbouring ones.
        let sequences: Vec<Vec<u32>> =
            (1..6).flat_map(|length| vec![vec![0; length]; 16 * batch_size]).collect();
        let batches = PaddedBatches::new(&sequences, PADDING, batch_size).unwrap();
        let epoch = batches.epoch(seed, BatchCursor::default());
        prop_assert_eq!(epoch.token_efficiency(), 1.0);
    }

    #[test]
    fn batches_in_order_waste_no_more_places_than_shuffled_ones(
        sequences in any_sequences(),
        batch_size in 1usize..9,
        seed: u64,
    ) {
        let batches = PaddedBatches::new(&sequences, PADDING, batch_size).unwrap();
        let shuffled = batches.epoch(seed, BatchCursor::default());
        let (tokens, places) = shuffled.clone().fold((0, 0), |(tokens, places), batch| {
            (tokens + batch.lengths.iter().sum::<usize>(), places + batch.ids.len())
        });
        if places > 0 {
            prop_assert_eq!(shuffled.token_efficiency(), tokens as f64 / places as f64);
        }
        let lengths: Vec<_> = batches.in_order().flat_map(|batch| batch.lengths).collect();
        prop_assert!(lengths.is_sorted());
        // A short last batch of long sequences can waste a few places more.
        if sequences.len() % batch_size == 0 {
            prop_assert!(batches.in_order().token_efficiency() >= shuffled.token_efficiency());
        }
    }
}

#[test]
fn seeds_and_epochs_shuffle_differently_and_across_lengths() {
    let sequences: Vec<Vec<u32>> = (0..200).map(|row| vec![0; 1 + row / 20]).collect();
    let batches = PaddedBatches::new(&sequences, PADDING, 4).unwrap();
    let order = |seed, epoch| -> Vec<_> {
        batches
            .epoch(seed, at_epoch(epoch))
            .flat_map(|batch| batch.rows)
            .collect()
    };
    assert_ne!(order(1, 0), order(2, 0));
    assert_ne!(order(1, 0), order(1, 1));
    let steps: Vec<_> = batches
        .epoch(1, at_epoch(0))
        .map(|batch| batch.steps)
        .collect();
    assert!(!steps.is_sorted(), "{steps:?}");
}

#[test]
fn nothing_gives_no_batches() {
    let batches = PaddedBatches::new(&[], PADDING, 4).unwrap();
    assert!(batches.is_empty());
    assert_eq!(batches.epoch(1, BatchCursor::default()).next(), None);
    assert_eq!(batches.in_order().token_efficiency(), 1.0);
}

#[test]
fn an_empty_sequence_is_named() {
    let error = PaddedBatches::new(&[vec![1], vec![]], PADDING, 4).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sequence 1 has no token, expected at least 1"
    );
}

#[test]
#[should_panic(expected = "batch size must be at least 1, got 0")]
fn batches_of_nothing_are_a_mistake() {
    let _ = PaddedBatches::new(&[], PADDING, 0);
}
