//! The experiments that distil, on sizes of seconds: what a run leaves behind, how it goes on, and what it refuses.

#![cfg(feature = "flex")]

mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use program::program;
use recurra_datasets::labelled::{Difficulty, LabelledCorpus};
use serde_json::{Value, json};
use tempfile::TempDir;

const ALL_ARMS: &str = r#"arms=["student", "pseudo", "distilled", "augmented"]"#;

/// A distillation of a second.
const SMALL: [&str; 10] = [
    "labels=12",
    "pool=40",
    "teacher.labels=60",
    "teacher.epochs=1",
    "teacher.hidden_size=8",
    "student.hidden_size=4",
    "student.embedding_size=4",
    "student.epochs=1",
    "student.least_steps=4",
    "latency_rounds=2",
];

fn start(words: &[&str], settings: &[&str], runs: &Path) -> Output {
    let mut command = program();
    command.arg("run").args(words);
    command.args(["--device", "flex", "--runs"]).arg(runs);
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.output().expect("the program starts")
}

/// The report of a run that ended well, and its folder.
fn report(output: &Output) -> (Value, PathBuf) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().expect("a last line");
    let path = Path::new(last.strip_prefix("report: ").expect("the report's path"));
    let report = fs::read_to_string(path).expect("the report");
    let report: Value = serde_json::from_str(&report).expect("valid JSON");
    assert_eq!(report["status"], "ok");
    (report, path.parent().expect("a folder").to_owned())
}

/// The metrics but for those that are times.
fn untimed(report: &Value) -> Vec<(String, f64)> {
    let results = report["results"].as_object().expect("results");
    let untimed = results.iter().filter(|(name, _)| !name.contains("batch"));
    untimed
        .map(|(name, value)| (name.clone(), value.as_f64().expect("a number")))
        .collect()
}

#[test]
fn a_run_has_every_arm_and_the_same_seed_gives_the_same() {
    let runs = TempDir::new().expect("a folder");
    let further = ["curve=[6]", "teacher.self_training=20", ALL_ARMS];
    let settings: Vec<&str> = SMALL.into_iter().chain(further).collect();
    let (first, folder) = report(&start(
        &["quickstart", "--cell", "gru"],
        &settings,
        runs.path(),
    ));
    let metrics = untimed(&first);
    for name in [
        "teacher_accuracy",
        "student_accuracy",
        "pseudo_label_accuracy",
        "distilled_accuracy",
        "augmented_accuracy",
        "bag_of_words_accuracy",
        "student_accuracy_at_6",
    ] {
        let found = metrics.iter().find(|(metric, _)| metric == name);
        let value = found.unwrap_or_else(|| panic!("{name} is missing")).1;
        assert!((0.0..=100.0).contains(&value), "{name} {value}");
    }
    assert!(first["results"]["speedup_batch32"].as_f64() > Some(0.0));
    for file in [
        "model/config.json",
        "model/model.safetensors",
        "model/vocabulary.json",
        "model/classes.json",
        "teacher-60-1/model.safetensors",
        "self-trained-teacher-60-1/model.safetensors",
    ] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let page = fs::read_to_string(folder.join("report.html")).expect("the page");
    for text in [
        "student alone",
        "distilled student",
        "bag of words",
        "60 labelled texts",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let (second, _) = report(&start(
        &["quickstart", "--cell", "gru"],
        &settings,
        runs.path(),
    ));
    assert_eq!(untimed(&second), metrics);
}

/// A run that was killed before its last arm, or within its teacher's training, goes on to what it would have come to.
#[test]
fn a_run_goes_on_from_what_is_finished() {
    let runs = TempDir::new().expect("a folder");
    let (whole, folder) = report(&start(&["quickstart"], &SMALL, runs.path()));
    let resume = || {
        let mut command = program();
        command.args(["run", "quickstart", "--resume"]).arg(&folder);
        report(&command.output().expect("the program starts")).0
    };
    let written = |file: &str| {
        fs::metadata(folder.join(file))
            .and_then(|it| it.modified())
            .ok()
    };
    let before = ["student-12-1.json", "teacher-60-1/model.safetensors"].map(written);
    fs::remove_file(folder.join("distilled-12-1.json")).expect("the last arm");
    fs::remove_dir_all(folder.join("distilled-12-1")).expect("its weights");
    assert_eq!(untimed(&resume()), untimed(&whole));
    let after = ["student-12-1.json", "teacher-60-1/model.safetensors"].map(written);
    assert_eq!(before, after);
    fs::remove_file(folder.join("teacher-60-1/training.json"))
        .expect("the mark of a whole teacher");
    for arm in ["student", "pseudo", "distilled"] {
        fs::remove_file(folder.join(format!("{arm}-12-1.json"))).expect("an arm");
    }
    assert_eq!(untimed(&resume()), untimed(&whole));
}

/// Labelled texts and a teacher's soft labels of them, as files.
struct Files {
    folder: TempDir,
    texts: Vec<(String, usize)>,
}

impl Files {
    fn new() -> Self {
        let reviews = LabelledCorpus::generated_reviews(5, 150, Difficulty::Negation);
        let texts: Vec<_> = reviews
            .examples
            .into_iter()
            .map(|it| (it.text, it.label))
            .collect();
        let folder = TempDir::new().expect("a folder");
        for (name, part) in [("train.tsv", &texts[..120]), ("dev.tsv", &texts[120..])] {
            let lines = part
                .iter()
                .map(|(text, label)| format!("{text}\t{label}\n"));
            fs::write(folder.path().join(name), lines.collect::<String>()).expect("a corpus");
        }
        Self { folder, texts }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Soft labels that know the class, with the line of the first text changed.
    fn soft_labels(&self, classes: &Value, change: impl FnOnce(&mut Value)) {
        let line = |(text, label): &(String, usize)| {
            let sure = [[0.9, 0.1], [0.1, 0.9]][*label];
            json!({"text": text, "probabilities": sure})
        };
        let mut lines: Vec<Value> = self.texts.iter().map(line).collect();
        change(&mut lines[0]);
        let lines = [json!({"classes": classes})].into_iter().chain(lines);
        let lines: String = lines.map(|line| format!("{line}\n")).collect();
        fs::write(self.path("soft.jsonl"), lines).expect("soft labels");
    }

    fn distil(&self, teacher: &str, settings: &[&str]) -> Output {
        let data = self.folder.path().display().to_string();
        let teacher = self.path(teacher).display().to_string();
        let words = ["distill", "--quick", "--data", &data, "--teacher", &teacher];
        start(&words, settings, &self.path("runs"))
    }
}

#[test]
fn a_student_learns_from_files() {
    let files = Files::new();
    files.soft_labels(&json!(["0", "1"]), |_| {});
    let settings: Vec<&str> = SMALL
        .into_iter()
        .filter(|setting| !setting.starts_with("teacher"))
        .chain(["student.hidden_layer=4"])
        .collect();
    let (few, _) = report(&files.distil("soft.jsonl", &settings));
    assert_eq!(few["results"]["teacher_accuracy"], 100.0);
    // All texts are labelled texts and pool at once.
    let all: Vec<&str> = settings.iter().copied().chain(["labels=0"]).collect();
    let (all, folder) = report(&files.distil("soft.jsonl", &all));
    assert_eq!(all["results"]["teacher_accuracy"], 100.0);
    let page = fs::read_to_string(folder.join("report.html")).expect("the page");
    assert!(page.contains("its own labelled texts"), "{page}");
    // The student of one run teaches the next, and is judged there as it was here.
    let student = folder.join("model");
    let student = student.to_str().expect("a path");
    let settings: Vec<&str> = settings.into_iter().chain([ALL_ARMS]).collect();
    let (next, _) = report(&files.distil(student, &settings));
    assert_eq!(
        next["results"]["teacher_accuracy"],
        all["results"]["distilled_accuracy"]
    );
    fs::remove_file(folder.join("model/vocabulary.json")).expect("the words");
    let output = files.distil(student, &settings);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && text.contains("vocabulary.json"),
        "{text}"
    );
}

/// Spoils a line of a file.
type Change = fn(&mut Value);

#[test]
fn what_is_wrong_with_a_teacher_is_said_before_anything_is_written() {
    let classes = json!(["0", "1"]);
    let spoilt: [(Value, Change, &str); 5] = [
        (
            classes.clone(),
            |line| line["probabilities"] = json!([0.9, 0.2]),
            "soft.jsonl:2",
        ),
        (
            classes.clone(),
            |line| line["probabilities"] = json!([0.9]),
            "soft.jsonl:2",
        ),
        (
            classes.clone(),
            |line| line["probabilities"] = json!(["NaN", 1.0]),
            "soft.jsonl:2",
        ),
        (
            classes.clone(),
            |line| line["text"] = json!("another text"),
            "which is missing",
        ),
        (
            json!(["bad", "good"]),
            |_| {},
            r#"must be ["0", "1"], got ["bad", "good"]"#,
        ),
    ];
    for (classes, change, expected) in spoilt {
        let files = Files::new();
        files.soft_labels(&classes, change);
        // With all of the texts, so that the spoilt one is among them.
        assert_refused(&files, "soft.jsonl", expected);
    }
    let files = Files::new();
    assert_refused(&files, "nothing.jsonl", "cannot read");
    fs::create_dir(files.path("empty")).expect("a folder");
    assert_refused(&files, "empty", "has no config.json");
}

fn assert_refused(files: &Files, teacher: &str, expected: &str) {
    let output = files.distil(teacher, &["labels=0"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(expected), "{text} has no {expected}");
    assert!(!files.path("runs").exists(), "{expected}");
}
