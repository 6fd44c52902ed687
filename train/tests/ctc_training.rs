//! A recogniser in training, on every device of this build.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, Lengths, RecurrentConfig, SeededRng,
};
use recurra_train::{
    CtcBatch, CtcRecognizer, CtcRecognizerConfig, DropoutRates, Pass, Regularization,
    SequenceModel, SequenceWindow, TrainingConfig, TruncatedBptt, ctc_frames_needed, evaluate,
};

const SYMBOLS: usize = 3;
/// A few roundings of single precision, for losses of about 10.
const TOLERANCE: f32 = 1e-4;

/// Each symbol lifts the feature of its number.
fn recogniser(direction: Direction, layers: usize, device: &Device) -> CtcRecognizer<AnyCell> {
    let network = RecurrentConfig::new(AnyCellConfig::Gru(GruConfig::new(7)))
        .with_direction(direction)
        .with_num_layers(layers);
    CtcRecognizerConfig::new(SYMBOLS, SYMBOLS, network).init(device, &mut SeededRng::new(3))
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

/// A row for each target: a frame or two for each symbol, between equal ones a frame of noise, and as much behind the last.
fn frames(targets: &[Vec<u32>], rng: &mut SeededRng) -> CtcBatch {
    let row = |target: &Vec<u32>| -> Vec<f32> {
        let mut frames: Vec<Option<u32>> = Vec::new();
        for (at, &symbol) in target.iter().enumerate() {
            let repeats = at > 0 && target[at - 1] == symbol;
            frames.extend(repeats.then_some(None));
            frames.extend(std::iter::repeat_n(Some(symbol), 1 + rng.below(2)));
        }
        frames.push(None);
        assert!(frames.len() >= ctc_frames_needed(target));
        let lift = |frame: Option<u32>, feature| f32::from(frame == Some(feature as u32));
        frames
            .into_iter()
            .flat_map(|frame| (0..SYMBOLS).map(move |feature| lift(frame, feature)))
            .map(|lift| lift + 0.1 * rng.normal() as f32)
            .collect()
    };
    let rows: Vec<Vec<f32>> = targets.iter().map(row).collect();
    CtcBatch::padded(&rows, SYMBOLS, targets.to_vec())
}

fn targets() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let target = proptest::collection::vec(0..SYMBOLS as u32, 0..5);
    proptest::collection::vec(target, 1..5)
}

fn directions() -> impl Strategy<Value = Direction> {
    use Direction::{Backward, Both, Forward};
    prop_oneof![Just(Forward), Just(Backward), Just(Both)]
}

fn a_pass_is_the_forward_pass_unless_something_is_dropped(device: &Device) {
    let cases = (targets(), directions(), 1..3_usize, any::<u64>());
    proptest!(ProptestConfig::with_cases(12), |((targets, direction, layers, seed) in cases)| {
        let model = recogniser(direction, layers, device);
        let batch = frames(&targets, &mut SeededRng::new(seed));
        let (features, lengths) = (|| batch.features(device), batch.lengths());
        let log_probs = model.forward(features(), lengths.clone());
        let expected = values(log_probs.clone());
        let trained = |rates: DropoutRates| {
            let pass = Pass::Training {
                regularization: &Regularization::from(rates),
                rng: &mut SeededRng::new(1),
            };
            values(model.pass(features(), Some(lengths), pass).log_probs)
        };
        let evaluated = model.pass(features(), Some(lengths), Pass::Evaluation);
        prop_assert!(close(&values(evaluated.log_probs), &expected));
        prop_assert!(close(&trained(DropoutRates::NONE), &expected));
        let rates = DropoutRates { recurrent_weights: 0.0, ..DropoutRates::uniform(0.5) };
        prop_assert_eq!(trained(rates), trained(rates));
        let loss = model.loss(log_probs, Some(lengths), &targets).expect("there are frames enough");
        let loss = values(loss);
        let window = model.window_loss(&batch, None, Pass::Evaluation);
        prop_assert!(close(&values(window.mean), &loss));
        prop_assert!(close(&values(model.batch_loss(&batch).expect("the same")), &loss));
        prop_assert_eq!((batch.batch_size(), batch.valid_steps()), (targets.len(), targets.len()));
    });
}

fn dropping_changes_what_is_trained(device: &Device) {
    let model = recogniser(Direction::Both, 2, device);
    let batch = frames(&[vec![0, 1, 2], vec![2]], &mut SeededRng::new(1));
    let loss = |rates: DropoutRates| {
        let pass = Pass::Training {
            regularization: &Regularization::from(rates),
            rng: &mut SeededRng::new(2),
        };
        values(model.window_loss(&batch, None, pass).mean)
    };
    let none = loss(DropoutRates::NONE);
    for change in [
        |rates: &mut DropoutRates| rates.input = 0.5,
        |rates: &mut DropoutRates| rates.between = 0.5,
        |rates: &mut DropoutRates| rates.recurrent = 0.5,
        |rates: &mut DropoutRates| rates.output = 0.5,
    ] {
        let mut rates = DropoutRates::NONE;
        change(&mut rates);
        assert_ne!(loss(rates), none, "{rates:?}");
    }
}

fn symbols_are_learned_from_batches_of_any_size(device: &Device) {
    let model = recogniser(Direction::Both, 1, &device.clone().autodiff());
    let config = TrainingConfig {
        regularization: DropoutRates::uniform(0.05).into(),
        ..TrainingConfig::default()
    };
    let mut training = TruncatedBptt::new(model, config, SeededRng::new(4)).unwrap();
    let mut rng = SeededRng::new(5);
    let mut draw = |rows: usize| {
        let mut target = || {
            (0..1 + rng.below(4))
                .map(|_| rng.below(SYMBOLS) as u32)
                .collect()
        };
        let targets: Vec<Vec<u32>> = (0..rows).map(|_| target()).collect();
        frames(&targets, &mut rng)
    };
    for step in 0..300 {
        let batch = draw([8, 3, 5][step % 3]);
        training.train_window(&batch, 2e-2).unwrap();
    }
    let (model, test) = (training.model().valid(), draw(40));
    let read = model.greedy(test.features(device), Some(test.lengths()));
    let right = read.iter().zip(test.targets()).filter(|(a, b)| a == b);
    assert!(right.count() >= 36, "{read:?} {:?}", test.targets());
    let nats = evaluate(&model, [test]);
    assert!(nats < 1.0, "{nats}");
}

recurra_cells::device_tests!(
    a_pass_is_the_forward_pass_unless_something_is_dropped,
    dropping_changes_what_is_trained,
);

/// What takes too many passes for software Vulkan.
mod long {
    use super::symbols_are_learned_from_batches_of_any_size;

    recurra_cells::cpu_tests!(symbols_are_learned_from_batches_of_any_size);
}

#[test]
fn what_cannot_be_aligned_is_refused() {
    let model = recogniser(Direction::Forward, 1, &Device::default());
    let refusal = |target: Vec<u32>| {
        let batch = CtcBatch::padded(&[[0.0; 3 * SYMBOLS]], SYMBOLS, vec![target]);
        let refused = model.batch_loss(&batch).expect_err("no alignment");
        refused.to_string()
    };
    assert_eq!(refusal(vec![3]), "targets must be symbols below 3, got 3");
    assert_eq!(
        refusal(vec![1, 1, 2]),
        "row 0 must have at least 4 frames for its 3 symbols, got 3"
    );
}

#[test]
fn rows_are_padded_to_the_longest() {
    let rows = [vec![1.0, 2.0], vec![3.0, 4.0, 5.0, 6.0], vec![]];
    let batch = CtcBatch::padded(&rows, 2, vec![vec![0], vec![1], vec![]]);
    let features = [1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 5.0, 6.0, 0.0, 0.0, 0.0, 0.0];
    assert_eq!(values(batch.features(&Device::default())), features);
    assert_eq!(batch.lengths().as_slice(), [1, 2, 0]);
    let again = CtcBatch::new(
        features.to_vec(),
        2,
        batch.lengths().clone(),
        batch.targets().to_vec(),
    );
    assert_eq!(again, batch);
}

#[test]
#[should_panic(expected = "row 0 must have at least 2 frames for its 2 symbols, got 1")]
fn a_window_without_an_alignment_panics() {
    let batch = CtcBatch::padded(&[[0.0; SYMBOLS]], SYMBOLS, vec![vec![0, 1]]);
    recogniser(Direction::Forward, 1, &Device::default()).assert_fits(&batch);
}

#[test]
#[should_panic(
    expected = "the features are [B, T, D] = [1, 2, 2], but the recogniser reads frames of 3"
)]
fn frames_of_another_width_panic() {
    let batch = CtcBatch::padded(&[[0.0; 4]], 2, vec![vec![0]]);
    recogniser(Direction::Forward, 1, &Device::default()).assert_fits(&batch);
}

#[test]
#[should_panic(expected = "5 features do not fill [B, T, D] = [1, 2, 3]")]
fn too_few_features_panic() {
    let lengths = Lengths::new(vec![2], 2).unwrap();
    CtcBatch::new(vec![0.0; 5], 3, lengths, vec![vec![0]]);
}

#[test]
#[should_panic(expected = "a row of 5 features is not a whole number of frames of 3")]
fn a_part_of_a_frame_panics() {
    CtcBatch::padded(&[[0.0; 5]], 3, vec![vec![0]]);
}

#[test]
#[should_panic(expected = "there are 2 targets for 1 rows")]
fn a_target_without_frames_panics() {
    CtcBatch::padded(&[[0.0; 3]], 3, vec![vec![0], vec![1]]);
}
