//! What a trained classifier says of texts, and what it refuses.

#![cfg(feature = "flex")]

mod program;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use program::program;
use serde_json::Value;
use tempfile::TempDir;

/// Reviews that a small network tells apart: their words tell.
fn corpus(folder: &Path) -> PathBuf {
    let line = |index: usize| {
        let (word, label) = [("dull", "bad"), ("fine", "good")][index % 2];
        format!("film {index} is {word}\t{label}\n")
    };
    let path = folder.join("reviews.tsv");
    fs::write(&path, (0..300).map(line).collect::<String>()).expect("a corpus");
    path
}

/// A run that learned from those reviews.
fn trained(folder: &Path) -> PathBuf {
    let runs = folder.join("runs");
    let mut command = program();
    command.args(["run", "sentiment", "--quick", "--device", "flex", "--data"]);
    command.arg(corpus(folder)).arg("--runs").arg(&runs);
    for setting in [
        "training.epochs=8",
        "validation=20",
        "embedding_size=8",
        "hidden_size=8",
    ] {
        command.args(["--set", setting]);
    }
    let output = command.output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report = text
        .lines()
        .last()
        .and_then(|it| it.strip_prefix("report: "));
    let report = Path::new(report.expect("the report's path"));
    let results = fs::read_to_string(report).expect("the report");
    let results: Value = serde_json::from_str(&results).expect("valid JSON");
    assert_eq!(results["results"]["test_accuracy"], 100.0);
    assert_eq!(results["results"]["bag_of_words_accuracy"], 100.0);
    report.parent().expect("a folder").to_owned()
}

fn predict(words: &[&str], input: &[u8]) -> Output {
    let mut command = program();
    command.arg("predict").args(words);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // Bad usage ends the program before it reads.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

fn printed(words: &[&str], input: &str) -> Vec<String> {
    let output = predict(words, input.as_bytes());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(str::to_owned).collect()
}

fn refused(words: &[&str], input: &[u8], expected: &str) {
    let output = predict(words, input);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains(expected) && text.lines().count() == 1,
        "{text} has no {expected}"
    );
}

#[test]
fn a_run_says_what_texts_are_for() {
    let folder = TempDir::new().expect("a folder");
    let run = trained(folder.path());
    let run = run.to_str().expect("a path");
    let lines = printed(&[run], "film 7 is fine\n\nfilm 8 is dull\n");
    let classes: Vec<&str> = lines
        .iter()
        .map(|line| line.split('\t').next().unwrap_or(""))
        .collect();
    assert_eq!(classes, ["good", "", "bad"]);
    assert!(lines[0].ends_with("\tfilm 7 is fine"), "{}", lines[0]);
    // From a file, as JSON, by the model's own folder.
    let file = folder.path().join("texts.txt");
    fs::write(&file, "film 9 is dull\n").expect("a file");
    let model = format!("{run}/model");
    let lines = printed(&[&model, file.to_str().expect("a path"), "--json"], "");
    let line: Value = serde_json::from_str(&lines[0]).expect("valid JSON");
    assert_eq!(line["class"], "bad");
    let sum = ["bad", "good"].map(|class| line["probabilities"][class].as_f64().expect("a number"));
    assert!(
        (sum[0] + sum[1] - 1.0).abs() < 1e-9 && sum[0] > 0.5,
        "{sum:?}"
    );

    refused(
        &[run],
        b"fine\n\xff\n",
        "standard input:2: expected a line of UTF-8",
    );
    refused(&[run, "nothing.txt"], b"", "cannot read nothing.txt");
    refused(
        &[folder.path().to_str().expect("a path")],
        b"",
        "has no model; one of classes.json",
    );
    fs::write(Path::new(run).join("model/vocabulary.json"), "{").expect("a file");
    refused(&[run], b"fine\n", "vocabulary.json");
}
