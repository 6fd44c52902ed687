//! Decoupled weight decay of Adam, on every device of this build.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::SeededRng;
use recurra_train::{ClippedAdam, ClippedAdamConfig};

/// A few roundings of single precision, relative to weights of about 1.
const TOLERANCE: f64 = 1e-6;

#[derive(Module, Debug)]
struct Pair {
    matrix: Param<Tensor<2>>,
    vector: Param<Tensor<1>>,
}

impl Pair {
    fn new(matrix: &[f64], vector: &[f64], shape: [usize; 2], device: &Device) -> Self {
        let matrix = TensorData::new(matrix.to_vec(), shape);
        let vector = TensorData::new(vector.to_vec(), [vector.len()]);
        Self {
            matrix: Param::from_tensor(Tensor::from_data(matrix, device)),
            vector: Param::from_tensor(Tensor::from_data(vector, device)),
        }
    }

    fn gradients(&self, matrix: &[f64], vector: Option<&[f64]>) -> GradientsParams {
        let (mut made, device) = (GradientsParams::new(), self.matrix.val().device());
        let data = TensorData::new(matrix.to_vec(), self.matrix.shape());
        made.register::<2>(self.matrix.id, Tensor::from_data(data, &device));
        if let Some(vector) = vector {
            let data = TensorData::new(vector.to_vec(), [vector.len()]);
            made.register::<1>(self.vector.id, Tensor::from_data(data, &device));
        }
        made
    }

    /// Every weight, the matrix first.
    fn weights(&self) -> Vec<f32> {
        let matrix = self.matrix.val().into_data();
        let vector = self.vector.val().into_data();
        matrix.iter::<f32>().chain(vector.iter::<f32>()).collect()
    }
}

fn random(length: usize, rng: &mut SeededRng) -> Vec<f64> {
    (0..length).map(|_| rng.uniform(-1.0, 1.0)).collect()
}

fn optimizer(weight_decay: f64) -> ClippedAdam {
    let config = ClippedAdamConfig {
        weight_decay,
        ..ClippedAdamConfig::new(1.0)
    };
    ClippedAdam::new(config).expect("the configuration is in range")
}

/// A step with decay is a step without from the shrunken weights, to the bit, because Adam's own step does not look at the
/// weights.
fn decay_shrinks_the_weights_before_the_step(device: &Device) {
    let strategy = (
        1..23_usize,
        1..11_usize,
        any::<u64>(),
        0.0..2.0_f64,
        1e-4..0.3_f64,
    );
    proptest!(ProptestConfig::with_cases(24), |((rows, columns, seed, decay, rate) in strategy)| {
        let (mut rng, shape) = (SeededRng::new(seed), [rows, columns]);
        let weights = [random(rows * columns, &mut rng), random(columns, &mut rng)];
        let mut decayed = Pair::new(&weights[0], &weights[1], shape, device);
        let (mut with, mut without) = (optimizer(decay), optimizer(0.0));
        for _ in 0..3 {
            let gradients = [random(rows * columns, &mut rng), random(columns, &mut rng)];
            let shrunken = Pair {
                matrix: decayed.matrix.clone().map(|weight| weight * (1.0 - rate * decay)),
                vector: decayed.vector.clone().map(|weight| weight * (1.0 - rate * decay)),
            };
            let step = |pair: &Pair| pair.gradients(&gradients[0], Some(&gradients[1]));
            let (expected, _) = without.step(rate, shrunken.clone(), step(&shrunken));
            let found = step(&decayed);
            decayed = with.step(rate, decayed, found).0;
            prop_assert_eq!(decayed.weights(), expected.weights());
        }
    });
}

fn it_is_pytorchs_adamw_behind_clip_grad_norm(device: &Device) {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("goldens/adam_weight_decay.json")).expect("JSON");
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    let numbers = |value: &serde_json::Value| -> Option<Vec<f64>> {
        Some(value.as_array()?.iter().map(number).collect())
    };
    let list = |value: &serde_json::Value| numbers(value).expect("a list of numbers");
    let initial = &golden["parameters"];
    let shape: Vec<usize> = serde_json::from_value(golden["shapes"]["matrix"].clone()).unwrap();
    let shape = shape.try_into().expect("a matrix");
    let mut pair = Pair::new(
        &list(&initial["matrix"]),
        &list(&initial["vector"]),
        shape,
        device,
    );
    let mut optimizer = ClippedAdam::new(ClippedAdamConfig {
        beta_1: number(&golden["betas"][0]),
        beta_2: number(&golden["betas"][1]),
        epsilon: number(&golden["epsilon"]),
        max_norm: number(&golden["max_norm"]),
        weight_decay: number(&golden["weight_decay"]),
    })
    .expect("PyTorch's configuration is in range");
    for step in golden["steps"].as_array().expect("a list of steps") {
        let vector = numbers(&step["gradients"]["vector"]);
        let gradients = pair.gradients(&list(&step["gradients"]["matrix"]), vector.as_deref());
        pair = optimizer
            .step(number(&step["learning_rate"]), pair, gradients)
            .0;
        let expected = &step["parameters"];
        let expected = [list(&expected["matrix"]), list(&expected["vector"])].concat();
        for (found, expected) in pair.weights().into_iter().zip(expected) {
            let error = (f64::from(found) - expected).abs();
            assert!(error <= TOLERANCE * (1.0 + expected.abs()), "{error:.1e}");
        }
    }
}

/// The formula in single precision, as it stands in the optimiser without decay.
fn without_decay_not_a_bit_is_another(device: &Device) {
    let (mut rng, shape) = (SeededRng::new(5), [7, 5]);
    let (matrix, vector) = (random(35, &mut rng), random(5, &mut rng));
    let pair = Pair::new(&matrix, &vector, shape, device);
    let gradients = [random(35, &mut rng), random(5, &mut rng)];
    let mut expected = pair.weights();
    let config = ClippedAdamConfig::new(f64::INFINITY);
    for (p, g) in expected.iter_mut().zip(gradients.concat()) {
        let g = g as f32;
        let (m, v) = (
            (1.0 - config.beta_1) as f32 * g,
            (1.0 - config.beta_2) as f32 * g * g,
        );
        let step = (0.1 / (1.0 - config.beta_1)) as f32;
        let root = (1.0 - config.beta_2).sqrt().recip() as f32;
        *p -= step * m / (v.sqrt() * root + config.epsilon as f32);
    }
    let step = pair.gradients(&gradients[0], Some(&gradients[1]));
    let mut optimizer = ClippedAdam::new(config).expect("the defaults are in range");
    let found = optimizer.step(0.1, pair, step).0.weights();
    let name = format!("{device:?}");
    if ["Flex", "NdArray"].iter().any(|host| name.contains(host)) {
        assert_eq!(found, expected);
    } else {
        for (found, expected) in found.iter().zip(&expected) {
            assert!(
                f64::from((found - expected).abs()) <= TOLERANCE,
                "{found}, not {expected}"
            );
        }
    }
}

fn what_has_no_gradient_does_not_decay(device: &Device) {
    let mut rng = SeededRng::new(2);
    let pair = Pair::new(&random(15, &mut rng), &random(5, &mut rng), [3, 5], device);
    let before = pair.weights();
    let gradients = pair.gradients(&[0.0; 15], None);
    let after = optimizer(0.5).step(0.1, pair, gradients).0.weights();
    let shrunken: Vec<f32> = before[..15].iter().map(|weight| 0.95 * weight).collect();
    assert_eq!((&after[..15], &after[15..]), (&shrunken[..], &before[15..]));
}

recurra_cells::cpu_tests!(
    decay_shrinks_the_weights_before_the_step,
    it_is_pytorchs_adamw_behind_clip_grad_norm,
    without_decay_not_a_bit_is_another,
    what_has_no_gradient_does_not_decay,
);

#[test]
fn a_decay_out_of_its_range_is_refused() {
    for (decay, got) in [(-0.1, "-0.1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let config = ClippedAdamConfig {
            weight_decay: decay,
            ..ClippedAdamConfig::new(1.0)
        };
        let refused = ClippedAdam::new(config).expect_err("the decay is out of range");
        assert_eq!(
            refused.to_string(),
            format!("weight_decay must be at least 0 and finite, got {got}")
        );
    }
}
