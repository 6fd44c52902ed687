//! A run that is killed and goes on ends as the run that was never killed, bit for bit.
//!
//! `RECURRA_KILLS=50 cargo test --release -p recurra-experiments --test resume` kills it more often.

mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use program::program;
use recurra_cells::SeededRng;
use serde_json::Value;
use tempfile::TempDir;

/// An experiment with what it is told.
struct Case {
    experiment: &'static str,
    settings: Vec<&'static str>,
}

/// Small, but with dropout, a text that begins anew, and a checkpoint after every other step.
const LANGUAGE_MODEL: [&str; 10] = [
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

/// Three steps an epoch, each with an order of its own and a checkpoint at its end.
const MUSIC: [&str; 6] = [
    "epochs=12",
    "validate_every=1",
    "batch_size=3",
    "generated_pieces=8",
    "parameters=8000",
    "sample.drawn=8",
];

/// Seven steps an epoch of texts of all lengths, with four validations and checkpoints.
const SENTIMENT: [&str; 10] = [
    "training.epochs=8",
    "training.batch_size=16",
    "generated_texts=100",
    "validation=20",
    "embedding_size=8",
    "hidden_size=6",
    "hidden_layer=5",
    "training.dropout.input=0.2",
    "training.dropout.words=0.1",
    "training.dropout.recurrent=0.2",
];

/// A perceptron, and three trainings of which each begins with what the one before has learned of smaller images; those of all
/// parts are drawn anew when the run goes on.
const PIXEL_MNIST: [&str; 8] = [
    "order=pixels",
    "smaller_epochs=[4,2]",
    "generated_images=60",
    "validation=12",
    "parameters=2000",
    "training.epochs=2",
    "training.batch_size=16",
    "training.dropout.output=0.2",
];

fn language_model(optimizer: &[&'static str]) -> Case {
    Case {
        experiment: "language-model",
        settings: [&LANGUAGE_MODEL, optimizer].concat(),
    }
}

fn music() -> Case {
    Case {
        experiment: "music",
        settings: MUSIC.to_vec(),
    }
}

fn pixel_mnist() -> Case {
    Case {
        experiment: "pixel-mnist",
        settings: PIXEL_MNIST.to_vec(),
    }
}

fn sentiment() -> Case {
    Case {
        experiment: "sentiment",
        settings: SENTIMENT.to_vec(),
    }
}

fn begin(device: &str, case: &Case, runs: &Path) -> Command {
    let mut command = program();
    command.args(["run", case.experiment, "--cell", "gru", "--seeds", "2"]);
    command.args(["--device", device, "--runs"]).arg(runs);
    for setting in &case.settings {
        command.args(["--set", *setting]);
    }
    command
}

fn resume(experiment: &str, run: &Path) -> Command {
    let mut command = program();
    command.args(["run", experiment, "--resume"]).arg(run);
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
fn run_in(runs: &Path, experiment: &str) -> Option<PathBuf> {
    let mut entries = fs::read_dir(runs.join(experiment)).ok()?;
    let run = entries.next()?.ok()?.path();
    run.join("arguments.json").is_file().then_some(run)
}

/// Kills a run after a while, unless it has ended before.
fn kill(mut child: Child, after: Duration) {
    sleep(after);
    child.kill().expect("a child may be killed");
    child.wait().expect("and is then gone");
}

/// What must not differ: the weights, the metrics, and the results, but for time and memory.
fn outcome(run: &Path) -> (Vec<u8>, Vec<Value>, Value) {
    let file = fs::read(run.join("model/model.safetensors")).expect("the weights");
    // burn writes the entries of the header's metadata in an order that changes from process to process.
    let (length, rest) = file.split_first_chunk().expect("the header's length");
    let weights = rest[u64::from_le_bytes(*length) as usize..].to_vec();
    let metrics = fs::read_to_string(run.join("metrics.jsonl")).expect("the metrics");
    let metrics = metrics.lines().map(|line| without_costs(parse(line)));
    let report = fs::read_to_string(run.join("report.json")).expect("the report");
    let results = without_costs(parse(&report)["results"].take());
    (weights, metrics.collect(), results)
}

fn parse(json: &str) -> Value {
    serde_json::from_str(json).expect("valid JSON")
}

fn without_costs(mut object: Value) -> Value {
    let values = object.as_object_mut().expect("an object");
    values.retain(|name, _| !name.contains("per_second") && !name.contains("memory"));
    object
}

fn kills() -> usize {
    let kills = std::env::var("RECURRA_KILLS").ok();
    kills.map_or(4, |kills| kills.parse().expect("RECURRA_KILLS is a number"))
}

fn a_killed_run_goes_on(device: &str, case: &Case) {
    let (whole, killed) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    finish(begin(device, case, whole.path()));
    let expected = outcome(&run_in(whole.path(), case.experiment).expect("a run"));
    let averages = case.settings.contains(&"averaging=1");
    let averaged = expected.1.iter().any(|line| line["averaged"] == true);
    assert_eq!(averaged, averages);
    let mut rng = SeededRng::new(5);
    let mut pause = || Duration::from_millis(20 + rng.below(400) as u64);
    let first = start(begin(device, case, killed.path()));
    while run_in(killed.path(), case.experiment).is_none() {
        sleep(Duration::from_millis(1));
    }
    kill(first, pause());
    let run = run_in(killed.path(), case.experiment).expect("a run");
    for _ in 1..kills() {
        kill(start(resume(case.experiment, &run)), pause());
    }
    finish(resume(case.experiment, &run));
    assert_eq!(outcome(&run), expected);
}

#[cfg(feature = "flex")]
#[test]
fn a_killed_run_goes_on_flex() {
    a_killed_run_goes_on("flex", &language_model(&ADAM));
}

#[cfg(feature = "flex")]
#[test]
fn a_killed_run_with_averages_goes_on_flex() {
    a_killed_run_goes_on("flex", &language_model(&NT_ASGD));
}

#[cfg(feature = "flex")]
#[test]
fn a_killed_run_of_music_goes_on_flex() {
    a_killed_run_goes_on("flex", &music());
}

#[cfg(feature = "flex")]
#[test]
fn a_killed_run_of_several_models_goes_on_flex() {
    a_killed_run_goes_on("flex", &pixel_mnist());
}

#[cfg(feature = "flex")]
#[test]
fn a_killed_run_of_sentiment_goes_on_flex() {
    a_killed_run_goes_on("flex", &sentiment());
}

#[cfg(feature = "ndarray")]
#[test]
fn a_killed_run_of_sentiment_goes_on_ndarray() {
    a_killed_run_goes_on("ndarray", &sentiment());
}

#[cfg(feature = "ndarray")]
#[test]
fn a_killed_run_goes_on_ndarray() {
    a_killed_run_goes_on("ndarray", &language_model(&ADAM));
}

#[cfg(feature = "ndarray")]
#[test]
fn a_killed_run_with_averages_goes_on_ndarray() {
    a_killed_run_goes_on("ndarray", &language_model(&NT_ASGD));
}

#[cfg(feature = "ndarray")]
#[test]
fn a_killed_run_of_music_goes_on_ndarray() {
    a_killed_run_goes_on("ndarray", &music());
}

fn refusal(experiment: &str, run: &Path) -> String {
    let output = resume(experiment, run).output();
    let output = output.expect("the program starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    text
}

#[test]
fn a_folder_that_is_no_run_is_named() {
    let folder = TempDir::new().unwrap();
    let text = refusal("language-model", folder.path());
    let name = folder.path().display().to_string();
    assert!(
        text.contains("config.toml") && text.contains(&name),
        "{text}"
    );
}

#[test]
fn a_run_of_another_experiment_is_not_gone_on_with() {
    let runs = TempDir::new().unwrap();
    let mut command = program();
    command.args(["run", "music", "--runs"]).arg(runs.path());
    command.args(["--set", "epochs=1", "--set", "generated_pieces=2"]);
    command.args(["--set", "parameters=8000"]);
    finish(command);
    let run = run_in(runs.path(), "music").expect("a run");
    let text = refusal("language-model", &run);
    assert!(text.contains("run music --resume"), "{text}");
}
