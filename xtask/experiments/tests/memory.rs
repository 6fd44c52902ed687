//! The experiments on memory, on sizes of seconds: what they find, how they go on, and what they refuse.

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
    command.arg("run").args(words);
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

/// `far` is whether a distance of 90 is solved as well, before so many updates are spent.
fn a_short_distance_is_solved(name: &str, (updates, far): (f64, bool), settings: &[&str]) {
    let runs = TempDir::new().expect("a folder");
    let folder = runs.path().to_str().expect("a path");
    let mut words = vec![name, "--device", "flex", "--cell", "gru", "--runs", folder];
    let most = format!("updates={updates}");
    for setting in SMALL.iter().chain(settings).copied().chain([most.as_str()]) {
        words.extend(["--set", setting]);
    }
    let (first, run) = results(&start(&words));
    let name_at = |metric: &str, distance: usize| format!("gru_{metric}_at_{distance}");
    for (distance, solved) in [(2, true), (90, far)] {
        let found = &first[name_at("solved", distance)];
        assert_eq!(found, f64::from(u8::from(solved)), "{first}");
        let made = first[name_at("updates", distance)]
            .as_f64()
            .expect("a number");
        assert_eq!(made < updates, solved, "{first}");
    }
    let page = fs::read_to_string(run.join("report.html")).expect("the page");
    assert!(
        page.contains("solved after") && page.contains("T = 90"),
        "{page}"
    );
    // A run that was stopped before its last distance has the first from its folder.
    fs::remove_file(run.join("gru-90-1.json")).expect("the last distance");
    let kept = fs::read(run.join("gru-2-1.json")).expect("the first");
    let resumed = start(&[name, "--resume", run.to_str().expect("a path")]);
    assert_eq!(results(&resumed).0, first);
    assert_eq!(fs::read(run.join("gru-2-1.json")).expect("the first"), kept);
}

const SMALL: [&str; 4] = [
    "distances=[2, 90]",
    "judge_every=20",
    "judged=50",
    "hidden_size=16",
];

#[test]
fn numbers_are_added() {
    let settings = ["learning_rate=0.02", "solved_below=0.005"];
    a_short_distance_is_solved("adding", (100.0, false), &settings);
}

#[test]
fn symbols_are_repeated() {
    // Whoever guesses tells 7 of 8 wrongly.
    let settings = [
        "learning_rate=0.04",
        "schedule=constant",
        "solved_below=0.82",
    ];
    a_short_distance_is_solved("copy-memory", (300.0, true), &settings);
}

#[test]
fn what_cannot_be_run_is_refused_in_a_line() {
    let runs = TempDir::new().expect("a folder");
    let folder = runs.path().to_str().expect("a path");
    for (words, expected) in [
        (["--data", "x"], "makes its own sequences"),
        (["--set", "distances=[1]"], "distances must be at least 2"),
        (["--set", "distances=[]"], "distances must be at least 1"),
        (["--set", "updates=0"], "updates must be at least 1"),
        (["--set", "gate_biases=none"], "chrono"),
    ] {
        let output = start(&[&["adding", "--runs", folder][..], &words].concat());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(
            text.contains(expected) && text.lines().count() == 1,
            "{text}"
        );
    }
    assert!(
        fs::read_dir(runs.path())
            .expect("the folder")
            .next()
            .is_none()
    );
}
