//! A tagger in training, on every device of this build.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use recurra_cells::{AnyCell, AnyCellConfig, Direction, LstmConfig, RecurrentConfig, SeededRng};
use recurra_train::{
    DropoutRates, Pass, Regularization, SequenceModel, SequenceTagger, SequenceTaggerConfig,
    SequenceWindow, TaggerBatch, TrainingConfig, TruncatedBptt,
};

const VOCABULARY: usize = 7;
const CLASSES: usize = 3;
/// A few roundings of single precision, for logits of about 1.
const TOLERANCE: f32 = 2e-5;

fn tagger(direction: Direction, layers: usize, device: &Device) -> SequenceTagger<AnyCell> {
    let network = RecurrentConfig::new(AnyCellConfig::Lstm(LstmConfig::new(5)))
        .with_direction(direction)
        .with_num_layers(layers);
    SequenceTaggerConfig::new(VOCABULARY, 4, network, CLASSES).init(device, &mut SeededRng::new(3))
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn close(found: &[f32], expected: &[f32]) -> bool {
    found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() <= TOLERANCE)
}

fn trained(
    model: &SequenceTagger<AnyCell>,
    batch: &TaggerBatch,
    rates: DropoutRates,
    seed: u64,
) -> Vec<f32> {
    let pass = Pass::Training {
        regularization: &Regularization::from(rates),
        rng: &mut SeededRng::new(seed),
    };
    values(model.pass(batch.rows(), pass).logits)
}

/// Rows of words, each with its label.
fn batches() -> impl Strategy<Value = TaggerBatch> {
    let token = (0..VOCABULARY as u32, 0..CLASSES as u32);
    let row = proptest::collection::vec(token, 0..6);
    proptest::collection::vec(row, 1..5).prop_map(|mut rows| {
        rows.push(vec![(1, 1)]);
        let (words, labels): (Vec<Vec<u32>>, Vec<Vec<u32>>) =
            rows.into_iter().map(|row| row.into_iter().unzip()).unzip();
        TaggerBatch::padded(&words, &labels, 0)
    })
}

fn directions() -> impl Strategy<Value = Direction> {
    use Direction::{Backward, Both, Forward};
    prop_oneof![Just(Forward), Just(Backward), Just(Both)]
}

fn a_pass_is_the_forward_pass_unless_something_is_dropped(device: &Device) {
    let cases = (batches(), directions(), 1..3_usize);
    proptest!(ProptestConfig::with_cases(12), |((batch, direction, layers) in cases)| {
        let (model, rows) = (tagger(direction, layers, device), batch.rows());
        let logits = model.forward(rows.tokens(device), rows.lengths().clone());
        let expected = values(logits.clone());
        let evaluated = values(model.pass(rows, Pass::Evaluation).logits);
        prop_assert!(close(&evaluated, &expected), "{evaluated:?} {expected:?}");
        prop_assert!(close(&trained(&model, &batch, DropoutRates::NONE, 1), &expected));
        let rates = DropoutRates { recurrent_weights: 0.0, ..DropoutRates::uniform(0.5) };
        let twice = [(); 2].map(|()| trained(&model, &batch, rates, 1));
        prop_assert_eq!(&twice[0], &twice[1]);
        let loss = model.loss(logits, batch.labels(device), rows.lengths().clone());
        let own = model.window_loss(&batch, None, Pass::Evaluation).mean;
        prop_assert!(close(&values(own), &values(loss)));
        prop_assert_eq!(batch.valid_steps(), rows.lengths().as_slice().iter().sum::<usize>());
    });
}

/// A word's label is that of the word before it, which neither the word nor a wrong direction tells.
fn labels_are_learned_from_batches_of_any_size(device: &Device) {
    let model = tagger(Direction::Both, 1, &device.clone().autodiff());
    let config = TrainingConfig {
        regularization: DropoutRates {
            output: 0.1,
            words: 0.02,
            ..DropoutRates::NONE
        }
        .into(),
        ..TrainingConfig::default()
    };
    let mut training = TruncatedBptt::new(model, config, SeededRng::new(4)).unwrap();
    let batch = |texts: &[&[u32]]| {
        let label = |text: &[u32]| -> Vec<u32> {
            let before = [0].into_iter().chain(text.iter().copied());
            before
                .take(text.len())
                .map(|word| word % CLASSES as u32)
                .collect()
        };
        let texts: Vec<Vec<u32>> = texts.iter().map(|text| text.to_vec()).collect();
        let labels: Vec<Vec<u32>> = texts.iter().map(|text| label(text)).collect();
        TaggerBatch::padded(&texts, &labels, 0)
    };
    let batches = [
        batch(&[&[1, 2, 3, 4], &[5, 6], &[2, 1, 5]]),
        batch(&[&[3, 3, 2, 6, 1]]),
        batch(&[&[4, 1], &[6, 5, 4, 3]]),
    ];
    for step in 0..150 {
        training.train_window(&batches[step % 3], 2e-2).unwrap();
    }
    let model = training.model().valid();
    for batch in &batches {
        let (rows, labels) = (batch.rows(), batch.labels(device));
        let logits = model.forward(rows.tokens(device), rows.lengths().clone());
        assert_eq!(model.accuracy(logits, labels, rows.lengths().clone()), 1.0);
    }
}

recurra_cells::device_tests!(a_pass_is_the_forward_pass_unless_something_is_dropped);

/// What takes too many passes for software Vulkan.
mod long {
    use super::labels_are_learned_from_batches_of_any_size;

    recurra_cells::cpu_tests!(labels_are_learned_from_batches_of_any_size);
}

#[test]
fn labels_in_the_padding_may_be_anything() {
    let rows = TaggerBatch::padded(&[vec![1, 2], vec![3]], &[vec![0, 1], vec![2]], 0);
    let spoilt = TaggerBatch::new(rows.rows().clone(), vec![0, 1, 2, 99]);
    let model = tagger(Direction::Both, 1, &Device::default());
    model.assert_fits(&spoilt);
    let loss = |batch| values(model.window_loss(batch, None, Pass::Evaluation).mean);
    assert_eq!(loss(&rows), loss(&spoilt));
}

#[test]
#[should_panic(expected = "label 3 is not one of 3 classes")]
fn a_label_that_is_no_class_panics() {
    let batch = TaggerBatch::padded(&[vec![1, 2]], &[vec![0, 3]], 0);
    tagger(Direction::Forward, 1, &Device::default()).assert_fits(&batch);
}

#[test]
#[should_panic(expected = "the labels of rows of [2] tokens are [1]")]
fn a_row_with_too_few_labels_panics() {
    TaggerBatch::padded(&[vec![1, 2]], &[vec![0]], 0);
}

#[test]
#[should_panic(expected = "all its rows are empty")]
fn a_batch_of_nothing_panics() {
    TaggerBatch::padded(&[vec![], vec![]], &[vec![], vec![]], 0);
}
