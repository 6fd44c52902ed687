//! A classifier of series in training, on every device of this build.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, Lengths, RecurrentConfig, SeededRng,
};
use recurra_train::{
    DropoutRates, Pass, Pooling, Regularization, SequenceModel, SeriesBatch, SeriesClassifier,
    SeriesClassifierConfig, TrainingConfig, TruncatedBptt,
};

/// A few roundings of single precision, for logits of about 1.
const TOLERANCE: f32 = 2e-5;

fn classifier(
    direction: Direction,
    pooling: Pooling,
    device: &Device,
) -> SeriesClassifier<AnyCell> {
    let network =
        RecurrentConfig::new(AnyCellConfig::Gru(GruConfig::new(8))).with_direction(direction);
    let mut config = SeriesClassifierConfig::new(2, network, 3);
    config.pooling = pooling;
    config.init(device, &mut SeededRng::new(3))
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

/// Rows of which the one step that is marked has the label, in padding that is `filled`.
fn marked(lengths: &[usize], filled: f32, rng: &mut SeededRng) -> SeriesBatch {
    let steps = lengths.iter().copied().max().unwrap_or(1);
    let (mut all, mut labels) = (Vec::new(), Vec::new());
    for &length in lengths {
        let mark = rng.below(length);
        let mut row: Vec<f32> = (0..length)
            .flat_map(|step| [rng.below(3) as f32, f32::from(u8::from(step == mark))])
            .collect();
        labels.push(row[2 * mark] as usize);
        row.resize(2 * steps, filled);
        all.extend(row);
    }
    let lengths = Lengths::new(lengths.to_vec(), steps).unwrap();
    SeriesBatch::new(all, 2, lengths, labels)
}

fn directions() -> impl Strategy<Value = Direction> {
    use Direction::{Backward, Both, Forward};
    prop_oneof![Just(Forward), Just(Backward), Just(Both)]
}

fn poolings() -> impl Strategy<Value = Pooling> {
    use Pooling::{Attention, Last, Max, Mean};
    prop_oneof![Just(Last), Just(Mean), Just(Max), Just(Attention)]
}

fn a_pass_is_the_forward_pass_and_blind_to_padding(device: &Device) {
    let lengths = prop::collection::vec(1..6_usize, 1..5);
    let cases = (directions(), poolings(), lengths, any::<u64>());
    proptest!(ProptestConfig::with_cases(12), |((direction, pooling, lengths, seed) in cases)| {
        let model = classifier(direction, pooling, device);
        let batch = marked(&lengths, 0.0, &mut SeededRng::new(seed));
        let logits = model.forward(batch.values(device), batch.lengths().clone());
        let expected = values(logits.clone());
        let evaluated = |batch: &SeriesBatch| {
            values(model.pass(batch.values(device), batch.lengths(), Pass::Evaluation).logits)
        };
        prop_assert!(close(&evaluated(&batch), &expected));
        let filled = marked(&lengths, f32::NAN, &mut SeededRng::new(seed));
        prop_assert!(close(&evaluated(&filled), &expected));
        let trained = |rates: DropoutRates| {
            let pass = Pass::Training {
                regularization: &Regularization::from(rates),
                rng: &mut SeededRng::new(1),
            };
            values(model.pass(batch.values(device), batch.lengths(), pass).logits)
        };
        prop_assert!(close(&trained(DropoutRates::NONE), &expected));
        let rates = DropoutRates { recurrent_weights: 0.0, ..DropoutRates::uniform(0.5) };
        prop_assert_eq!(trained(rates), trained(rates));
        let loss = values(model.loss(logits, batch.labels(device)));
        let own = values(model.window_loss(&batch, None, Pass::Evaluation).mean);
        prop_assert!(close(&own, &loss));
    });
}

fn a_label_is_learned_from_batches_of_any_size(device: &Device) {
    let model = classifier(
        Direction::Forward,
        Pooling::Last,
        &device.clone().autodiff(),
    );
    let mut training =
        TruncatedBptt::new(model, TrainingConfig::default(), SeededRng::new(4)).unwrap();
    let mut rng = SeededRng::new(5);
    let lengths = |rows: usize, rng: &mut SeededRng| -> Vec<usize> {
        (0..rows).map(|_| 1 + rng.below(8)).collect()
    };
    for step in 0..400 {
        let lengths = lengths([16, 3, 7][step % 3], &mut rng);
        let batch = marked(&lengths, 0.0, &mut rng);
        training.train_window(&batch, 1e-2).unwrap();
    }
    let model = training.model().valid();
    let lengths = lengths(60, &mut rng);
    let test = marked(&lengths, 0.0, &mut rng);
    let logits = model.forward(test.values(&model.device()), test.lengths().clone());
    let accuracy = model.accuracy(logits, test.labels(&model.device()));
    assert!(accuracy > 0.9, "{accuracy}");
}

recurra_cells::device_tests!(a_pass_is_the_forward_pass_and_blind_to_padding);

/// What takes too many passes for software Vulkan.
mod long {
    use super::a_label_is_learned_from_batches_of_any_size;

    recurra_cells::cpu_tests!(a_label_is_learned_from_batches_of_any_size);
}

#[test]
#[should_panic(expected = "3 values do not fill [B, T, D] = [1, 2, 2]")]
fn too_few_values_panic() {
    SeriesBatch::new(vec![0.0; 3], 2, Lengths::new(vec![2], 2).unwrap(), vec![0]);
}

#[test]
#[should_panic(expected = "label 3 is not one of 3 classes")]
fn a_label_without_a_class_panics() {
    let lengths = Lengths::new(vec![1], 1).unwrap();
    let batch = SeriesBatch::new(vec![0.0; 2], 2, lengths, vec![3]);
    let model = classifier(Direction::Forward, Pooling::Last, &Device::default());
    model.assert_fits(&batch);
}
