//! The experiments that compare cells, on data that the project makes and sizes of seconds: what they report, and what they
//! refuse.

#![cfg(feature = "flex")]

mod program;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use program::program;
use serde_json::Value;
use tempfile::TempDir;

fn start(experiment: &str, runs: &Path, words: &[&str]) -> Output {
    let mut command = program();
    command.args(["run", experiment, "--quick", "--device", "flex", "--runs"]);
    command
        .arg(runs)
        .args(words)
        .output()
        .expect("the program starts")
}

/// The report of a run that ended well, and its folder.
fn report(output: &Output) -> (Value, PathBuf) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().expect("a last line");
    let path = Path::new(last.strip_prefix("report: ").expect("the report's path"));
    let report = fs::read_to_string(path).expect("the report");
    let folder = path.parent().expect("a folder").to_owned();
    (serde_json::from_str(&report).expect("valid JSON"), folder)
}

/// What the model of a run says of a line, as text and as JSON.
fn predicted(run: &Path, line: &str) -> (String, Value) {
    let said = |flags: &[&str]| {
        let mut command = program();
        command.arg("predict").arg(run).args(["--device", "flex"]);
        command.args(flags).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut input = child.stdin.take().expect("a standard input");
        writeln!(input, "{line}").expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("the program ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).expect("text")
    };
    let json = serde_json::from_str(&said(&["--json"])).expect("valid JSON");
    (said(&[]), json)
}

/// Runs an experiment with these settings, in a folder that is left to be looked at; its results have these names, its page
/// these words, its model these files.
fn an_experiment_reports(
    experiment: &str,
    settings: &[&str],
    (names, words, files): (&[&str], &[&str], &[&str]),
) -> (Value, PathBuf, TempDir) {
    let runs = TempDir::new().expect("a folder");
    let settings = settings.iter().flat_map(|setting| ["--set", setting]);
    let settings: Vec<&str> = settings.collect();
    let (report, folder) = report(&start(experiment, runs.path(), &settings));
    assert_eq!(report["status"], "ok");
    let results = report["results"].clone();
    for name in names.iter().chain(&["parameters", "peak_memory_mib"]) {
        assert!(results[name].is_f64(), "{name}: {results}");
    }
    let page = fs::read_to_string(folder.join("report.html")).expect("the page");
    for word in words.iter().chain(&["<svg", "Learning rate"]) {
        assert!(page.contains(word), "{word}: {page}");
    }
    for file in files.iter().chain(&["config.json", "model.safetensors"]) {
        assert!(folder.join("model").join(file).is_file(), "{file}");
    }
    (results, folder, runs)
}

#[test]
fn series_are_forecast() {
    let settings = [
        "horizons=[2, 4]",
        "window=24",
        "generated_steps=1000",
        "hidden_size=4",
        "judge_every=20",
        "training.learning_rate=0.01",
    ];
    let names = [
        "valid_mse",
        "test_mse_2",
        "test_mae_4",
        "naive_mse_4",
        "seasonal_mse_2",
        "linear_mae_2",
    ];
    let words = ["as the last day", "linear map", "steps ahead"];
    let (_, run, _runs) =
        an_experiment_reports("forecasting", &settings, (&names, &words, &["scales.json"]));
    let table = run.join("table.csv");
    let steps = (0..30).map(|step| format!("{step},{},1,{}\n", step % 5, 0.1 * f64::from(step)));
    let text = format!("date,y1,y2,y3\n{}", steps.collect::<String>());
    fs::write(&table, text).expect("a table");
    let (text, json) = predicted(&run, table.to_str().expect("a path"));
    assert_eq!(text.lines().count(), 5, "{text}");
    assert_eq!(text.lines().next(), Some("step,y1,y2,y3"));
    assert_eq!(
        json["forecast"]["y3"].as_array().map(Vec::len),
        Some(4),
        "{json}"
    );
}

#[test]
fn digits_are_told_pixel_by_pixel() {
    let settings = ["generated_images=40", "validation=10", "parameters=2000"];
    let names = ["valid_accuracy", "test_accuracy", "perceptron_accuracy"];
    let words = ["perceptron", "what it was taken for"];
    let (_, run, _runs) =
        an_experiment_reports("pixel-mnist", &settings, (&names, &words, &["images.json"]));
    // Two dark images of the size that was learned from.
    let header = [0x803, 2, 14, 14].map(u32::to_be_bytes).concat();
    let file = run.join("images-idx3-ubyte");
    fs::write(&file, [header, vec![0; 2 * 14 * 14]].concat()).expect("images");
    let (text, json) = predicted(&run, file.to_str().expect("a path"));
    assert_eq!(text.lines().count(), 2, "{text}");
    assert_eq!(json["digits"].as_array().map(Vec::len), Some(2), "{json}");
}

#[test]
fn the_next_chord_is_told() {
    let settings = ["generated_pieces=8", "parameters=12000", "epochs=2"];
    let (_, run, _runs) =
        an_experiment_reports("music", &settings, (&["test_nll"], &[], &["notes.json"]));
    let (_, json) = predicted(&run, "[[60, 64, 67], [], [62, 65]]");
    let probabilities = json["probabilities"].as_object().expect("an object");
    assert_eq!(probabilities.len(), 88, "{json}");
    let probable = |it: &Value| it.as_f64().is_some_and(|it| it >= 0.5);
    let told = probabilities.values().filter(|it| probable(it)).count();
    assert_eq!(json["next"].as_array().map(Vec::len), Some(told), "{json}");
}

#[test]
fn words_are_tagged() {
    let settings = [
        "generated_sentences=200",
        "embedding_size=8",
        "character_embedding_size=8",
        "character_hidden_size=12",
        "hidden_size=12",
        "training.epochs=6",
        "training.batch_size=8",
        "training.learning_rate=0.02",
    ];
    let names = [
        "dev_accuracy",
        "test_accuracy",
        "test_unknown_accuracy",
        "lexicon_accuracy",
    ];
    let files = ["vocabulary.json", "characters.json", "tags.json"];
    let words = ["what it was taken for", "Mistakes"];
    let (results, run, _runs) =
        an_experiment_reports("tagging", &settings, (&names, &words, &files));
    let value = |name: &str| results[name].as_f64().expect("a number");
    // Endings and places tell what words are that nobody has seen.
    assert!(
        value("test_accuracy") > value("lexicon_accuracy") + 5.0,
        "{results}"
    );
    let (text, json) = predicted(&run, "the plan");
    assert!(text.starts_with("the/DET plan/"), "{text}");
    assert_eq!(json["tags"][0], "DET", "{json}");
}

#[test]
fn a_field_finds_tags_as_well() {
    let settings = [
        "decoder=crf",
        "generated_sentences=40",
        "embedding_size=4",
        "character_embedding_size=4",
        "character_hidden_size=4",
        "hidden_size=4",
    ];
    an_experiment_reports("tagging", &settings, (&["test_accuracy"], &[], &[]));
}

#[test]
fn sentences_are_translated() {
    let settings = [
        "generated_pairs=60",
        "subwords=150",
        "embedding_size=8",
        "hidden_size=8",
        "beam=2",
        "longest=8",
        "training.epochs=1",
    ];
    let files = ["source-tokenizer.json", "target-tokenizer.json"];
    let names = ["valid_bleu", "test_bleu", "word_by_word_bleu"];
    let words = ["word by word", "reference"];
    let (_, run, _runs) = an_experiment_reports("translation", &settings, (&names, &words, &files));
    let (text, json) = predicted(&run, "the farmer sees a dog .");
    assert_eq!(
        text.trim_end(),
        json["translation"].as_str().expect("a translation")
    );
}

/// Half a second of a buzz.
fn wav(rate: u32) -> Vec<u8> {
    let samples = (0..rate / 2).flat_map(|step| ((step % 40) as i16 * 500).to_le_bytes());
    let samples: Vec<u8> = samples.collect();
    let length = samples.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    // Integers, one channel.
    file.extend([1, 0, 1, 0]);
    file.extend(rate.to_le_bytes());
    file.extend((2 * rate).to_le_bytes());
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}

#[test]
fn spoken_digits_are_recognised() {
    let settings = [
        "generated_recordings=15",
        "strings=24",
        "judged=6",
        "longest=2",
        "hidden_size=4",
        "bands=8",
        "unseen_speaker=true",
        "training.epochs=1",
    ];
    let names = [
        "valid_wer",
        "test_wer",
        "unseen_speaker_wer",
        "nearest_spectrum_digit_error",
    ];
    let words = ["unseen speaker", "recognised"];
    let (_, run, _runs) =
        an_experiment_reports("speech", &settings, (&names, &words, &["features.json"]));
    let path = run.join("noise.wav");
    fs::write(&path, wav(8000)).expect("a recording");
    let (text, json) = predicted(&run, path.to_str().expect("a path"));
    let digits = json["digits"].as_array().expect("digits");
    assert_eq!(text.split_whitespace().count(), digits.len(), "{text}");
}

#[test]
fn what_cannot_be_run_is_refused_in_a_line() {
    let runs = TempDir::new().expect("a folder");
    let empty = TempDir::new().expect("a folder");
    let path = empty.path().to_str().expect("a path");
    for (experiment, words, expected) in [
        (
            "forecasting",
            ["--set", "window=25"],
            "a multiple of segment",
        ),
        (
            "forecasting",
            ["--set", "window=480"],
            "each part of the series",
        ),
        (
            "forecasting",
            ["--set", "horizons=[]"],
            "horizons must be at least 1",
        ),
        ("forecasting", ["--data", path], path),
        ("pixel-mnist", ["--set", "order=columns"], "permuted"),
        (
            "pixel-mnist",
            ["--data", path],
            "train-images-idx3-ubyte.gz",
        ),
        ("tagging", ["--set", "decoder=hmm"], "softmax"),
        ("tagging", ["--data", path], "train.conllu"),
        (
            "translation",
            ["--set", "subwords=9"],
            "subwords must be at least 100",
        ),
        ("translation", ["--data", path], path),
        (
            "speech",
            ["--set", "longest=0"],
            "longest must be at least 1",
        ),
        ("speech", ["--data", path], "wav"),
        (
            "speech",
            ["--set", "training.epochs=0"],
            "training.epochs must be at least 1",
        ),
        ("tagging", ["--set", "epochs=1"], "training.epochs"),
    ] {
        let small = ["--set", "generated_steps=1000"];
        let small: &[&str] = if words[1] == "window=480" {
            &small
        } else {
            &[]
        };
        let output = start(experiment, runs.path(), &[small, &words].concat());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{experiment} {words:?}: {text}"
        );
        assert!(
            text.contains(expected) && text.lines().count() == 1,
            "{experiment} {words:?}: {text}"
        );
    }
    let mut left = fs::read_dir(runs.path()).expect("the folder");
    assert!(left.next().is_none());
}
