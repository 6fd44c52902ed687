//! A forecaster in training, on every device of this build.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, Lengths, RecurrentConfig, SeededRng,
};
use recurra_train::{
    DropoutRates, ForecastBatch, Forecaster, ForecasterConfig, Pass, Regularization, SequenceModel,
    TrainingConfig, TruncatedBptt,
};

/// A few roundings of single precision, for forecasts of about 1.
const TOLERANCE: f32 = 2e-5;

/// Of two series, over three steps of one.
fn forecaster(direction: Direction, layers: usize, device: &Device) -> Forecaster<AnyCell> {
    let network = RecurrentConfig::new(AnyCellConfig::Gru(GruConfig::new(8)))
        .with_direction(direction)
        .with_num_layers(layers);
    ForecasterConfig::new(2, network, 3, 1).init(device, &mut SeededRng::new(3))
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

/// Sines of random phases, whose period is told by a second series.
fn sines(rows: usize, steps: usize, rng: &mut SeededRng) -> ForecastBatch {
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let speed = [0.4, 0.8][rng.below(2)];
        let phase = 6.3 * rng.below(1000) as f32 / 1000.0;
        let at = |step: usize| (phase + speed * step as f32).sin();
        inputs.extend((0..steps).flat_map(|step| [at(step), speed]));
        targets.extend((steps..steps + 3).map(at));
    }
    ForecastBatch::new((inputs, [rows, steps, 2]), (targets, [rows, 3, 1]))
}

fn directions() -> impl Strategy<Value = Direction> {
    use Direction::{Backward, Both, Forward};
    prop_oneof![Just(Forward), Just(Backward), Just(Both)]
}

fn a_pass_is_the_forward_pass_unless_something_is_dropped(device: &Device) {
    let cases = (
        directions(),
        1..3_usize,
        1..4_usize,
        1..6_usize,
        any::<u64>(),
    );
    proptest!(ProptestConfig::with_cases(12), |((direction, layers, rows, steps, seed) in cases)| {
        let model = forecaster(direction, layers, device);
        let batch = sines(rows, steps, &mut SeededRng::new(seed));
        let inputs = || batch.inputs(device);
        let forecasts = model.forward(inputs(), None);
        let expected = values(forecasts.clone());
        let trained = |rates: DropoutRates| {
            let pass = Pass::Training {
                regularization: &Regularization::from(rates),
                rng: &mut SeededRng::new(1),
            };
            values(model.pass(inputs(), pass).forecasts)
        };
        prop_assert!(close(&values(model.pass(inputs(), Pass::Evaluation).forecasts), &expected));
        prop_assert!(close(&trained(DropoutRates::NONE), &expected));
        let rates = DropoutRates { recurrent_weights: 0.0, ..DropoutRates::uniform(0.5) };
        prop_assert_eq!(trained(rates), trained(rates));
        let loss = values(model.loss(forecasts, batch.targets(device)));
        let own = values(model.window_loss(&batch, None, Pass::Evaluation).mean);
        prop_assert!(close(&own, &loss));
    });
}

fn a_series_is_learned_from_batches_of_any_size(device: &Device) {
    let model = forecaster(Direction::Forward, 1, &device.clone().autodiff());
    let mut training =
        TruncatedBptt::new(model, TrainingConfig::default(), SeededRng::new(4)).unwrap();
    let mut rng = SeededRng::new(5);
    for step in 0..400 {
        let batch = sines([16, 3, 7][step % 3], 12, &mut rng);
        training.train_window(&batch, 1e-2).unwrap();
    }
    let model = training.model().valid();
    let test = sines(50, 12, &mut rng);
    let loss = values(model.window_loss(&test, None, Pass::Evaluation).mean)[0];
    // The mean of all sines, which is 0, has an error of 0.5.
    assert!(loss < 0.02, "{loss}");
}

/// A network whose output layer says nothing leaves the forecast to the highway.
fn a_highway_is_a_linear_map_of_the_last_valid_steps(device: &Device) {
    let network = RecurrentConfig::new(AnyCellConfig::Gru(GruConfig::new(3)));
    let config = ForecasterConfig::new(2, network, 1, 1).with_highway_steps(2);
    let mut model = config.init(device, &mut SeededRng::new(3));
    assert_eq!(model.highway_steps(), 2);
    let weights = |values: &[f32]| {
        let data = TensorData::new(values.to_vec(), [values.len(), 1]);
        Param::from_tensor(Tensor::<2>::from_data(data, device))
    };
    model.output.weight = weights(&[0.0; 3]);
    model.highway.as_mut().expect("two steps").weight = weights(&[1000.0, 100.0, 10.0, 1.0]);
    let inputs = (1..=18).map(|it| it as f32).collect::<Vec<_>>();
    let inputs = || Tensor::from_data(TensorData::new(inputs.clone(), [3, 3, 2]), device);
    let whole = values(model.forward(inputs(), None));
    assert_eq!(whole, [3456.0, 10_122.0, 16_788.0]);
    // Of the second row one step counts, of the third none.
    let lengths = Lengths::new(vec![2, 1, 0], 3).unwrap();
    assert_eq!(
        values(model.forward(inputs(), lengths)),
        [1234.0, 78.0, 0.0]
    );
}

/// Pairs of numbers that have nothing to do with each other, and twice the second less the first.
fn pairs(rows: usize, rng: &mut SeededRng) -> ForecastBatch {
    let draw = |_| rng.below(1000) as f32 / 500.0 - 1.0;
    let pairs: Vec<f32> = (0..2 * rows).map(draw).collect();
    let targets = pairs.chunks_exact(2).map(|pair| 2.0 * pair[1] - pair[0]);
    let targets = (targets.collect(), [rows, 1, 1]);
    ForecastBatch::new((pairs, [rows, 2, 1]), targets)
}

fn a_highway_learns_what_is_linear(device: &Device) {
    let loss = |steps: usize| {
        let network = RecurrentConfig::new(AnyCellConfig::Gru(GruConfig::new(1)));
        let config = ForecasterConfig::new(1, network, 1, 1).with_highway_steps(steps);
        let model = config.init(&device.clone().autodiff(), &mut SeededRng::new(3));
        let mut training =
            TruncatedBptt::new(model, TrainingConfig::default(), SeededRng::new(4)).unwrap();
        let mut rng = SeededRng::new(5);
        for _ in 0..600 {
            training.train_window(&pairs(32, &mut rng), 2e-2).unwrap();
        }
        let model = training.model_for_use();
        let test = pairs(200, &mut rng);
        values(model.window_loss(&test, None, Pass::Evaluation).mean)[0]
    };
    // A single unit says how large the sum is, but not exactly.
    let (alone, with_highway) = (loss(0), loss(2));
    assert!(with_highway < alone / 10.0, "{with_highway}, {alone}");
}

recurra_cells::device_tests!(
    a_pass_is_the_forward_pass_unless_something_is_dropped,
    a_highway_is_a_linear_map_of_the_last_valid_steps,
);

/// What takes too many passes for software Vulkan.
mod long {
    use super::{a_highway_learns_what_is_linear, a_series_is_learned_from_batches_of_any_size};

    recurra_cells::cpu_tests!(
        a_highway_learns_what_is_linear,
        a_series_is_learned_from_batches_of_any_size,
    );
}

#[test]
#[should_panic(expected = "3 inputs do not fill [1, 2, 2]")]
fn too_few_inputs_panic() {
    ForecastBatch::new((vec![0.0; 3], [1, 2, 2]), (vec![0.0; 3], [1, 3, 1]));
}

#[test]
#[should_panic(expected = "the targets are [2, 3, 1], but the inputs are [1, 2, 2]")]
fn rows_without_a_target_panic() {
    ForecastBatch::new((vec![0.0; 4], [1, 2, 2]), (vec![0.0; 6], [2, 3, 1]));
}

#[test]
#[should_panic(expected = "the targets are [1, 2, 1], but forecasts are [B, 3, 1]")]
fn targets_of_another_horizon_panic() {
    let batch = ForecastBatch::new((vec![0.0; 4], [1, 2, 2]), (vec![0.0; 2], [1, 2, 1]));
    forecaster(Direction::Forward, 1, &Device::default()).assert_fits(&batch);
}

#[test]
#[should_panic(
    expected = "the inputs are [B, T, D] = [1, 2, 3], but the forecaster reads 2 series"
)]
fn inputs_of_another_width_panic() {
    let batch = ForecastBatch::new((vec![0.0; 6], [1, 2, 3]), (vec![0.0; 3], [1, 3, 1]));
    forecaster(Direction::Forward, 1, &Device::default()).assert_fits(&batch);
}
