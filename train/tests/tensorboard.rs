//! Event files, read back by a reader of their own.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use recurra_train::Error;
use recurra_train::tensorboard::{EventWriter, remove_events};

/// A scalar as it was written or read: tag, step, and the bits of its single-precision value.
type Scalar = (String, u64, u32);

/// CRC-32C by its definition, bit by bit, masked.
fn masked(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 * (crc & 1));
        }
    }
    (!crc).rotate_right(15).wrapping_add(0xa282_ead8)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    taken
}

fn u64_of(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}

fn u32_of(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("four bytes"))
}

/// The events of a file, whose checksums are all right.
fn events(path: &Path) -> Vec<Vec<u8>> {
    let file = fs::read(path).expect("the file is there");
    let (mut rest, mut events) = (&file[..], Vec::new());
    while !rest.is_empty() {
        let length = take(&mut rest, 8);
        assert_eq!(u32_of(take(&mut rest, 4)), masked(length));
        let event = take(&mut rest, u64_of(length) as usize);
        assert_eq!(u32_of(take(&mut rest, 4)), masked(event));
        events.push(event.to_vec());
    }
    events
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = take(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

/// The fields of a protocol buffer: number, and value or content.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = match key & 7 {
            0 => varint(&mut bytes).to_le_bytes().to_vec(),
            1 => take(&mut bytes, 8).to_vec(),
            2 => {
                let length = varint(&mut bytes) as usize;
                take(&mut bytes, length).to_vec()
            }
            5 => take(&mut bytes, 4).to_vec(),
            kind => panic!("no field is of kind {kind}"),
        };
        fields.push((key >> 3, value));
    }
    fields
}

fn field(bytes: &[u8], number: u64) -> Option<Vec<u8>> {
    let found = fields(bytes).into_iter().find(|(n, _)| *n == number);
    found.map(|(_, value)| value)
}

fn step(event: &[u8]) -> u64 {
    field(event, 2).map_or(0, |step| u64_of(&step))
}

fn scalars(events: &[Vec<u8>]) -> Vec<Scalar> {
    let scalar = |event: &Vec<u8>| {
        let value = field(&field(event, 5)?, 1)?;
        let tag = String::from_utf8(field(&value, 1)?).expect("a tag is text");
        Some((tag, step(event), u32_of(&field(&value, 2)?)))
    };
    events.iter().filter_map(scalar).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_appended_is_read(
        first_step in 0..u64::MAX >> 1,
        expected in prop::collection::vec((any::<String>(), 0..u64::MAX >> 1, any::<f32>()), 0..20),
    ) {
        let folder = tempfile::tempdir().expect("there is room");
        let mut writer = EventWriter::begin(folder.path(), first_step).expect("it can be written");
        for (tag, step, value) in &expected {
            writer.scalar(tag, *step, f64::from(*value)).expect("it can be written");
        }
        writer.flush().expect("it can be written");
        let events = events(writer.path());
        prop_assert_eq!(field(&events[0], 3), Some(b"brain.Event:2".to_vec()));
        let start = field(&field(&events[1], 7).expect("a session starts"), 1);
        prop_assert_eq!(start.map(|start| u64_of(&start)), Some(1));
        prop_assert_eq!(step(&events[1]), first_step);
        let expected: Vec<Scalar> = expected
            .into_iter()
            .map(|(tag, step, value)| (tag, step, value.to_bits()))
            .collect();
        prop_assert_eq!(scalars(&events), expected);
        prop_assert_eq!(events.len(), scalars(&events).len() + 2);
    }
}

#[test]
fn values_beyond_single_precision_are_rounded() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut writer = EventWriter::begin(folder.path(), 0).expect("it can be written");
    let values = [0.1, 1e300, f64::NEG_INFINITY, -0.0, 1e-300];
    for (step, value) in (0..).zip(values) {
        writer
            .scalar("loss", step, value)
            .expect("it can be written");
    }
    writer.flush().expect("it can be written");
    let found: Vec<u32> = scalars(&events(writer.path()))
        .iter()
        .map(|scalar| scalar.2)
        .collect();
    let expected = [0.1_f32, f32::INFINITY, f32::NEG_INFINITY, -0.0, 0.0].map(f32::to_bits);
    assert_eq!(found, expected);
}

#[test]
fn every_writer_has_a_file_of_its_own_and_later_ones_sort_later() {
    let folder = tempfile::tempdir().expect("there is room");
    let folder = folder.path().join("events");
    // More files than a second has room for.
    let paths: Vec<_> = (0..3)
        .map(|step| {
            let writer = EventWriter::begin(&folder, step).expect("it can be written");
            writer.path().to_owned()
        })
        .collect();
    let names: Vec<&str> = paths
        .iter()
        .map(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .expect("it is text")
        })
        .collect();
    assert!(
        names.is_sorted() && names[0] != names[1] && names[1] != names[2],
        "{names:?}"
    );
    for name in names {
        let middle = name.strip_prefix("events.out.tfevents.");
        let seconds = middle.and_then(|name| name.strip_suffix(".recurra"));
        let seconds: u64 = seconds
            .and_then(|s| s.parse().ok())
            .expect("it is a number");
        assert!(seconds > 1_600_000_000, "{seconds}");
    }
}

#[test]
fn a_step_that_the_format_has_no_room_for_is_refused() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut writer = EventWriter::begin(folder.path(), (1 << 63) - 1).expect("it can be written");
    let errors = [
        writer.scalar("loss", 1 << 63, 1.0).map(drop),
        EventWriter::begin(folder.path(), u64::MAX).map(drop),
    ];
    for error in errors {
        let error = error.expect_err("the step is too large").to_string();
        assert!(error.starts_with("step must be below 2^63, got"), "{error}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("file");
    fs::write(&file, b"").expect("the folder can be written");
    let error = EventWriter::begin(&file.join("events"), 0).expect_err("a file is in the way");
    assert!(matches!(error, Error::Write { .. }), "{error}");
}

#[test]
fn event_files_are_removed_and_others_stay() {
    let folder = tempfile::tempdir().expect("there is room");
    let other = folder.path().join("metrics.jsonl");
    fs::write(&other, b"{}").expect("the folder can be written");
    let begin = || EventWriter::begin(folder.path(), 0).expect("it can be written");
    let paths = [begin(), begin()].map(|writer| writer.path().to_owned());
    remove_events(folder.path()).expect("they can be removed");
    assert!(paths.iter().all(|path| !path.exists()) && other.exists());
    let missing = folder.path().join("missing");
    let error = remove_events(&missing).expect_err("there is no such folder");
    assert!(matches!(error, Error::Read { .. }), "{error}");
}
