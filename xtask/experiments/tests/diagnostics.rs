//! The two experiments about backpropagation itself, on sizes of seconds: each in a process of its own, because they count
//! that process's memory and choose its path.

#![cfg(feature = "flex")]

mod program;

use std::fs;

use program::program;
use serde_json::Value;
use tempfile::TempDir;

/// The results of a run with these words and settings, and its page.
fn run(words: &[&str], settings: &[&str]) -> (Value, String) {
    let runs = TempDir::new().expect("a folder");
    let mut command = program();
    command.arg("run").args(words);
    command
        .args(["--device", "flex", "--runs"])
        .arg(runs.path());
    for setting in settings {
        command.args(["--set", setting]);
    }
    let output = command.output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).expect("text");
    let last = text.lines().last().expect("a last line");
    let path = last.strip_prefix("report: ").expect("the report's path");
    let report = fs::read_to_string(path).expect("the report");
    let report: Value = serde_json::from_str(&report).expect("valid JSON");
    assert_eq!(report["status"], "ok");
    let page = fs::read_to_string(path.replace(".json", ".html")).expect("the page");
    (report["results"].clone(), page)
}

fn number(results: &Value, name: &str) -> f64 {
    let number = results[name].as_f64();
    number.unwrap_or_else(|| panic!("{name} is missing from {results}"))
}

#[test]
fn gradients_of_fresh_gates_reach_farther_than_those_of_a_plain_cell() {
    let settings = [
        "steps=30",
        "updates=3",
        "hidden_size=12",
        "test_sequences=8",
    ];
    let (results, page) = run(&["vanishing-gradients"], &settings);
    for cell in ["rnn", "lstm", "peephole", "gru"] {
        let metric = |name: &str| number(&results, &format!("{cell}_{name}"));
        assert!((0.0..=1.0).contains(&metric("test_accuracy")));
        assert!(metric("decay_trained") > 0.0 && metric("farthest_norm_trained") > 0.0);
        if cell != "rnn" {
            assert!(
                metric("decay_at_init") > metric("decay_usual_biases"),
                "{results}"
            );
            assert!(
                metric("decay_at_init") > number(&results, "rnn_decay_at_init"),
                "{results}"
            );
        }
    }
    assert_eq!(page.matches("<svg").count(), 3);
}

/// No test measures time; memory is the same every time but for the threads' own.
#[test]
fn windows_need_the_memory_of_a_window_however_long_the_sequence() {
    let sizes = [
        "window=8",
        "steps=256",
        "batch_size=4",
        "input_size=8",
        "hidden_size=16",
        "rounds=1",
    ];
    let (results, page) = run(&["long-sequences"], &sizes);
    let metric = |name: &str| number(&results, name);
    assert!(metric("memory_ratio") > 4.0, "{results}");
    let window = metric("window_peak_mib");
    for longer in [
        "window_peak_mib_1024",
        "window_peak_mib_4096",
        "updated_peak_mib_4096",
    ] {
        assert!(metric(longer) < 1.25 * window, "{results}");
    }
    // What is measured lies near the line through the shorter sequences.
    let limited = [sizes.as_slice(), &["memory_limit_mib=0.001"]].concat();
    let (estimates, _) = run(&["long-sequences"], &limited);
    let estimate = number(&estimates, "full_peak_mib_4096_estimated");
    assert!(
        (estimate / metric("full_peak_mib_4096") - 1.0).abs() < 0.1,
        "{estimate} {results}"
    );
    assert_eq!(page.matches("<svg").count(), 1);
}
