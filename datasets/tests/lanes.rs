//! Lanes and windows: nothing is lost, doubled or out of order.

use proptest::prelude::*;
use recurra_datasets::{LaneCursor, Lanes, Window};

/// A batch size and a stream that is long enough for it. Each token is its own position, so windows
/// can be checked against the stream without looking at it.
fn batch_and_stream() -> impl Strategy<Value = (usize, Vec<u32>)> {
    (1usize..6)
        .prop_flat_map(|batch_size| (Just(batch_size), (batch_size as u32 + 1..80)))
        .prop_map(|(batch_size, tokens)| (batch_size, (0..tokens).collect()))
}

/// The inputs that row `lane` of all windows reads, in order.
fn lane_inputs(windows: &[Window], lane: usize) -> Vec<u32> {
    windows
        .iter()
        .flat_map(|window| &window.inputs[lane * window.steps..][..window.steps])
        .copied()
        .collect()
}

proptest! {
    #[test]
    fn windows_cover_every_lane_without_gaps(
        (batch_size, stream) in batch_and_stream(),
        length in 1usize..12,
    ) {
        let lanes = Lanes::new(&stream, batch_size).unwrap();
        let windows: Vec<_> = lanes.windows(length).collect();
        let read: Vec<u32> = (0..batch_size).flat_map(|lane| lane_inputs(&windows, lane)).collect();

        // One lane after the other, the windows read the stream from its start; fewer than `B`
        // predictions are dropped.
        prop_assert_eq!(&read, &stream[..read.len()]);
        prop_assert_eq!(read.len(), batch_size * lanes.steps());
        prop_assert!(stream.len() - 1 - read.len() < batch_size);
    }

    #[test]
    fn targets_are_the_next_tokens_and_shapes_hold(
        (batch_size, stream) in batch_and_stream(),
        length in 1usize..12,
    ) {
        let lanes = Lanes::new(&stream, batch_size).unwrap();
        let windows: Vec<_> = lanes.windows(length).collect();
        for (place, window) in windows.iter().enumerate() {
            let expected = length.min(lanes.steps() - place * length);
            prop_assert_eq!((window.batch_size, window.steps), (batch_size, expected));
            prop_assert_eq!(window.inputs.len(), batch_size * window.steps);
            let next: Vec<u32> = window.inputs.iter().map(|token| token + 1).collect();
            prop_assert_eq!(&window.targets, &next);
        }
    }

    #[test]
    fn one_lane_predicts_every_token_but_the_first(tokens in 2u32..80, length in 1usize..12) {
        let stream: Vec<u32> = (0..tokens).collect();
        let lanes = Lanes::new(&stream, 1).unwrap();
        let targets: Vec<u32> = lanes.windows(length).flat_map(|window| window.targets).collect();
        prop_assert_eq!(&targets, &stream[1..]);
    }

    #[test]
    fn a_stored_cursor_resumes_with_the_windows_that_were_left(
        (batch_size, stream) in batch_and_stream(),
        lengths in prop::collection::vec(1usize..12, 80),
        stop in 0usize..20,
    ) {
        let lanes = Lanes::new(&stream, batch_size).unwrap();
        let mut cursor = LaneCursor::default();
        let all: Vec<_> =
            lengths.iter().map(|&length| cursor.next_window(&lanes, length)).collect();

        let mut stopped = LaneCursor::default();
        for &length in &lengths[..stop] {
            stopped.next_window(&lanes, length);
        }
        let json = serde_json::to_string(&stopped).unwrap();
        let mut resumed: LaneCursor = serde_json::from_str(&json).unwrap();
        let left = lengths[stop..].iter();
        let windows: Vec<_> = left.map(|&length| resumed.next_window(&lanes, length)).collect();
        prop_assert_eq!(windows, &all[stop..]);
        prop_assert_eq!(resumed.position(), lanes.steps());
    }
}

#[test]
fn rows_are_lanes() {
    let lanes = Lanes::new(&[0, 1, 2, 3, 4, 5, 6, 7], 2).unwrap();
    let windows: Vec<_> = lanes.windows(2).collect();
    assert_eq!(lanes.batch_size(), 2);
    assert_eq!(
        windows,
        [
            Window {
                inputs: vec![0, 1, 3, 4],
                targets: vec![1, 2, 4, 5],
                batch_size: 2,
                steps: 2
            },
            Window {
                inputs: vec![2, 5],
                targets: vec![3, 6],
                batch_size: 2,
                steps: 1
            },
        ]
    );
}

#[test]
fn a_cursor_of_longer_lanes_is_at_the_end_of_shorter_ones() {
    let (long, short) = ([0; 20], [0; 5]);
    let mut cursor = LaneCursor::default();
    cursor.next_window(&Lanes::new(&long, 1).unwrap(), 10);
    assert_eq!(cursor.next_window(&Lanes::new(&short, 1).unwrap(), 1), None);
    assert_eq!(cursor.position(), 10);
}

#[test]
#[should_panic(expected = "batch size must be at least 1, got 0")]
fn no_lanes_are_a_mistake() {
    let _ = Lanes::new(&[0, 1, 2], 0);
}

#[test]
#[should_panic(expected = "window length must be at least 1, got 0")]
fn a_window_without_steps_is_a_mistake() {
    let lanes = Lanes::new(&[0, 1, 2], 1).unwrap();
    LaneCursor::default().next_window(&lanes, 0);
}
