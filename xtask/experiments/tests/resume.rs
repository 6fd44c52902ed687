//! A run that is killed and goes on ends as the run that was never killed, bit for bit.
//!
//! `RECURRA_KILLS=50 cargo test --release -p recurra-experiments --test resume` kills it more often.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use recurra_cells::SeededRng;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_recurra-experiments");
/// Small, but with dropout, a text that begins anew, and a checkpoint after every other step.
const SETTINGS: [&str; 10] = [
    "steps=60",
    "validate_every=15",
    "checkpoint_every=2",
    "dropout=0.2",
    "hidden_size=24",
    "embedding_size=8",
    "window=16",
    "batch_size=8",
    "generated_characters=6000",
    "sample.tokens=40",
];

/// What else there is to be resumed: Adam's moments, or averaged weights (the learning rate is one at which validation
/// stalls at once) and random windows.
const ADAM: [&str; 2] = ["optimizer=adam", "accumulate=2"];
const NT_ASGD: [&str; 7] = [
    "optimizer=sgd",
    "learning_rate=15",
    "validate_every=4",
    "averaging=1",
    "window_lengths=random",
    "weight_drop=0.2",
    "schedule=constant",
];

fn begin(device: &str, optimizer: &[&str], runs: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.args(["run", "language-model", "--cell", "gru", "--seeds", "2"]);
    command.args(["--device", device, "--runs"]).arg(runs);
    for setting in SETTINGS.iter().chain(optimizer) {
        command.args(["--set", *setting]);
    }
    command
}

fn resume(run: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.args(["run", "language-model", "--resume"]).arg(run);
    command
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the program starts")
}

fn finish(command: Command) {
    let status = start(command).wait().expect("the program ends");
    assert!(status.success(), "{status}");
}

/// The one run in this folder, once it is there with what a resumption reads.
fn run_in(runs: &Path) -> Option<PathBuf> {
    let mut entries = fs::read_dir(runs.join("language-model")).ok()?;
    let run = entries.next()?.ok()?.path();
    run.join("arguments.json").is_file().then_some(run)
}

/// Kills a run after a while, unless it has ended before.
fn kill(mut child: Child, after: Duration) {
    sleep(after);
    child.kill().expect("a child may be killed");
    child.wait().expect("and is then gone");
}

/// What must not differ: the weights, the metrics, and the results but for what a clock measured.
fn outcome(run: &Path) -> (Vec<u8>, String, serde_json::Value) {
    let file = fs::read(run.join("model/model.safetensors")).expect("the weights");
    // burn writes the entries of the header's metadata in an order that changes from process to process.
    let (length, rest) = file.split_first_chunk().expect("the header's length");
    let weights = rest[u64::from_le_bytes(*length) as usize..].to_vec();
    let metrics = fs::read_to_string(run.join("metrics.jsonl")).expect("the metrics");
    let report = fs::read_to_string(run.join("report.json")).expect("the report");
    let mut report: serde_json::Value = serde_json::from_str(&report).expect("valid JSON");
    let results = report["results"].as_object_mut().expect("the results");
    results.retain(|name, _| !name.starts_with("tokens_per_second"));
    (weights, metrics, report["results"].take())
}

fn kills() -> usize {
    let kills = std::env::var("RECURRA_KILLS").ok();
    kills.map_or(4, |kills| kills.parse().expect("RECURRA_KILLS is a number"))
}

fn a_killed_run_goes_on(device: &str, optimizer: &[&str]) {
    let (whole, killed) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    finish(begin(device, optimizer, whole.path()));
    let expected = outcome(&run_in(whole.path()).expect("a run"));
    let averages = optimizer.contains(&"averaging=1");
    assert_eq!(expected.1.contains("\"averaged\":true"), averages);
    let mut rng = SeededRng::new(5);
    let mut pause = || Duration::from_millis(20 + rng.below(400) as u64);
    let first = start(begin(device, optimizer, killed.path()));
    while run_in(killed.path()).is_none() {
        sleep(Duration::from_millis(1));
    }
    kill(first, pause());
    let run = run_in(killed.path()).expect("a run");
    for _ in 1..kills() {
        kill(start(resume(&run)), pause());
    }
    finish(resume(&run));
    assert_eq!(outcome(&run), expected);
}

#[cfg(feature = "flex")]
#[test]
fn a_killed_run_goes_on_flex() {
    a_killed_run_goes_on("flex", &ADAM);
}

#[cfg(feature = "flex")]
#[test]
fn a_killed_run_with_averages_goes_on_flex() {
    a_killed_run_goes_on("flex", &NT_ASGD);
}

#[cfg(feature = "ndarray")]
#[test]
fn a_killed_run_goes_on_ndarray() {
    a_killed_run_goes_on("ndarray", &ADAM);
}

#[cfg(feature = "ndarray")]
#[test]
fn a_killed_run_with_averages_goes_on_ndarray() {
    a_killed_run_goes_on("ndarray", &NT_ASGD);
}

#[test]
fn a_folder_that_is_no_run_is_named() {
    let folder = TempDir::new().unwrap();
    let output = resume(folder.path()).output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains("config.toml") && text.contains(&folder.path().display().to_string()),
        "{text}"
    );
}
