//! Clipping by the global norm and by value, on every device of this build.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::SeededRng;
use recurra_train::{clip_grad_norm, clip_grad_value, unscale_gradients};

/// A few roundings of single precision.
const TOLERANCE: f32 = 1e-5;

#[derive(Module, Debug)]
struct Pair {
    matrix: Param<Tensor<2>>,
    vector: Param<Tensor<1>>,
}

/// Gradients `[2, 2]` and `[1]` of a module, from five values.
fn gradients(values: &[f32], device: &Device) -> (Pair, GradientsParams) {
    let matrix = Tensor::from_data(TensorData::new(values[..4].to_vec(), [2, 2]), device);
    let vector = Tensor::from_data(TensorData::new(values[4..].to_vec(), [1]), device);
    let module = Pair {
        matrix: Param::from_tensor(matrix.clone()),
        vector: Param::from_tensor(vector.clone()),
    };
    let mut gradients = GradientsParams::new();
    gradients.register::<2>(module.matrix.id, matrix);
    gradients.register::<1>(module.vector.id, vector);
    (module, gradients)
}

/// The norm seen and the gradients left.
fn clipped(values: &[f32], max_norm: f64, device: &Device) -> (f64, Vec<f32>) {
    clipped_by(clip_grad_norm, values, max_norm, device)
}

/// The largest value seen and the gradients left.
fn clipped_value(values: &[f32], max_value: f64, device: &Device) -> (f64, Vec<f32>) {
    clipped_by(clip_grad_value, values, max_value, device)
}

/// What a way of clipping saw, and the gradients that it left.
fn clipped_by(
    clip: fn(&mut GradientsParams, &Pair, f64) -> f64,
    values: &[f32],
    limit: f64,
    device: &Device,
) -> (f64, Vec<f32>) {
    let (module, mut gradients) = gradients(values, device);
    let seen = clip(&mut gradients, &module, limit);
    (seen, left(&gradients, &module))
}

fn unscaled(values: &[f32], scale: f64, device: &Device) -> (f64, Vec<f32>) {
    clipped_by(unscale_gradients, values, scale, device)
}

fn left(gradients: &GradientsParams, module: &Pair) -> Vec<f32> {
    let matrix = gradients
        .get::<2>(module.matrix.id)
        .expect("the gradient is still there");
    let vector = gradients
        .get::<1>(module.vector.id)
        .expect("the gradient is still there");
    let mut left: Vec<f32> = matrix.into_data().iter::<f32>().collect();
    left.extend(vector.into_data().iter::<f32>());
    left
}

fn close(left: &[f32], right: &[f32]) -> bool {
    left.iter()
        .zip(right)
        .all(|(l, r)| (l - r).abs() <= TOLERANCE * (1.0 + r.abs()))
}

// a, b = torch.zeros(2, 2), torch.zeros(1); a.grad = torch.tensor([[1., 2.], [2., 0.]]); b.grad = torch.tensor([4.])
// torch.nn.utils.clip_grad_norm_([a, b], 2.5) gives 5, and the gradients are then halved: 2.5 / (5 + 1e-6).
fn gradients_above_the_norm_are_scaled_together(device: &Device) {
    let (norm, left) = clipped(&[1.0, 2.0, 2.0, 0.0, 4.0], 2.5, device);
    assert!((norm - 5.0).abs() < 1e-5, "{norm}");
    assert!(close(&left, &[0.5, 1.0, 1.0, 0.0, 2.0]), "{left:?}");
}

fn gradients_below_the_norm_are_left_as_they_are(device: &Device) {
    let values = [1.0, 2.0, 2.0, 0.0, 4.0];
    assert_eq!(clipped(&values, 5.1, device).1, values);
    assert_eq!(clipped(&[0.0; 5], 1.0, device), (0.0, vec![0.0; 5]));
    assert_eq!(clipped(&values, f64::INFINITY, device).1, values);
}

fn a_norm_that_is_not_finite_is_returned(device: &Device) {
    let (norm, left) = clipped(&[1.0, f32::NAN, 0.0, 0.0, 1.0], 1.0, device);
    assert!(norm.is_nan() && left[0] == 1.0, "{norm} {left:?}");
}

/// As the same seed is to give the same weights on a GPU too, whose threads end in any order.
fn the_norm_of_equal_gradients_is_equal_in_every_bit(device: &Device) {
    let mut rng = SeededRng::new(5);
    let values: Vec<f32> = (0..64 * 41).map(|_| rng.normal() as f32).collect();
    let weight = Tensor::<2>::from_data(TensorData::new(values, [64, 41]), device);
    let module = Param::from_tensor(weight.clone());
    let mut gradients = GradientsParams::new();
    gradients.register::<2>(module.id, weight);
    let mut norm = || clip_grad_norm(&mut gradients, &module, f64::INFINITY);
    let first = norm();
    assert!((1..30).all(|_| norm() == first));
}

fn the_norm_is_kept_and_so_is_the_direction(device: &Device) {
    let values = proptest::collection::vec(-100.0f32..100.0, 5);
    proptest!(ProptestConfig::with_cases(32), |(values in values, max_norm in 0.01f64..50.0)| {
        let (norm, left) = clipped(&values, max_norm, device);
        let after = left.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
        prop_assert!(after <= max_norm.min(norm) * (1.0 + f64::from(TOLERANCE)));
        let factor = (after / norm) as f32;
        let scaled: Vec<f32> = values.iter().map(|x| x * factor).collect();
        prop_assert!(norm == 0.0 || close(&left, &scaled), "{left:?} {scaled:?}");
    });
}

// torch.nn.utils.clip_grad_value_([a, b], 1.5) on gradients [[1, -2], [2, 0]] and [-4] leaves [[1, -1.5], [1.5, 0]], [-1.5].
fn values_beyond_the_limit_are_put_on_it(device: &Device) {
    let values = [1.0, -2.0, 2.0, 0.0, -4.0];
    let (largest, left) = clipped_value(&values, 1.5, device);
    assert_eq!((largest, left), (4.0, vec![1.0, -1.5, 1.5, 0.0, -1.5]));
    assert_eq!(clipped_value(&values, 4.0, device).1, values);
    assert_eq!(
        clipped_value(&values, f64::INFINITY, device),
        (4.0, values.to_vec())
    );
    assert_eq!(clipped_value(&[0.0; 5], 1.0, device), (0.0, vec![0.0; 5]));
    for broken in [f32::NAN, f32::NEG_INFINITY] {
        let (largest, left) = clipped_value(&[3.0, 0.0, broken, 0.0, 1.0], 1.0, device);
        assert_eq!((largest, left[0]), (f64::INFINITY, 3.0));
    }
}

/// The squares of some of these are beyond single precision.
fn gradients_of_a_scaled_loss_are_unscaled(device: &Device) {
    let values = proptest::collection::vec(-1.0f32..1.0, 5);
    proptest!(ProptestConfig::with_cases(32), |(values in values, exponent in -20..100)| {
        let scale = 2.0_f64.powi(exponent);
        let scaled: Vec<f32> = values.iter().map(|x| x * scale as f32).collect();
        let (norm, left) = unscaled(&scaled, scale, device);
        prop_assert_eq!(&left, &values);
        prop_assert_eq!(norm, clipped(&values, f64::INFINITY, device).0);
    });
}

fn gradients_that_are_not_finite_are_not_unscaled(device: &Device) {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let (norm, left) = unscaled(&[2.0, 4.0, value, 8.0, 6.0], 2.0, device);
        assert!(
            !norm.is_finite() && left[0] == 2.0 && left[4] == 6.0,
            "{norm} {left:?}"
        );
    }
}

recurra_cells::device_tests!(
    gradients_of_a_scaled_loss_are_unscaled,
    gradients_that_are_not_finite_are_not_unscaled,
    gradients_above_the_norm_are_scaled_together,
    gradients_below_the_norm_are_left_as_they_are,
    a_norm_that_is_not_finite_is_returned,
    the_norm_of_equal_gradients_is_equal_in_every_bit,
    the_norm_is_kept_and_so_is_the_direction,
    values_beyond_the_limit_are_put_on_it,
);
