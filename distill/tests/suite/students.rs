//! What students learn, and what a fine-tuned encoder is after it was saved.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::{Direction, GruConfig, Lengths, RecurrentConfig, SeededRng};
use recurra_distill::{
    Confidence, EncoderConfig, Error, FineTuning, FineTuningConfig, Hinton, HuggingFaceFolder,
    Layout, Objective, Pooling, SoftLabels, Student, StudentBatch, TextTokenizer, TokenBatch,
    hinton_loss, label_cross_entropy, logit_mse, tang_bi_lstm,
};
use recurra_train::{
    ClassifierBatch, Pass, SequenceClassifierConfig, SequenceModel, TokenRows, TrainingConfig,
    TruncatedBptt,
};

use crate::support::{values, worst};

const WORDS: usize = 9;
const TOLERANCE: f32 = 1e-5;

fn student(
    classes: usize,
    objective: Objective,
    device: &Device,
    seed: u64,
) -> Student<recurra_cells::GruCell> {
    let network = RecurrentConfig::new(GruConfig::new(6)).with_direction(Direction::Both);
    let config = SequenceClassifierConfig::new(WORDS, 4, network, classes);
    Student::new(config.init(device, &mut SeededRng::new(seed)), objective)
}

fn rows(count: usize, rng: &mut SeededRng) -> TokenRows {
    let lengths: Vec<usize> = (0..count).map(|_| 1 + rng.below(4)).collect();
    let steps = lengths.iter().copied().max().unwrap_or(1);
    let tokens = (0..count * steps)
        .map(|_| rng.below(WORDS) as u32)
        .collect();
    TokenRows::new(tokens, Lengths::new(lengths, steps).unwrap())
}

fn evaluated(student: &Student<recurra_cells::GruCell>, batch: &StudentBatch) -> f64 {
    let loss = student.window_loss(batch, None, Pass::Evaluation);
    loss.mean.into_scalar::<f64>()
}

/// The loss of a batch is the mean of the rows' losses, each by the function of its name.
fn a_student_has_the_loss_that_it_is_told(device: &Device) {
    proptest!(ProptestConfig::with_cases(8), |(count in 1..5_usize, classes in 2..4_usize, seed: u64)| {
        let mut rng = SeededRng::new(seed);
        let rows = rows(count, &mut rng);
        let labels: Vec<usize> = (0..count).map(|_| rng.below(classes)).collect();
        let logits: Vec<f32> = (0..count * classes).map(|_| rng.normal() as f32).collect();
        let batch = StudentBatch::new(ClassifierBatch::new(rows.clone(), labels.clone())).with_teacher(logits.clone());
        let hinton = Hinton { alpha: 0.3, temperature: 2.0 };
        let teacher = Tensor::<2>::from_data(TensorData::new(logits, [count, classes]), device);
        for objective in [Objective::Labels, Objective::LogitMse, Objective::Hinton(hinton)] {
            let student = student(classes, objective, device, seed);
            let own = student.forward(rows.tokens(device), rows.lengths().clone());
            let labels = batch.labelled().labels(device);
            let expected = match objective {
                Objective::Labels => label_cross_entropy(own, labels),
                Objective::LogitMse => logit_mse(own, teacher.clone()),
                _ => hinton_loss(own, teacher.clone(), labels, &hinton),
            };
            let expected = values(expected).iter().sum::<f32>() / count as f32;
            let found = evaluated(&student, &batch) as f32;
            prop_assert!((found - expected).abs() <= TOLERANCE * (1.0 + expected.abs()), "{objective:?}");
        }
        // Whoever is always sure counts every row alike.
        let sure = Objective::ConfidentLogitMse(Confidence::Threshold(0.0));
        let found = evaluated(&student(classes, sure, device, seed), &batch);
        let expected = evaluated(&student(classes, Objective::LogitMse, device, seed), &batch);
        prop_assert!((found - expected).abs() <= 1e-5 * (1.0 + expected));
    });
}

/// A student that has the teacher's logits comes to say them.
fn a_student_learns_its_teachers_logits(device: &Device) {
    let mut rng = SeededRng::new(1);
    let rows = rows(6, &mut rng);
    let logits: Vec<f32> = (0..12).map(|_| 2.0 * rng.normal() as f32).collect();
    let batch = StudentBatch::new(ClassifierBatch::new(rows.clone(), vec![0; 6]))
        .with_teacher(logits.clone());
    let untaught = student(2, Objective::LogitMse, &device.clone().autodiff(), 2);
    let mut training = TruncatedBptt::new(untaught, TrainingConfig::default(), rng).unwrap();
    for _ in 0..200 {
        training.train_window(&batch, 2e-2).unwrap();
    }
    let taught = training.model().valid();
    let own = taught.forward(rows.tokens(device), rows.lengths().clone());
    let error = worst(&values(own), &logits);
    assert!(error < 0.1, "{error}");
}

#[test]
fn the_default_student_is_that_of_the_paper() {
    let config = tang_bi_lstm(50, 2);
    let student = config.init(&Device::default(), &mut SeededRng::new(1));
    assert_eq!(
        (config.embedding_size, config.hidden_layer),
        (300, Some(200))
    );
    assert_eq!(student.network.hidden_size(), 150);
    assert_eq!(student.network.direction(), Direction::Both);
    assert_eq!(student.hidden.expect("200 units").weight.dims(), [300, 200]);
}

#[test]
#[should_panic(expected = "needs batches that have them")]
fn a_loss_on_logits_without_a_teacher_panics() {
    let device = Device::default();
    let batch = StudentBatch::new(ClassifierBatch::new(
        rows(1, &mut SeededRng::new(1)),
        vec![0],
    ));
    evaluated(&student(2, Objective::LogitMse, &device, 1), &batch);
}

#[test]
#[should_panic(expected = "the teacher has 3 classes, but the student has 2")]
fn a_teacher_of_other_classes_panics() {
    let device = Device::default();
    let rows = rows(2, &mut SeededRng::new(1));
    let batch =
        StudentBatch::new(ClassifierBatch::new(rows, vec![0, 1])).with_teacher(vec![0.0; 6]);
    student(2, Objective::LogitMse, &device, 1).assert_fits(&batch);
}

const TEXTS: [&str; 4] = ["good film", "bad film", "good good", "a bad one"];
const LABELS: [usize; 4] = [1, 0, 1, 0];

fn tokenizer() -> TextTokenizer {
    TextTokenizer::of_words(["good", "bad", "film", "a", "one"], 8).unwrap()
}

fn encoder(tokenizer: &TextTokenizer, layout: Layout) -> EncoderConfig {
    let mut config =
        EncoderConfig::new(tokenizer.vocab_size(), 8, 2, 2).with_classes(["no", "yes"]);
    // RoBERTa's first position is one after its padding.
    (config.layout, config.pad_token_id) = (layout, Some(0));
    (config.max_position_embeddings, config.initializer_range) = (9, 0.3);
    config
}

fn batch(tokenizer: &TextTokenizer, device: &Device) -> TokenBatch {
    tokenizer.batch(&tokenizer.encode(&TEXTS).unwrap(), device)
}

#[test]
fn words_are_tokens_and_others_are_unknown() {
    let tokenizer = tokenizer();
    assert_eq!(tokenizer.vocab_size(), 9);
    let rows = tokenizer
        .encode(&["Good film", "a masterpiece", ""])
        .unwrap();
    assert_eq!(rows, [vec![2, 4, 6, 3], vec![2, 7, 1, 3], vec![2, 3]]);
    let long = tokenizer.encode(&["a a a a a a a a a a"]).unwrap();
    assert_eq!(long[0].len(), 8);
    let twice = TextTokenizer::of_words(["a", "b", "a"], 8)
        .err()
        .expect("it is there twice");
    assert!(twice.to_string().contains("\"a\""), "{twice}");
}

fn a_saved_classifier_is_the_same_again(device: &Device) {
    let tokenizer = tokenizer();
    for (layout, pooling) in [
        (Layout::Bert, Pooling::First),
        (Layout::Bert, Pooling::Mean),
        (Layout::Roberta, Pooling::First),
        (Layout::Roberta, Pooling::Mean),
    ] {
        let config = encoder(&tokenizer, layout);
        let classifier = config.init_classifier(pooling, device, &mut SeededRng::new(3));
        let folder = tempfile::tempdir().unwrap();
        classifier
            .save(&folder.path().join("new"), &tokenizer)
            .unwrap();
        let read = HuggingFaceFolder::open(folder.path().join("new")).unwrap();
        let again = read.classifier(device).unwrap();
        assert_eq!(
            (again.classes(), again.pooling()),
            (classifier.classes(), pooling)
        );
        let logits = [(&classifier, &tokenizer), (&again, read.tokenizer())].map(
            |(classifier, tokenizer)| {
                let TokenBatch { tokens, lengths } = batch(tokenizer, device);
                values(classifier.forward(tokens, lengths))
            },
        );
        assert_eq!(logits[0], logits[1], "{layout:?} {pooling:?}");
    }
}

#[test]
fn a_classifier_that_cannot_be_written_says_where() {
    let tokenizer = tokenizer();
    let config = encoder(&tokenizer, Layout::Bert);
    let classifier =
        config.init_classifier(Pooling::Mean, &Device::default(), &mut SeededRng::new(3));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let error = classifier
        .save(&file.join("model"), &tokenizer)
        .unwrap_err();
    assert!(error.to_string().starts_with("cannot write"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "in the way");
}

fn fine_tuning_learns_and_leaves_alone_what_is_frozen(device: &Device) {
    let tokenizer = tokenizer();
    for freeze_embeddings in [false, true] {
        let config = encoder(&tokenizer, Layout::Bert);
        let device_ad = device.clone().autodiff();
        let classifier = config.init_classifier(Pooling::Mean, &device_ad, &mut SeededRng::new(5));
        let before = values(classifier.encoder.embeddings.word.weight.val());
        let told = FineTuningConfig {
            freeze_embeddings,
            ..FineTuningConfig::default()
        };
        let mut training = FineTuning::new(classifier, told, SeededRng::new(6)).unwrap();
        let losses: Vec<f64> = (0..40)
            .map(|_| {
                training
                    .train_batch(batch(&tokenizer, &device_ad), &LABELS, 1e-2)
                    .unwrap()
                    .loss
            })
            .collect();
        assert!(losses[39] < 0.3 * losses[0], "{losses:?}");
        let classifier = training.classifier();
        let after = values(classifier.encoder.embeddings.word.weight.val());
        assert_eq!(before == after, freeze_embeddings);
        let TokenBatch { tokens, lengths } = batch(&tokenizer, device);
        let logits = values(classifier.forward(tokens, lengths));
        assert_eq!(SoftLabels::new(2, logits).unwrap().decisions(), LABELS);
    }
}

/// By its predecessor's logits an encoder comes to its predecessor's decisions, whatever the labels are.
fn fine_tuning_follows_a_teacher(device: &Device) {
    let (tokenizer, device) = (tokenizer(), device.clone().autodiff());
    let config = encoder(&tokenizer, Layout::Bert);
    let classifier = config.init_classifier(Pooling::Mean, &device, &mut SeededRng::new(5));
    let told = FineTuningConfig {
        objective: Objective::Hinton(Hinton {
            alpha: 0.0,
            temperature: 1.0,
        }),
        ..FineTuningConfig::default()
    };
    let mut training = FineTuning::new(classifier, told, SeededRng::new(6)).unwrap();
    let decisions = LABELS.map(|label| 1 - label);
    let logits: Vec<f32> = decisions
        .iter()
        .flat_map(|&label| [[2.0, -1.0], [-1.0, 2.0]][label])
        .collect();
    let mut step = || {
        let batch = batch(&tokenizer, &device);
        let report = training.train_batch_with_teacher(batch, &LABELS, &logits, 1e-2);
        report.unwrap().loss
    };
    let losses: Vec<f64> = (0..40).map(|_| step()).collect();
    assert!(losses[39] < 0.3 * losses[0], "{losses:?}");
    let TokenBatch { tokens, lengths } = batch(&tokenizer, &device);
    let logits = values(training.classifier().forward(tokens, lengths));
    assert_eq!(SoftLabels::new(2, logits).unwrap().decisions(), decisions);
}

#[test]
#[should_panic(expected = "3 logits of a teacher are not [4, 2]")]
fn a_teacher_of_other_classes_panics_with_both_shapes() {
    let (tokenizer, device) = (tokenizer(), Device::default().autodiff());
    let config = encoder(&tokenizer, Layout::Bert);
    let classifier = config.init_classifier(Pooling::Mean, &device, &mut SeededRng::new(5));
    let mut training =
        FineTuning::new(classifier, FineTuningConfig::default(), SeededRng::new(6)).unwrap();
    let batch = batch(&tokenizer, &device);
    let _ = training.train_batch_with_teacher(batch, &LABELS, &[0.0; 3], 1e-3);
}

#[test]
fn a_rate_that_is_none_is_refused_and_nothing_is_lost() {
    let (tokenizer, device) = (tokenizer(), Device::default().autodiff());
    let config = encoder(&tokenizer, Layout::Bert);
    let classifier = config.init_classifier(Pooling::Mean, &device, &mut SeededRng::new(5));
    let mut training =
        FineTuning::new(classifier, FineTuningConfig::default(), SeededRng::new(6)).unwrap();
    let refused = training.train_batch(batch(&tokenizer, &device), &LABELS, f64::NAN);
    assert!(matches!(
        refused,
        Err(Error::Config {
            field: "learning_rate",
            ..
        })
    ));
    let report = training
        .train_batch(batch(&tokenizer, &device), &LABELS, 1e-3)
        .unwrap();
    assert!(report.updated);
}

#[test]
fn a_training_that_diverges_is_given_up() {
    let (tokenizer, device) = (tokenizer(), Device::default().autodiff());
    let config = encoder(&tokenizer, Layout::Bert);
    let mut classifier = config.init_classifier(Pooling::Mean, &device, &mut SeededRng::new(5));
    let broken = TensorData::new(vec![f32::NAN; 16], [8, 2]);
    classifier.output.weight = Param::from_tensor(Tensor::from_data(broken, &device));
    let told = FineTuningConfig {
        max_skipped: 2,
        ..FineTuningConfig::default()
    };
    let mut training = FineTuning::new(classifier, told, SeededRng::new(6)).unwrap();
    let mut step = || training.train_batch(batch(&tokenizer, &device), &LABELS, 1e-3);
    assert!(
        [step(), step()]
            .into_iter()
            .all(|report| !report.unwrap().updated)
    );
    let text = step().unwrap_err().to_string();
    assert!(text.contains("loss") && text.contains("NaN"), "{text}");
}

recurra_cells::device_tests!(
    a_student_has_the_loss_that_it_is_told,
    a_saved_classifier_is_the_same_again,
    fine_tuning_learns_and_leaves_alone_what_is_frozen,
    fine_tuning_follows_a_teacher,
);

/// What takes too many passes for software Vulkan.
mod long {
    use super::a_student_learns_its_teachers_logits;

    recurra_cells::cpu_tests!(a_student_learns_its_teachers_logits);
}
