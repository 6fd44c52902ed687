//! Teachers: an encoder, a closure, a file, an ensemble of them.

use std::fs;
use std::num::NonZeroUsize;

use crate::support::{Expected, FOLDERS, TEXTS, TOLERANCE, golden, worst};
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use recurra_cells::{SeededRng, device_tests};
use recurra_distill::{
    Averaging, EncoderTeacher, Ensemble, Error, Fingerprinter, FunctionTeacher, HuggingFaceFolder,
    Pooling, SoftLabelFile, SoftLabels, Teacher,
};

fn flat(labels: &SoftLabels) -> Vec<f32> {
    labels.rows().flatten().copied().collect()
}

fn encoder_teacher(name: &str, batch_size: usize, device: &Device) -> EncoderTeacher {
    let folder = HuggingFaceFolder::open(golden(name)).expect("the folder");
    let classifier = folder.classifier(device).expect("the weights");
    EncoderTeacher::new(classifier, folder.tokenizer().clone(), batch_size).expect("a teacher")
}

/// In batches of any size, sorted by length, and in the order of the texts again.
fn an_encoder_gives_the_logits_of_transformers(device: &Device) {
    for name in FOLDERS {
        let expected = Expected::read(&golden(name).join("expected.safetensors"));
        for batch_size in [1, 2, 4, 100] {
            let teacher = encoder_teacher(name, batch_size, &device.clone().autodiff());
            let labels = teacher.label(&TEXTS).expect("the texts");
            assert_eq!((labels.len(), labels.classes()), (TEXTS.len(), 3));
            let error = worst(&flat(&labels), expected.logits());
            assert!(error < TOLERANCE, "{name} by {batch_size}: {error}");
        }
    }
}

fn soft_labels_do_not_depend_on_how_many_work(device: &Device) {
    let texts: Vec<&str> = TEXTS.iter().copied().cycle().take(20).collect();
    let labels = |workers| {
        let teacher = encoder_teacher("bert", 3, device);
        let teacher = teacher.with_workers(NonZeroUsize::new(workers).expect("at least one"));
        flat(&teacher.label(&texts).expect("the texts"))
    };
    let alone = labels(1);
    for workers in [2, 5, 30] {
        assert_eq!(labels(workers), alone, "{workers}");
    }
}

fn an_encoders_fingerprint_is_of_weights_and_head(device: &Device) {
    let print = |name: &str| encoder_teacher(name, 4, device).fingerprint();
    assert_eq!(print("bert"), print("bert"));
    assert_ne!(print("bert"), print("roberta"));
    let folder = HuggingFaceFolder::open(golden("bert")).expect("the folder");
    let drawn = |seed: u64, classes: [&str; 2]| {
        let mut rng = SeededRng::new(seed);
        let classifier = folder.new_classifier(classes, Pooling::Mean, device, &mut rng);
        let tokenizer = folder.tokenizer().clone();
        let teacher = EncoderTeacher::new(classifier.expect("the weights"), tokenizer, 4);
        teacher.expect("a teacher").fingerprint()
    };
    assert_eq!(drawn(1, ["a", "b"]), drawn(1, ["a", "b"]));
    assert_ne!(drawn(1, ["a", "b"]), drawn(2, ["a", "b"]));
    assert_ne!(drawn(1, ["a", "b"]), drawn(1, ["b", "a"]));
}

device_tests!(
    an_encoder_gives_the_logits_of_transformers,
    soft_labels_do_not_depend_on_how_many_work,
    an_encoders_fingerprint_is_of_weights_and_head,
);

type Logits = Vec<[f32; 2]>;

/// A teacher that has these logits for the texts "0", "1", "2" and so on.
fn numbered(logits: Logits) -> impl Teacher {
    let fingerprint = Fingerprinter::default()
        .text(&format!("{logits:?}"))
        .finish();
    FunctionTeacher::new(["no", "yes"], fingerprint, move |texts: &[&str]| {
        let mut rows = Vec::new();
        for text in texts {
            rows.push(Tensor::<1>::from_data(
                logits[text.parse::<usize>()?],
                &Device::default(),
            ));
        }
        Ok(Tensor::stack(rows, 0))
    })
}

fn members(logits: [&Logits; 2]) -> Vec<Box<dyn Teacher>> {
    let member = |logits: &Logits| Box::new(numbered(logits.clone())) as Box<dyn Teacher>;
    logits.map(member).into()
}

fn probability(row: &[f32]) -> f64 {
    1.0 / (1.0 + f64::from(row[0] - row[1]).exp())
}

proptest! {
    #[test]
    fn an_ensemble_is_the_mean_of_its_members(
        rows in prop::collection::vec((-5f32..5.0, -5f32..5.0, -5f32..5.0, -5f32..5.0), 1..6),
    ) {
        let first: Logits = rows.iter().map(|row| [row.0, row.1]).collect();
        let second: Logits = rows.iter().map(|row| [row.2, row.3]).collect();
        let names: Vec<String> = (0..rows.len()).map(|text| text.to_string()).collect();
        let texts: Vec<&str> = names.iter().map(String::as_str).collect();
        let label = |averaging| {
            let ensemble = Ensemble::new(members([&first, &second]), averaging).expect("an ensemble");
            ensemble.label(&texts).expect("the texts")
        };
        let (likely, mean) = (label(Averaging::Probabilities), label(Averaging::Logits));
        for (index, (a, b)) in first.iter().zip(&second).enumerate() {
            let expected = (probability(a) + probability(b)) / 2.0;
            let got = probability(likely.row(index));
            prop_assert!((got - expected).abs() < 1e-5, "{got} {expected}");
            let expected = [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
            prop_assert!(worst(mean.row(index), &expected) < 1e-5);
        }
    }

    #[test]
    fn probabilities_survive_being_logits(
        rows in prop::collection::vec((1e-3f64..1.0, 1e-3f64..1.0, 1e-3f64..1.0), 1..6),
    ) {
        let normal = |(a, b, c): &(f64, f64, f64)| {
            let sum = a + b + c;
            [a / sum, b / sum, c / sum]
        };
        let given: Vec<f64> = rows.iter().flat_map(normal).collect();
        let labels = SoftLabels::from_probabilities(3, &given).expect("finite");
        let back: Vec<f64> = labels.probabilities().flatten().collect();
        for (back, given) in back.iter().zip(&given) {
            prop_assert!((back - given).abs() < 1e-6, "{back} {given}");
        }
    }
}

#[test]
fn members_must_agree_on_the_classes_and_be_there() {
    let other = FunctionTeacher::new(
        ["yes", "no"],
        Fingerprinter::default().finish(),
        |_: &[&str]| Err("never asked".into()),
    );
    let mut both = members([&vec![], &vec![]]);
    both.push(Box::new(other));
    let error = Ensemble::new(both, Averaging::Logits)
        .err()
        .expect("other classes");
    assert_eq!(
        error.to_string(),
        "the teacher's classes must be [\"no\", \"yes\"], got [\"yes\", \"no\"]"
    );
    let error = Ensemble::new(Vec::new(), Averaging::Logits)
        .err()
        .expect("no member");
    assert_eq!(error.to_string(), "members must be at least 1, got 0");
}

#[test]
fn an_ensembles_fingerprint_is_of_members_and_averaging() {
    let (a, b) = (vec![[0.0, 1.0]], vec![[1.0, 0.0]]);
    let print = |logits: [&Logits; 2], averaging| {
        let ensemble = Ensemble::new(members(logits), averaging).expect("an ensemble");
        ensemble.fingerprint()
    };
    let one = print([&a, &b], Averaging::Logits);
    assert_eq!(one, print([&a, &b], Averaging::Logits));
    assert_ne!(one, print([&a, &a], Averaging::Logits));
    assert_ne!(one, print([&a, &b], Averaging::Probabilities));
}

#[test]
fn a_closures_failure_and_its_nan_are_errors() {
    let teacher = numbered(vec![[0.0, 1.0], [2.0, f32::NAN]]);
    let message = |text: &str| {
        teacher
            .label(&["0", text])
            .expect_err("it fails")
            .to_string()
    };
    assert_eq!(
        message("1"),
        "the logits of text 1 must be finite, got NaN for class 1"
    );
    assert_eq!(
        message("x"),
        "the teacher failed: invalid digit found in string"
    );
}

#[test]
fn soft_labels_decide_and_are_selected() {
    let labels = SoftLabels::new(2, vec![0.0, 1.0, 3.0, 2.0, 5.0, 5.0]).expect("finite");
    assert_eq!(labels.decisions(), [1, 0, 0]);
    let selected = labels.select(&[2, 0], &Device::default()).into_data();
    assert_eq!(
        selected.iter::<f32>().collect::<Vec<_>>(),
        [5.0, 5.0, 0.0, 1.0]
    );
    assert!(!labels.is_empty() && labels.len() == 3);
}

/// A file of these lines, read, with the file's name left out of the error.
fn file(lines: &[&str]) -> Result<SoftLabelFile, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("soft.jsonl");
    fs::write(&path, lines.join("\n")).expect("the file");
    SoftLabelFile::read(&path).map_err(|error| {
        let message = error.to_string();
        assert_eq!(message.lines().count(), 1, "{message}");
        message.replace(&path.display().to_string(), "F")
    })
}

fn complaint(lines: &[&str]) -> String {
    file(lines).err().expect("the file is not right")
}

#[test]
fn a_file_has_logits_or_probabilities_and_names_or_none() {
    let labels = file(&[
        r#"{"classes": ["bad", "good"]}"#,
        r#"{"text": "a", "logits": [-1.5, 2.25], "label": 1}"#,
        "",
        r#"{"text": "b", "probabilities": [0.75, 0.25]}"#,
        r#"{"text": "a", "logits": [-1.5, 2.25]}"#,
    ])
    .expect("the file");
    assert_eq!(
        (labels.classes(), labels.len()),
        (&["bad".to_owned(), "good".to_owned()][..], 2)
    );
    let soft = labels.label(&["b", "a", "b"]).expect("the texts");
    assert_eq!(soft.row(1), [-1.5, 2.25]);
    let probabilities: Vec<Vec<f64>> = soft.probabilities().collect();
    assert!((probabilities[0][0] - 0.75).abs() < 1e-6 && probabilities[0] == probabilities[2]);
    labels
        .with_classes(&["bad", "good"])
        .expect("the same names");

    let line = r#"{"text": "a", "logits": [1, 2]}"#;
    let unnamed = file(&[line]).expect("the file");
    assert_eq!(unnamed.classes(), ["LABEL_0", "LABEL_1"]);
    let named = unnamed.with_classes(&["no", "yes"]).expect("as many names");
    assert_eq!(named.classes(), ["no", "yes"]);
}

#[test]
fn a_set_of_classes_that_differs_is_refused() {
    let header = r#"{"classes": ["bad", "good"]}"#;
    let line = r#"{"text": "a", "logits": [1, 2]}"#;
    let refused = |lines: &[&str], names: &[&str]| {
        let file = file(lines).expect("the file");
        file.with_classes(names)
            .err()
            .expect("other classes")
            .to_string()
    };
    assert_eq!(
        refused(&[header, line], &["good", "bad"]),
        "the teacher's classes must be [\"good\", \"bad\"], got [\"bad\", \"good\"]"
    );
    assert_eq!(
        refused(&[line], &["a", "b", "c"]),
        "the teacher's classes must be [\"a\", \"b\", \"c\"], got [\"LABEL_0\", \"LABEL_1\"]"
    );
}

#[test]
fn a_line_that_is_not_right_is_named_with_what_would_be() {
    let good = r#"{"text": "a", "logits": [1, 2]}"#;
    for (line, expected) in [
        (
            r#"{"text": "b", "logits": [1, 2, 3]}"#,
            "2 numbers, one for each class, got 3",
        ),
        (
            r#"{"text": "b", "logits": [1.0, NaN]}"#,
            "finite numbers, got NaN",
        ),
        (
            r#"{"text": "b", "logits": [NaN, 1.0]}"#,
            "finite numbers, got NaN",
        ),
        (
            r#"{"text": "b", "logits": [1.0, -Infinity]}"#,
            "finite numbers, got Infinity",
        ),
        (
            r#"{"text": "b", "logits": [1.0, 4e38]}"#,
            "finite numbers, got 400000000000000000000000000000000000000",
        ),
        (
            r#"{"text": "b", "probabilities": [0.5, 0.4]}"#,
            "probabilities with a sum of 1, got 0.9",
        ),
        (
            r#"{"text": "b", "probabilities": [1.5, -0.5]}"#,
            "probabilities in [0, 1], got 1.5",
        ),
        (
            r#"{"logits": [1, 2]}"#,
            r#"a "text", got {"logits": [1, 2]}"#,
        ),
        (
            r#"{"text": "b"}"#,
            r#"either "logits" or "probabilities", got {"text": "b"}"#,
        ),
        (
            r#"{"text": "b", "logits": [1, 2], "probabilities": [0, 1]}"#,
            r#"either "logits" or "probabilities", got {"text": "b", "logits": [1, 2], "probabilities": [0, 1]}"#,
        ),
    ] {
        assert_eq!(
            complaint(&[good, "", line]),
            format!("F:3: expected {expected}")
        );
    }
    let cut = complaint(&[good, r#"{"text": "NaN", "log"#]);
    let start = r#"F:2: expected a JSON object with a text and its logits or probabilities, got {"text": "NaN", "log ("#;
    assert!(cut.starts_with(start), "{cut}");
}

#[test]
fn a_text_needs_one_line() {
    assert_eq!(
        complaint(&[
            r#"{"text": "a", "logits": [1, 2]}"#,
            r#"{"text": "a", "logits": [1, 3]}"#
        ]),
        "F: expected soft labels: \"a\" has two different lines"
    );
    assert_eq!(
        complaint(&[r#"{"classes": ["bad", "good"]}"#]),
        "F: expected soft labels: it has no text"
    );
    let labels = file(&[r#"{"text": "a", "logits": [1, 2]}"#]).expect("the file");
    let error = labels.label(&["a", "b"]).expect_err("it lacks a text");
    assert!(
        matches!(&error, Error::UnknownText { text, .. } if text == "b"),
        "{error}"
    );
}
