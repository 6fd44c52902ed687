//! The experiment that measures claims, on sizes of seconds: what it reports, how it goes on, and what it refuses.

#![cfg(feature = "flex")]

mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use program::program;
use serde_json::Value;
use tempfile::TempDir;

fn start(words: &[&str]) -> Output {
    let mut command = program();
    command.args(["run", "compare"]).args(words);
    command.output().expect("the program starts")
}

/// The results of a run that ended well, and its folder.
fn results(output: &Output) -> (Value, PathBuf) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().expect("a last line");
    let path = Path::new(last.strip_prefix("report: ").expect("the report's path"));
    let report = fs::read_to_string(path).expect("the report");
    let report: Value = serde_json::from_str(&report).expect("valid JSON");
    let folder = path.parent().expect("a folder").to_owned();
    (report["results"].clone(), folder)
}

#[test]
fn claims_are_measured_and_kept() {
    let runs = TempDir::new().expect("a folder");
    let folder = runs.path().to_str().expect("a path");
    let mut words = vec!["--quick", "--device", "flex", "--runs", folder];
    for setting in [
        "claims=[\"parameters\", \"sigmoid_bound\", \"forget_decay\", \"orthogonal_start\"]",
        "timed=[1, 2, 3, 5]",
        "gradient_steps=20",
        "distances=[4]",
        "updates=4",
        "judge_every=2",
        "hidden_size=4",
    ] {
        words.extend(["--set", setting]);
    }
    let (first, run) = results(&start(&words));
    // H(D + H + 1) is 45 for D = 3 and H = 5.
    for (cell, parameters) in [("rnn", 45), ("gru", 140), ("lstm", 180), ("peephole", 195)] {
        let counted = &first[format!("parameters_{cell}_parameters")];
        assert_eq!(counted, f64::from(parameters), "{first}");
    }
    assert_eq!(first["parameters_holds"], 1.0);
    let factor = first["sigmoid_bound_rnn_factor_a_step"]
        .as_f64()
        .expect("a factor");
    assert_eq!(
        first["sigmoid_bound_holds"],
        f64::from(u8::from(factor <= 0.25))
    );
    // Nothing is learned in four updates, which says nothing of the claim.
    assert_eq!(first["orthogonal_start_normal_updates"], 4.0);
    assert!(first.get("orthogonal_start_holds").is_none(), "{first}");
    let page = fs::read_to_string(run.join("report.html")).expect("the page");
    assert!(
        page.contains("holds here") && page.contains("undecided"),
        "{page}"
    );
    // A run that was stopped before its last claim has the others from its folder.
    fs::remove_file(run.join("claim-orthogonal_start-1.json")).expect("the last claim");
    let kept = fs::read(run.join("claim-parameters-1.json")).expect("the first");
    let resumed = start(&["--resume", run.to_str().expect("a path")]);
    assert_eq!(results(&resumed).0, first);
    let now = fs::read(run.join("claim-parameters-1.json")).expect("the first");
    assert_eq!(now, kept);
}

#[test]
fn what_cannot_be_run_is_refused_in_a_line() {
    let runs = TempDir::new().expect("a folder");
    let folder = runs.path().to_str().expect("a path");
    for (words, expected) in [
        (["--data", "x"], "makes its own data"),
        (["--set", "claims=[]"], "claims must be at least 1"),
        (["--set", "claims=[\"taste\"]"], "sigmoid_bound"),
        (["--set", "distances=[20, 10]"], "the shortest first"),
        (["--set", "timed=[1, 0, 1, 1]"], "at least 1, each"),
        (["--set", "long_steps=100"], "a multiple of 128"),
    ] {
        let output = start(&[&["--runs", folder][..], &words].concat());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(
            text.contains(expected) && text.lines().count() == 1,
            "{text}"
        );
    }
    let runs = fs::read_dir(runs.path()).expect("the folder");
    assert_eq!(runs.count(), 0);
}
