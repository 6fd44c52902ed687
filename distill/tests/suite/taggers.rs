//! What tagging students learn.

use burn::module::Module;
use burn::tensor::Device;
use proptest::prelude::*;
use recurra_cells::{Direction, GruCell, GruConfig, RecurrentConfig, SeededRng};
use recurra_distill::{
    Hinton, Objective, TaggingBatch, TaggingStudent, hinton_loss, label_cross_entropy, logit_mse,
    valid_token_labels, valid_tokens,
};
use recurra_train::{
    Pass, SequenceModel, SequenceTaggerConfig, TaggerBatch, TrainingConfig, TruncatedBptt,
};

use crate::support::{values, worst};

const WORDS: usize = 9;
const CLASSES: usize = 3;
const TOLERANCE: f32 = 1e-5;

fn student(objective: Objective, device: &Device, seed: u64) -> TaggingStudent<GruCell> {
    let network = RecurrentConfig::new(GruConfig::new(6)).with_direction(Direction::Both);
    let config = SequenceTaggerConfig::new(WORDS, 4, network, CLASSES);
    TaggingStudent::new(config.init(device, &mut SeededRng::new(seed)), objective)
}

fn labelled(rows: usize, rng: &mut SeededRng) -> TaggerBatch {
    let (words, labels): (Vec<Vec<u32>>, Vec<Vec<u32>>) = (0..rows)
        .map(|_| {
            let length = 1 + rng.below(5);
            let word = (0..length).map(|_| rng.below(WORDS) as u32).collect();
            let label = (0..length).map(|_| rng.below(CLASSES) as u32).collect();
            (word, label)
        })
        .unzip();
    TaggerBatch::padded(&words, &labels, 0)
}

fn logits(batch: &TaggerBatch, rng: &mut SeededRng) -> Vec<f32> {
    let count = batch.rows().as_slice().len() * CLASSES;
    (0..count).map(|_| 2.0 * rng.normal() as f32).collect()
}

/// The loss of a batch is the mean of its valid tokens' losses, each by the function of its name.
fn a_tagging_student_has_the_loss_that_it_is_told(device: &Device) {
    proptest!(ProptestConfig::with_cases(8), |(rows in 1..5_usize, seed: u64)| {
        let mut rng = SeededRng::new(seed);
        let labelled = labelled(rows, &mut rng);
        let lengths = labelled.rows().lengths().clone();
        let batch = TaggingBatch::new(labelled.clone()).with_teacher(logits(&labelled, &mut rng));
        let hinton = Hinton { alpha: 0.3, temperature: 2.0 };
        for objective in [Objective::Labels, Objective::LogitMse, Objective::Hinton(hinton)] {
            let student = student(objective, device, seed);
            let own = student.forward(labelled.rows().tokens(device), lengths.clone());
            let own = valid_tokens(own, &lengths);
            let labels = valid_token_labels(labelled.labels(device), &lengths);
            let teacher = valid_tokens(batch.teacher(device).unwrap(), &lengths);
            let expected = match objective {
                Objective::Labels => label_cross_entropy(own, labels),
                Objective::LogitMse => logit_mse(own, teacher),
                _ => hinton_loss(own, teacher, labels, &hinton),
            };
            let expected = values(expected.mean())[0];
            let found = values(student.window_loss(&batch, None, Pass::Evaluation).mean)[0];
            prop_assert!((found - expected).abs() <= TOLERANCE * (1.0 + expected.abs()), "{objective:?}");
        }
    });
}

/// A student that has the teacher's logits of every token comes to say them, whatever stands in the padding.
fn a_tagging_student_learns_its_teachers_logits(device: &Device) {
    let mut rng = SeededRng::new(1);
    let labelled = TaggerBatch::padded(&[vec![1, 2, 3], vec![4, 5]], &[vec![0; 3], vec![0; 2]], 0);
    let mut logits = logits(&labelled, &mut rng);
    logits[5 * CLASSES..].fill(1e6);
    let batch = TaggingBatch::new(labelled.clone()).with_teacher(logits.clone());
    let untaught = student(Objective::LogitMse, &device.clone().autodiff(), 2);
    let mut training = TruncatedBptt::new(untaught, TrainingConfig::default(), rng).unwrap();
    for _ in 0..300 {
        training.train_window(&batch, 2e-2).unwrap();
    }
    let taught = training.model().valid();
    let rows = labelled.rows();
    let own = taught.forward(rows.tokens(device), rows.lengths().clone());
    let own = values(valid_tokens(own, rows.lengths()));
    let error = worst(&own, &logits[..5 * CLASSES]);
    assert!(error < 0.1, "{error}");
}

#[test]
#[should_panic(expected = "the teacher has 2 classes, but the student has 3")]
fn a_teacher_of_other_tags_panics() {
    let labelled = TaggerBatch::padded(&[vec![1, 2]], &[vec![0, 1]], 0);
    let batch = TaggingBatch::new(labelled).with_teacher(vec![0.0; 4]);
    student(Objective::LogitMse, &Device::default(), 1).assert_fits(&batch);
}

#[test]
#[should_panic(expected = "5 logits are no rows of a batch of 2 tokens")]
fn logits_that_fit_no_tokens_panic() {
    let labelled = TaggerBatch::padded(&[vec![1, 2]], &[vec![0, 1]], 0);
    let _ = TaggingBatch::new(labelled).with_teacher(vec![0.0; 5]);
}

recurra_cells::device_tests!(a_tagging_student_has_the_loss_that_it_is_told);

/// What takes too many passes for software Vulkan.
mod long {
    use super::a_tagging_student_learns_its_teachers_logits;

    recurra_cells::cpu_tests!(a_tagging_student_learns_its_teachers_logits);
}
