//! Writes that are stopped wherever they can be.

use std::fs;
use std::path::Path;

use burn::tensor::TensorData;
use tempfile::TempDir;

use super::folder::file_names;
use super::write::{STEPS, Writing};
use super::{Best, Checkpoint, Checkpoints, Retention, Tensors};

const RETENTION: Retention = Retention {
    last: 2,
    best: Some(Best::Lowest),
};
/// After this many steps of a write the new checkpoint has its place.
const RENAMED: usize = 4;

/// The first is the best, and each has its own content.
fn checkpoint(step: u64) -> Checkpoint {
    let mut checkpoint = Checkpoint::new(step).with_metric(step as f64);
    let weights = TensorData::new(vec![step as f32, f32::NAN, -0.0], [3, 1]);
    let tensors = Tensors::from([("weight".to_owned(), weights)]);
    checkpoint
        .set_tensors("model", tensors)
        .expect("numbers can be stored");
    checkpoint
        .set_value("epoch", &step)
        .expect("a number serialises");
    checkpoint
}

/// A folder after the writes of 1, 2, 3 and 4.
fn folder() -> (TempDir, Checkpoints) {
    let folder = tempfile::tempdir().expect("there is room");
    let checkpoints = Checkpoints::new(folder.path().join("new/run"), RETENTION).expect("in range");
    for step in 1..=4 {
        checkpoints
            .write(&checkpoint(step))
            .expect("the folder can be written");
    }
    (folder, checkpoints)
}

fn folder_of(checkpoints: &Checkpoints) -> &Path {
    &checkpoints.folder
}

/// The latest is `step`, the best is the first, both are whole, and the next write leaves nothing but what it should.
fn assert_sound(checkpoints: &Checkpoints, step: u64) {
    let latest = checkpoints.latest().expect("the folder can be read");
    let latest = latest.expect("there is one");
    assert!(latest.damaged.is_empty(), "{:?}", latest.damaged);
    assert_eq!(latest.checkpoint, checkpoint(step));
    let best = checkpoints.best(Best::Lowest);
    let best = best.expect("the folder can be read").expect("there is one");
    assert_eq!(best.checkpoint, checkpoint(1));
    checkpoints
        .write(&checkpoint(6))
        .expect("the next write goes well");
    let mut names = file_names(folder_of(checkpoints)).expect("the folder can be read");
    names.sort();
    let expected = [1, step, 6].map(|step| format!("step-{step:09}.ckpt"));
    assert_eq!(names, expected);
}

#[test]
fn a_write_may_stop_after_every_step() {
    for stop in 0..=STEPS.len() {
        let (_folder, checkpoints) = folder();
        let next = checkpoint(5);
        let writing = Writing {
            folder: folder_of(&checkpoints),
            retention: RETENTION,
            checkpoint: &next,
        };
        for step in &STEPS[..stop] {
            step(&writing).expect("the step can be taken");
        }
        let is_there = checkpoints.path(5).exists();
        assert_eq!(is_there, stop >= RENAMED, "after {stop} steps");
        assert_sound(&checkpoints, if is_there { 5 } else { 4 });
    }
}

#[test]
fn the_first_write_may_stop_after_every_step() {
    for stop in 0..=STEPS.len() {
        let folder = tempfile::tempdir().expect("there is room");
        let checkpoints = Checkpoints::new(folder.path().join("run"), RETENTION).expect("in range");
        let first = checkpoint(1);
        let writing = Writing {
            folder: folder_of(&checkpoints),
            retention: RETENTION,
            checkpoint: &first,
        };
        for step in &STEPS[..stop] {
            step(&writing).expect("the step can be taken");
        }
        let latest = checkpoints.latest().expect("nothing is damaged");
        let expected = (stop >= RENAMED).then_some(first);
        assert_eq!(latest.map(|found| found.checkpoint), expected);
    }
}

#[test]
fn a_write_may_stop_within_the_file() {
    let next = checkpoint(5);
    let mut bytes = Vec::new();
    next.write_to(&mut bytes).expect("memory can be written");
    for length in [0, 1, 8, 43, 44, bytes.len() - 1, bytes.len()] {
        let (_folder, checkpoints) = folder();
        let writing = Writing {
            folder: folder_of(&checkpoints),
            retention: RETENTION,
            checkpoint: &next,
        };
        fs::write(writing.beside(), &bytes[..length]).expect("the folder can be written");
        assert_sound(&checkpoints, 4);
    }
}

#[test]
fn a_write_may_stop_within_the_pruning() {
    let retention = Retention {
        last: 1,
        ..RETENTION
    };
    let next = checkpoint(5);
    for stop in 0..=2 {
        let (_folder, checkpoints) = folder();
        checkpoints
            .write(&checkpoint(2))
            .expect("the folder can be written");
        let writing = Writing {
            folder: folder_of(&checkpoints),
            retention,
            checkpoint: &next,
        };
        for step in &STEPS[..STEPS.len() - 1] {
            step(&writing).expect("the step can be taken");
        }
        let surplus = writing.surplus().expect("the folder can be read");
        assert_eq!(surplus, [2, 3, 4].map(|step| checkpoints.path(step)));
        for path in &surplus[..stop] {
            fs::remove_file(path).expect("the file is there");
        }
        assert_sound(&checkpoints, 5);
    }
}

#[test]
fn a_failed_write_leaves_what_was_there() {
    let (_folder, checkpoints) = folder();
    // A folder stands where the file should go, so that it cannot be renamed.
    fs::create_dir_all(checkpoints.path(5).join("occupied")).expect("the folder can be made");
    let error = checkpoints
        .write(&checkpoint(5))
        .expect_err("the name is taken");
    assert!(error.to_string().contains("step-000000005.ckpt"), "{error}");
    fs::remove_dir_all(checkpoints.path(5)).expect("the folder is there");
    assert_sound(&checkpoints, 4);
}
