//! Gradient descent behind clipping, against a computation by hand.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::{SeededRng, device_tests};
use recurra_train::{ClippedSgd, ClippedSgdConfig, redraw_uniform};

const TOLERANCE: f64 = 1e-6;

#[derive(Module, Debug)]
struct Weights {
    vector: Param<Tensor<1>>,
    idle: Param<Tensor<1>>,
}

fn tensor(values: &[f64], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

fn values(tensor: &Param<Tensor<1>>) -> Vec<f64> {
    tensor.val().into_data().iter::<f64>().collect()
}

/// One step from `weights` down `gradient`, and the norm that was seen.
fn step(
    config: ClippedSgdConfig,
    rate: f64,
    weights: &[f64],
    gradient: &[f64],
    device: &Device,
) -> (Weights, f64) {
    let module = Weights {
        vector: Param::from_tensor(tensor(weights, &device.clone().autodiff())),
        idle: Param::from_tensor(tensor(&[7.0], &device.clone().autodiff())),
    };
    let mut gradients = GradientsParams::new();
    gradients.register::<1>(module.vector.id, tensor(gradient, device));
    let optimizer = ClippedSgd::new(config).expect("the configuration is in range");
    optimizer.step(rate, module, gradients)
}

fn a_step_is_clipped_and_decayed(device: &Device) {
    let config = ClippedSgdConfig {
        weight_decay: 0.5,
        ..ClippedSgdConfig::new(1.0)
    };
    let (module, norm) = step(config, 0.1, &[1.0, -2.0], &[3.0, 4.0], device);
    assert!((norm - 5.0).abs() < TOLERANCE);
    // 1 - 0.1 * (3 / 5 + 0.5 * 1) and -2 - 0.1 * (4 / 5 - 0.5 * 2)
    for (value, expected) in values(&module.vector).iter().zip([0.89, -1.98]) {
        assert!((value - expected).abs() < TOLERANCE, "{value} {expected}");
    }
    assert_eq!(values(&module.idle), [7.0]);
    assert!(module.vector.val().is_require_grad());
}

fn a_gradient_that_is_not_finite_changes_nothing(device: &Device) {
    let config = ClippedSgdConfig::new(1.0);
    let (module, norm) = step(config, 0.1, &[1.0, -2.0], &[f64::NAN, 4.0], device);
    assert!(norm.is_nan());
    assert_eq!(values(&module.vector), [1.0, -2.0]);
}

device_tests!(
    a_step_is_clipped_and_decayed,
    a_gradient_that_is_not_finite_changes_nothing
);

#[test]
fn settings_out_of_range_are_named() {
    let cases = [
        (0.0, 0.0, "max_norm must be above 0, got 0"),
        (
            1.0,
            -1.0,
            "weight_decay must be at least 0 and finite, got -1",
        ),
    ];
    for (max_norm, weight_decay, expected) in cases {
        let config = ClippedSgdConfig {
            max_norm,
            weight_decay,
        };
        let error = ClippedSgd::new(config).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
}

proptest! {
    #[test]
    fn no_step_is_longer_than_the_rate_times_the_clip(
        gradient in prop::collection::vec(-1e3f64..1e3, 1..9),
        max_norm in 1e-3f64..10.0,
        rate in 1e-3f64..2.0,
    ) {
        let weights = vec![0.0; gradient.len()];
        let device = Device::default();
        let (module, norm) = step(ClippedSgdConfig::new(max_norm), rate, &weights, &gradient, &device);
        let length = values(&module.vector).iter().map(|x| x * x).sum::<f64>().sqrt();
        let expected = rate * norm.min(max_norm);
        prop_assert!((length - expected).abs() <= 1e-4 * expected + 1e-9, "{length} {expected}");
    }
}

proptest! {
    #[test]
    fn weights_are_drawn_anew_within_their_range(bound in 0.01f64..2.0, seed: u64, size in 1usize..40) {
        let device = Device::default();
        let weights = || Weights {
            vector: Param::from_tensor(tensor(&vec![9.0; size], &device)),
            idle: Param::from_tensor(tensor(&[9.0], &device)),
        };
        let drawn = redraw_uniform(weights(), bound, &mut SeededRng::new(seed));
        let all = [values(&drawn.vector), values(&drawn.idle)].concat();
        prop_assert!(all.iter().all(|value| value.abs() <= bound * (1.0 + TOLERANCE)), "{all:?}");
        let again = redraw_uniform(weights(), bound, &mut SeededRng::new(seed));
        prop_assert_eq!(&all, &[values(&again.vector), values(&again.idle)].concat());
        prop_assert!(size < 2 || all[0] != all[1]);
    }
}
