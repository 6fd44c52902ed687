//! Checkpoints on disk: what is written is read, whatever is damaged is named, and what should stay stays.

use std::fs;
use std::path::Path;

use burn::tensor::{DType, TensorData};
use proptest::prelude::*;
use recurra_cells::SeededRng;
use recurra_train::Error;
use recurra_train::checkpoint::{Best, Checkpoint, Checkpoints, Damage, Found, Retention, Tensors};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const HEADER: usize = 44;
const DIGEST: usize = 32;
/// Where the header's fields begin.
const VERSION: usize = 8;
const LENGTH: usize = 16;
const CHECKSUM: usize = 40;

/// What a trainer might keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Progress {
    epoch: u64,
    order: Vec<u32>,
    best: f64,
    worst: Option<f32>,
    note: String,
}

/// Values by their bits, because NaN equals nothing.
fn bits(progress: &Progress) -> (Progress, u64, Option<u32>) {
    let plain = Progress {
        best: 0.0,
        worst: None,
        ..progress.clone()
    };
    let worst = progress.worst.map(f32::to_bits);
    (plain, progress.best.to_bits(), worst)
}

prop_compose! {
    /// Any double but for signalling NaNs, which the arithmetic of a processor may quieten.
    fn double()(bits in any::<u64>()) -> f64 {
        let value = f64::from_bits(bits);
        if value.is_nan() { f64::NAN } else { value }
    }
}

prop_compose! {
    fn progress()(
        epoch in any::<u64>(),
        order in prop::collection::vec(any::<u32>(), 0..5),
        best in double(),
        worst in prop::option::of(any::<f32>()),
        note in any::<String>(),
    ) -> Progress {
        Progress { epoch, order, best, worst, note }
    }
}

/// Tensors of every number type, of sizes that include 0 and 1, with any bits.
fn tensor() -> impl Strategy<Value = TensorData> {
    let dtype = prop::sample::select(vec![
        DType::F64,
        DType::F32,
        DType::F16,
        DType::BF16,
        DType::I64,
        DType::I32,
        DType::I16,
        DType::I8,
        DType::U64,
        DType::U32,
        DType::U16,
        DType::U8,
    ]);
    let shape = prop::collection::vec(0..4_usize, 0..4);
    (dtype, shape).prop_flat_map(|(dtype, shape)| {
        let length = shape.iter().product::<usize>() * dtype.size();
        prop::collection::vec(any::<u8>(), length)
            .prop_map(move |bytes| TensorData::from_bytes_vec(bytes, shape.clone(), dtype))
    })
}

fn tensors() -> impl Strategy<Value = Tensors> {
    prop::collection::btree_map(any::<String>(), tensor(), 0..4)
}

prop_compose! {
    fn checkpoint()(
        step in any::<u64>(),
        metric in prop::option::of(any::<f64>()),
        values in prop::collection::btree_map("[a-c]v", progress(), 0..3),
        weights in prop::collection::btree_map("[a-c\u{e9}]+t", tensors(), 0..3),
    ) -> Checkpoint {
        let mut checkpoint = Checkpoint::new(step);
        if let Some(metric) = metric {
            checkpoint = checkpoint.with_metric(metric);
        }
        for (name, value) in &values {
            checkpoint.set_value(name, value).expect("it serialises");
        }
        for (name, tensors) in weights {
            checkpoint.set_tensors(&name, tensors).expect("numbers can be stored");
        }
        checkpoint
    }
}

fn bytes(checkpoint: &Checkpoint) -> Vec<u8> {
    let mut bytes = Vec::new();
    checkpoint
        .write_to(&mut bytes)
        .expect("memory can be written");
    bytes
}

/// Makes length, header and digest right again, so that what is wrong lies deeper.
fn seal(bytes: &mut [u8]) {
    let length = bytes.len();
    bytes[LENGTH..][..8].copy_from_slice(&(length as u64).to_le_bytes());
    let checksum = crc32c::crc32c(&bytes[..CHECKSUM]).to_le_bytes();
    bytes[CHECKSUM..HEADER].copy_from_slice(&checksum);
    let digest = Sha256::digest(&bytes[..length - DIGEST]);
    bytes[length - DIGEST..].copy_from_slice(&digest);
}

/// Reads everything that is there.
fn read_all(bytes: &[u8]) -> Result<Checkpoint, Damage> {
    let checkpoint = Checkpoint::from_bytes(bytes)?;
    for name in checkpoint.sections() {
        let as_value = checkpoint.value::<Progress>(name).is_ok();
        let as_tensors = checkpoint.tensors(name).is_ok();
        assert!(!(as_value && as_tensors));
    }
    Ok(checkpoint)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_bit_for_bit(checkpoint in checkpoint()) {
        let written = bytes(&checkpoint);
        let read = Checkpoint::from_bytes(&written).expect("it is whole");
        // Doubles by their bits: a metric may be NaN.
        prop_assert_eq!(read.metric().map(f64::to_bits), checkpoint.metric().map(f64::to_bits));
        prop_assert_eq!(read.step(), checkpoint.step());
        prop_assert!(read.sections().eq(checkpoint.sections()));
        for name in read.sections() {
            if let Ok(tensors) = checkpoint.tensors(name) {
                prop_assert_eq!(read.tensors(name).expect("they are tensors"), tensors);
            } else {
                let [read, value] = [&read, &checkpoint].map(|c| c.value(name).expect("it is a value"));
                prop_assert_eq!(bits(&read), bits(&value));
            }
        }
        prop_assert_eq!(bytes(&read), written);
    }

    #[test]
    fn values_are_what_they_were(value in progress()) {
        let mut checkpoint = Checkpoint::new(1);
        checkpoint.set_value("progress", &value).expect("it serialises");
        let read: Progress = checkpoint.value("progress").expect("it is there");
        prop_assert_eq!(bits(&read), bits(&value));
    }

    #[test]
    fn a_flipped_bit_is_found(checkpoint in checkpoint(), place in any::<prop::sample::Index>(), bit in 0..8) {
        let mut bytes = bytes(&checkpoint);
        let place = place.index(bytes.len());
        bytes[place] ^= 1u8 << bit;
        prop_assert!(read_all(&bytes).is_err(), "bit {} of byte {}", bit, place);
    }

    #[test]
    fn a_cut_off_file_is_found(checkpoint in checkpoint(), length in any::<prop::sample::Index>()) {
        let bytes = bytes(&checkpoint);
        let length = length.index(bytes.len());
        let damage = read_all(&bytes[..length]).expect_err("it is cut off");
        let expected = if length >= HEADER { bytes.len() } else { HEADER + DIGEST } as u64;
        let cut = Damage::Length { found: length as u64, expected };
        prop_assert_eq!(damage, if length == 0 { Damage::NotACheckpoint } else { cut });
    }

    #[test]
    fn bytes_too_many_are_found(checkpoint in checkpoint(), more in prop::collection::vec(any::<u8>(), 1..40)) {
        let mut bytes = bytes(&checkpoint);
        let (expected, found) = (bytes.len() as u64, (bytes.len() + more.len()) as u64);
        bytes.extend(more);
        prop_assert_eq!(read_all(&bytes), Err(Damage::Length { found, expected }));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assume!(bytes.first() != Some(&b'R'));
        prop_assert_eq!(read_all(&bytes).err(), Some(Damage::NotACheckpoint));
        if bytes.len() >= HEADER + DIGEST {
            bytes[..LENGTH].copy_from_slice(b"RECURRA\0\x01\0\0\0\x01\0\0\0");
            seal(&mut bytes);
            let is_content = matches!(read_all(&bytes), Ok(_) | Err(Damage::Content { .. }));
            prop_assert!(is_content);
        }
    }

    #[test]
    fn bad_content_under_a_good_seal_is_read_without_a_panic(
        checkpoint in checkpoint(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = bytes(&checkpoint);
        let sections = bytes.len() - HEADER - DIGEST;
        prop_assume!(sections > 0);
        for (place, byte) in places {
            bytes[HEADER + place.index(sections)] = byte;
        }
        seal(&mut bytes);
        let is_content = matches!(read_all(&bytes), Ok(_) | Err(Damage::Content { .. }));
        prop_assert!(is_content);
    }
}

#[test]
fn the_bytes_are_those_of_the_documentation() {
    let mut checkpoint = Checkpoint::new(258).with_metric(-1.5);
    checkpoint.set_value("a", &[1_u8]).expect("it serialises");
    let tensor = TensorData::new(vec![-0.0_f32], [1]);
    let tensors = Tensors::from([("w".to_owned(), tensor)]);
    checkpoint
        .set_tensors("bc", tensors)
        .expect("numbers can be stored");
    let safetensors = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  "#;
    let mut expected = b"RECURRA\0".to_vec();
    expected.extend([1, 0, 0, 0]);
    expected.extend([1, 0, 0, 0]);
    expected.extend([175, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([2, 1, 0, 0, 0, 0, 0, 0]);
    expected.extend([0, 0, 0, 0, 0, 0, 0xf8, 0xbf]);
    // The checksums were computed by other programs; see the comments at their constants.
    expected.extend(HEADER_CRC_32C.to_le_bytes());
    expected.extend([1, 1, 0, 0, 0, b'a', 2, 0, 0, 0, 0, 0, 0, 0, 0x81, 1]);
    expected.extend([2, 2, 0, 0, 0, b'b', b'c', 68, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([56, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend(safetensors);
    expected.extend([0, 0, 0, 0x80]);
    let written = bytes(&checkpoint);
    let (body, digest) = written.split_at(written.len() - DIGEST);
    assert_eq!(body, expected);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, FILE_SHA_256);
}

/// Of the first 40 bytes, by the definition: bit by bit, with the reversed polynomial 0x82f63b78.
const HEADER_CRC_32C: u32 = 0x4864_b2dd;
/// What `sha256sum` says of all bytes before it.
const FILE_SHA_256: &str = "a3b5b2fb51aab67e0acfe88875268fe3abdb6db497e5f4dcf781d5969366a1a8";

fn folder(retention: Retention) -> (tempfile::TempDir, Checkpoints) {
    let folder = tempfile::tempdir().expect("there is room");
    let checkpoints = Checkpoints::new(folder.path(), retention).expect("in range");
    (folder, checkpoints)
}

fn write(checkpoints: &Checkpoints, step: u64, metric: Option<f64>) {
    let checkpoint = Checkpoint::new(step);
    let checkpoint = match metric {
        Some(metric) => checkpoint.with_metric(metric),
        None => checkpoint,
    };
    let path = checkpoints
        .write(&checkpoint)
        .expect("the folder can be written");
    assert_eq!(path, checkpoints.path(step));
}

fn latest(checkpoints: &Checkpoints) -> Option<Found> {
    checkpoints
        .latest()
        .expect("one is whole, or none is there")
}

/// What stays, by brute force: a row for each file.
fn model(files: &mut Vec<(u64, Option<f64>)>, written: (u64, Option<f64>), retention: Retention) {
    files.retain(|file| file.0 != written.0);
    files.push(written);
    files.sort_by_key(|file| file.0);
    let is_better = |a: f64, b: f64| match retention.best {
        Some(Best::Lowest) => a < b,
        Some(Best::Highest) => a > b,
        None => false,
    };
    let mut best: Option<(u64, f64)> = None;
    for &(step, metric) in files.iter() {
        if let Some(metric) = metric
            && !metric.is_nan()
            && retention.best.is_some()
            && best.is_none_or(|(_, best)| is_better(metric, best))
        {
            best = Some((step, metric));
        }
    }
    let first_of_last = files.len().saturating_sub(retention.last);
    let all = files.clone();
    files.retain(|file| {
        let is_last = all[first_of_last..].iter().any(|last| last.0 == file.0);
        is_last || file.0 == written.0 || best.is_some_and(|best| best.0 == file.0)
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_last_and_the_best_stay(
        last in 1..4_usize,
        best in prop::option::of(prop::sample::select(vec![Best::Lowest, Best::Highest])),
        writes in prop::collection::vec((0..12_u64, prop::option::of(
            prop::sample::select(vec![0.0, -0.0, 1.0, 2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY])
        )), 1..12),
    ) {
        let retention = Retention { last, best };
        let (_folder, checkpoints) = folder(retention);
        let mut files = Vec::new();
        for (step, metric) in writes {
            write(&checkpoints, step, metric);
            model(&mut files, (step, metric), retention);
            let steps: Vec<u64> = files.iter().map(|file| file.0).collect();
            prop_assert_eq!(checkpoints.steps().expect("it can be read"), steps.clone());
            let found = latest(&checkpoints).expect("one was written");
            prop_assert_eq!(Some(&found.checkpoint.step()), steps.last());
        }
    }
}

fn flip(path: &Path, place: usize) {
    let mut bytes = fs::read(path).expect("the file is there");
    bytes[place] ^= 1;
    fs::write(path, bytes).expect("the file can be written");
}

const THREE: Retention = Retention {
    last: 3,
    best: None,
};

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_is_offered() {
    let (_folder, checkpoints) = folder(THREE);
    (1..=3).for_each(|step| write(&checkpoints, step, None));
    let [first, second, third] = [1, 2, 3].map(|step| checkpoints.path(step));
    fs::write(&third, b"hello").expect("the file can be written");
    flip(&second, HEADER);
    let found = latest(&checkpoints).expect("the first is whole");
    assert_eq!((&found.path, found.checkpoint.step()), (&first, 1));
    let texts: Vec<String> = found.damaged.iter().map(Error::to_string).collect();
    let first = first.display();
    assert_eq!(
        texts,
        [
            format!("{}: not a checkpoint; {first} is whole", third.display()),
            format!(
                "{}: damaged, its bytes do not match their SHA-256; {first} is whole",
                second.display()
            ),
        ]
    );
    let error = Checkpoint::open(&third).expect_err("it is damaged");
    assert_eq!(error.to_string(), texts[0]);
    let error = Checkpoint::open(&checkpoints.path(4)).expect_err("it is not there");
    assert!(matches!(error, Error::Read { .. }), "{error}");
}

#[test]
fn damaged_checkpoints_alone_are_an_error_and_not_a_fresh_start() {
    let (_folder, checkpoints) = folder(THREE);
    assert!(latest(&checkpoints).is_none());
    (1..=2).for_each(|step| write(&checkpoints, step, Some(1.0)));
    (1..=2).for_each(|step| flip(&checkpoints.path(step), HEADER));
    for result in [checkpoints.latest(), checkpoints.best(Best::Lowest)] {
        let error = result.expect_err("none is whole").to_string();
        assert!(
            error.contains("no checkpoint before it is whole"),
            "{error}"
        );
    }
}

#[test]
fn the_header_alone_says_what_is_best() {
    let (_folder, checkpoints) = folder(Retention {
        last: 1,
        best: Some(Best::Highest),
    });
    for (step, metric) in [(1, 0.5), (2, 0.9), (3, 0.7), (4, f64::NAN)] {
        write(&checkpoints, step, Some(metric));
    }
    assert_eq!(checkpoints.steps().expect("it can be read"), [2, 4]);
    let best = checkpoints.best(Best::Highest).expect("it can be read");
    assert_eq!(best.expect("it is whole").checkpoint.metric(), Some(0.9));
    // A file whose header is damaged is none of ours to count or to remove.
    flip(&checkpoints.path(2), LENGTH);
    write(&checkpoints, 5, Some(0.1));
    write(&checkpoints, 6, Some(0.2));
    assert_eq!(checkpoints.steps().expect("it can be read"), [2, 6]);
    let error = Checkpoint::open(&checkpoints.path(2)).expect_err("it is damaged");
    assert!(error.to_string().contains("header"), "{error}");
}

#[test]
fn a_newer_version_is_told_from_a_damaged_one() {
    let mut bytes = bytes(&Checkpoint::new(7));
    bytes[VERSION] = 2;
    assert_eq!(Checkpoint::from_bytes(&bytes), Err(Damage::Checksum));
    seal(&mut bytes);
    let newer = Damage::Version { found: 2, known: 1 };
    assert_eq!(Checkpoint::from_bytes(&bytes), Err(newer.clone()));
    assert_eq!(
        newer.to_string(),
        "written in version 2 of the format, this program reads version 1"
    );
}

#[test]
fn other_files_are_left_alone() {
    let (folder, checkpoints) = folder(Retention {
        last: 1,
        best: None,
    });
    let others = [
        "step-1.ckpt",
        "step-00000000x.ckpt",
        "step-000000001.ckpt.bak",
        "notes.txt",
    ];
    for name in others {
        fs::write(folder.path().join(name), name).expect("the folder can be written");
    }
    write(&checkpoints, 1_234_567_890_123, None);
    write(&checkpoints, u64::MAX, None);
    assert_eq!(checkpoints.steps().expect("it can be read"), [u64::MAX]);
    assert!(others.iter().all(|name| folder.path().join(name).exists()));
}

#[test]
fn later_checkpoints_go_when_a_run_goes_on_from_an_earlier_one() {
    let (_folder, checkpoints) = folder(THREE);
    (1..=3).for_each(|step| write(&checkpoints, step, None));
    checkpoints.remove_after(1).expect("they can be removed");
    assert_eq!(checkpoints.steps().expect("it can be read"), [1]);
}

#[test]
fn at_least_one_checkpoint_stays() {
    let none = Retention {
        last: 0,
        best: None,
    };
    let error = Checkpoints::new("somewhere", none).expect_err("none would stay");
    assert_eq!(error.to_string(), "last must be at least 1, got 0");
}

#[test]
fn a_generator_goes_on_where_it_stood() {
    let mut generator = SeededRng::for_stream(3, 1);
    generator.normal();
    let mut checkpoint = Checkpoint::new(1);
    checkpoint
        .set_value("generator", &generator)
        .expect("it serialises");
    let read = Checkpoint::from_bytes(&bytes(&checkpoint)).expect("it is whole");
    let mut restored: SeededRng = read.value("generator").expect("it is there");
    assert_eq!(restored, generator);
    assert_eq!(restored.normal().to_bits(), generator.normal().to_bits());
}

#[test]
fn a_section_that_cannot_be_used_is_named() {
    let mut checkpoint = Checkpoint::new(1);
    checkpoint.set_value("epoch", &1).expect("it serialises");
    checkpoint
        .set_tensors("model", Tensors::new())
        .expect("none can be stored");
    let texts = [
        checkpoint.value::<u64>("order").map(drop),
        checkpoint.value::<u64>("model").map(drop),
        checkpoint.tensors("epoch").map(drop),
    ]
    .map(|result| result.expect_err("it cannot be used").to_string());
    assert_eq!(
        texts,
        [
            "section order of a checkpoint: is missing, there are: epoch, model",
            "section model of a checkpoint: must hold a value, holds tensors",
            "section epoch of a checkpoint: must hold tensors, holds a value",
        ]
    );
    let error = checkpoint.value::<String>("epoch").expect_err("no text");
    assert!(error.to_string().starts_with("section epoch"), "{error}");
    assert!(checkpoint.set_value("", &1).is_err());
    let data = TensorData::from([true]);
    let tensors = Tensors::from([("mask".to_owned(), data)]);
    let error = checkpoint
        .set_tensors("masks", tensors)
        .expect_err("no numbers");
    assert!(error.to_string().starts_with("tensor mask"), "{error}");
    // The name that safetensors keeps for itself.
    let data = TensorData::from([1.0_f32]);
    let tensors = Tensors::from([("__metadata__".to_owned(), data)]);
    assert!(checkpoint.set_tensors("model", tensors).is_err());
}
