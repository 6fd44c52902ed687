//! Adam behind clipping, on every device of this build.

use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{DType, Device, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::SeededRng;
use recurra_train::{AdamMoments, ClippedAdam, ClippedAdamConfig, clip_grad_norm};

/// A few roundings of single precision, relative to weights of about 1.
const TOLERANCE: f64 = 1e-6;

#[derive(Module, Debug)]
struct Pair {
    matrix: Param<Tensor<2>>,
    vector: Param<Tensor<1>>,
}

/// The gradient of each parameter that has one.
#[derive(Clone, Debug, Default)]
struct Gradients {
    matrix: Option<Vec<f64>>,
    vector: Option<Vec<f64>>,
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

    fn random(shape: [usize; 2], rng: &mut SeededRng, device: &Device) -> Self {
        let [matrix, vector] = [shape[0] * shape[1], shape[1]].map(|size| random(size, 1.0, rng));
        Self::new(&matrix, &vector, shape, device)
    }

    /// Gradients on the module's device and in its number type, but outside of autodiff, as burn's own are.
    fn gradients(&self, gradients: &Gradients) -> GradientsParams {
        let (mut made, matrix) = (GradientsParams::new(), self.matrix.val().inner());
        let options = (&matrix.device(), matrix.dtype());
        if let Some(values) = &gradients.matrix {
            let data = TensorData::new(values.clone(), matrix.shape());
            made.register::<2>(self.matrix.id, Tensor::from_data(data, options));
        }
        if let Some(values) = &gradients.vector {
            let data = TensorData::new(values.clone(), [values.len()]);
            made.register::<1>(self.vector.id, Tensor::from_data(data, options));
        }
        made
    }

    fn random_gradients(&self, size: f64, rng: &mut SeededRng) -> GradientsParams {
        let [matrix, vector] = [self.matrix.dims().iter().product(), self.vector.dims()[0]]
            .map(|length| Some(random(length, size, rng)));
        self.gradients(&Gradients { matrix, vector })
    }

    /// Every weight, the matrix first.
    fn weights(&self) -> Vec<f64> {
        let (matrix, vector) = (self.matrix.val(), self.vector.val());
        [values(matrix), values(vector)].concat()
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn random(length: usize, size: f64, rng: &mut SeededRng) -> Vec<f64> {
    (0..length).map(|_| size * rng.uniform(-1.0, 1.0)).collect()
}

fn clipped_adam(max_norm: f64) -> ClippedAdam {
    ClippedAdam::new(ClippedAdamConfig::new(max_norm)).expect("the configuration is in range")
}

/// Everything that an optimiser remembers, to compare bit by bit.
fn remembered(optimizer: &ClippedAdam) -> Vec<(u64, usize, Vec<f64>, Vec<f64>)> {
    let moments = optimizer.moments().iter();
    let plain = moments.map(|(id, moments)| {
        let (first, second) = (moments.first.clone(), moments.second.clone());
        (id.val(), moments.steps, values(first), values(second))
    });
    plain.collect()
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (index, (f, e)) in found.iter().zip(expected).enumerate() {
        let error = (f - e).abs();
        assert!(
            error <= tolerance * (1.0 + e.abs()),
            "{index}: {f}, not {e}: {error:.1e}"
        );
    }
}

fn it_is_burns_adam_behind_clip_grad_norm(device: &Device) {
    // burn's optimiser takes no parameter from elsewhere.
    let device = device.clone().autodiff();
    let (rows, columns, seed) = (1..23_usize, 1..11_usize, any::<u64>());
    let (max_norm, rate) = (prop_oneof![0.1..5.0, Just(f64::INFINITY)], 1e-4..1e-2);
    let strategy = (rows, columns, seed, max_norm, rate);
    proptest!(ProptestConfig::with_cases(24), |((rows, columns, seed, max_norm, rate) in strategy)| {
        let mut rng = SeededRng::new(seed);
        let mut ours = Pair::random([rows, columns], &mut rng, &device);
        let mut burns = ours.clone();
        let mut optimizer = clipped_adam(max_norm);
        let mut reference = AdamConfig::new().with_epsilon(1e-8).init();
        for step in 0..5 {
            // From far below to far above the norm.
            let (size, mut other) = (10.0_f64.powi(step - 2), rng.clone());
            let (stepped, norm) = optimizer.step(rate, ours.clone(), ours.random_gradients(size, &mut rng));
            let mut gradients = burns.random_gradients(size, &mut other);
            let expected_norm = clip_grad_norm(&mut gradients, &burns, max_norm);
            burns = reference.step(rate, burns, gradients);
            ours = stepped;
            assert_close(&[norm], &[expected_norm], TOLERANCE);
            assert_close(&ours.weights(), &burns.weights(), TOLERANCE);
        }
    });
}

// The golden file and what it was made with: goldens/generate_adam.py.
fn it_is_pytorchs_adam_behind_clip_grad_norm(device: &Device) {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("goldens/adam.json")).expect("the golden file is JSON");
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    let numbers = |value: &serde_json::Value| -> Option<Vec<f64>> {
        Some(value.as_array()?.iter().map(number).collect())
    };
    let list = |value: &serde_json::Value| numbers(value).expect("a list of numbers");
    let all = |value: &serde_json::Value| [list(&value["matrix"]), list(&value["vector"])].concat();
    let initial = &golden["parameters"];
    let shape: Vec<usize> = serde_json::from_value(golden["shapes"]["matrix"].clone()).unwrap();
    let (matrix, vector) = (list(&initial["matrix"]), list(&initial["vector"]));
    let mut pair = Pair::new(&matrix, &vector, shape.try_into().unwrap(), device);
    let mut optimizer = ClippedAdam::new(ClippedAdamConfig {
        beta_1: number(&golden["betas"][0]),
        beta_2: number(&golden["betas"][1]),
        epsilon: number(&golden["epsilon"]),
        ..ClippedAdamConfig::new(number(&golden["max_norm"]))
    })
    .expect("PyTorch's configuration is in range");
    for step in golden["steps"].as_array().expect("a list of steps") {
        let [matrix, vector] = ["matrix", "vector"].map(|name| numbers(&step["gradients"][name]));
        let gradients = pair.gradients(&Gradients { matrix, vector });
        let (stepped, norm) = optimizer.step(number(&step["learning_rate"]), pair, gradients);
        pair = stepped;
        assert_close(&[norm], &[number(&step["norm"])], TOLERANCE);
        assert_close(&pair.weights(), &all(&step["parameters"]), TOLERANCE);
    }
    for (name, id) in [("matrix", pair.matrix.id), ("vector", pair.vector.id)] {
        let (expected, found) = (&golden["moments"][name], &optimizer.moments()[&id]);
        assert_eq!(Some(found.steps as u64), expected["steps"].as_u64());
        let (first, second) = (found.first.clone(), found.second.clone());
        assert_close(&values(first), &list(&expected["first"]), TOLERANCE);
        assert_close(&values(second), &list(&expected["second"]), TOLERANCE);
    }
}

fn a_gradient_that_is_not_finite_changes_nothing(device: &Device) {
    let mut rng = SeededRng::new(1);
    let mut pair = Pair::random([3, 5], &mut rng, device);
    let mut optimizer = clipped_adam(1.0);
    for _ in 0..2 {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let before = (pair.weights(), remembered(&optimizer));
            let mut gradients = Gradients {
                matrix: Some(random(15, 1.0, &mut rng)),
                vector: Some(random(5, 1.0, &mut rng)),
            };
            gradients.vector.as_mut().expect("it was just made")[3] = value;
            let gradients = pair.gradients(&gradients);
            let (same, norm) = optimizer.step(0.1, pair, gradients);
            assert!(!norm.is_finite(), "{norm}");
            assert_eq!((same.weights(), remembered(&optimizer)), before);
            pair = same;
        }
        // Once more with moments to lose.
        let gradients = pair.random_gradients(1.0, &mut rng);
        pair = optimizer.step(0.1, pair, gradients).0;
    }
}

fn a_parameter_without_a_gradient_stays(device: &Device) {
    let mut rng = SeededRng::new(2);
    let pair = Pair::random([3, 5], &mut rng, device);
    let mut optimizer = clipped_adam(1.0);
    let gradients = pair.random_gradients(1.0, &mut rng);
    let (pair, _) = optimizer.step(0.1, pair, gradients);
    let (before, weights) = (remembered(&optimizer), pair.weights());
    let matrix_only = pair.gradients(&Gradients {
        matrix: Some(random(15, 1.0, &mut rng)),
        vector: None,
    });
    let (pair, _) = optimizer.step(0.1, pair, matrix_only);
    let (after, vector) = (remembered(&optimizer), pair.vector.id.val());
    let of_vector = |all: &[(u64, usize, Vec<f64>, Vec<f64>)]| {
        all.iter().find(|moments| moments.0 == vector).cloned()
    };
    assert_eq!(of_vector(&after), of_vector(&before));
    assert_eq!(optimizer.moments()[&pair.matrix.id].steps, 2);
    assert_eq!(pair.weights()[15..], weights[15..]);
    assert_ne!(pair.weights()[..15], weights[..15]);
    let none = pair.gradients(&Gradients::default());
    let (same, norm) = optimizer.step(0.1, pair.clone(), none);
    assert_eq!((same.weights(), norm), (pair.weights(), 0.0));
}

/// Steps with gradients of one seed.
fn run(steps: usize, pair: &Pair, optimizer: &mut ClippedAdam, rng: &mut SeededRng) -> Pair {
    (0..steps).fold(pair.clone(), |pair, _| {
        let gradients = pair.random_gradients(3.0, rng);
        optimizer.step(0.01, pair, gradients).0
    })
}

fn the_same_seed_steps_bit_for_bit_alike(device: &Device) {
    let run = |seed| {
        let mut rng = SeededRng::new(seed);
        let pair = Pair::random([37, 41], &mut rng, device);
        run(4, &pair, &mut clipped_adam(1.0), &mut rng).weights()
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

fn saved_moments_go_on_as_if_nothing_had_happened(device: &Device) {
    let mut rng = SeededRng::new(4);
    let pair = Pair::random([5, 3], &mut rng, device);
    let mut optimizer = clipped_adam(1.0);
    let pair = run(3, &pair, &mut optimizer, &mut rng);
    let saved: BTreeMap<_, _> = optimizer
        .moments()
        .iter()
        .map(|(id, moments)| {
            let [first, second] = [&moments.first, &moments.second]
                .map(|moment| Tensor::from_data(moment.to_data(), device));
            let steps = moments.steps;
            (
                *id,
                AdamMoments {
                    steps,
                    first,
                    second,
                },
            )
        })
        .collect();
    let mut restored = clipped_adam(1.0);
    restored.set_moments(saved);
    let mut other = rng.clone();
    let gone_on = run(2, &pair, &mut optimizer, &mut rng).weights();
    assert_eq!(gone_on, run(2, &pair, &mut restored, &mut other).weights());
}

fn what_others_hold_is_left_alone(device: &Device) {
    let mut rng = SeededRng::new(5);
    let pair = Pair::random([4, 3], &mut rng, device);
    let (held, before) = (pair.clone(), pair.weights());
    let mut optimizer = clipped_adam(1.0);
    let gradients = pair.random_gradients(1.0, &mut rng);
    let (pair, _) = optimizer.step(0.1, pair, gradients);
    let moments = optimizer.moments()[&pair.matrix.id].clone();
    let first = values(moments.first.clone());
    let gradients = pair.random_gradients(1.0, &mut rng);
    let (pair, _) = optimizer.step(0.1, pair, gradients);
    assert_eq!((held.weights(), values(moments.first)), (before, first));
    assert_ne!(pair.weights(), held.weights());
}

fn a_parameter_keeps_its_place_in_autodiff(device: &Device) {
    let mut rng = SeededRng::new(6);
    let device = device.clone().autodiff().gradient_checkpointing();
    let mut pair = Pair::random([4, 3], &mut rng, &device);
    pair.vector = pair.vector.set_require_grad(false);
    let ids = (pair.matrix.id, pair.vector.id);
    let gradients = pair.random_gradients(1.0, &mut rng);
    let (pair, _) = clipped_adam(1.0).step(0.1, pair, gradients);
    assert_eq!((pair.matrix.id, pair.vector.id), ids);
    assert!(pair.matrix.is_require_grad() && !pair.vector.is_require_grad());
    assert_eq!(
        pair.matrix.val().gradient_checkpointing_strategy(),
        device.gradient_checkpointing_strategy()
    );
    // A gradient reaches the updated matrix, and only that.
    let loss = (pair.matrix.val() * 2.0).sum() + pair.vector.val().sum();
    let gradients = GradientsParams::from_grads(loss.backward(), &pair);
    let gradient = gradients.get::<2>(ids.0).expect("the matrix is trained");
    assert_eq!(values(gradient), [2.0; 12]);
    assert_eq!(gradients.len(), 1);
}

fn double_precision_is_kept(device: &Device) {
    if !device.supports_dtype(DType::F64) {
        return;
    }
    let mut rng = SeededRng::new(7);
    let single = Pair::random([4, 3], &mut rng, device);
    let mut double = single.clone();
    double.matrix = double.matrix.map(|matrix| matrix.cast(DType::F64));
    double.vector = double.vector.map(|vector| vector.cast(DType::F64));
    let mut optimizer = clipped_adam(1.0);
    let stepped = run(3, &double, &mut optimizer, &mut rng.clone());
    assert_eq!(stepped.matrix.val().dtype(), DType::F64);
    assert_eq!(
        optimizer.moments()[&stepped.matrix.id].first.dtype(),
        DType::F64
    );
    let single = run(3, &single, &mut clipped_adam(1.0), &mut rng);
    assert_close(&stepped.weights(), &single.weights(), TOLERANCE);
}

fn on_the_host_a_parameter_is_updated_in_place(device: &Device) {
    let name = format!("{device:?}");
    if !["Flex", "NdArray"].iter().any(|host| name.contains(host)) {
        return;
    }
    let address = |data: &TensorData| data.as_slice::<f32>().expect("single precision").as_ptr();
    let data = TensorData::new(vec![1.0_f32; 35], [7, 5]);
    let before = address(&data);
    let device = device.clone().autodiff();
    let pair = Pair {
        matrix: Param::from_data(data, &device),
        vector: Param::from_data([1.0_f32], &device),
    };
    let gradients = pair.random_gradients(1.0, &mut SeededRng::new(8));
    let (pair, _) = clipped_adam(1.0).step(0.1, pair, gradients);
    let data = pair.matrix.into_value().inner().into_data();
    assert_eq!(address(&data), before, "a copy was made");
}

recurra_cells::device_tests!(
    it_is_burns_adam_behind_clip_grad_norm,
    it_is_pytorchs_adam_behind_clip_grad_norm,
    a_gradient_that_is_not_finite_changes_nothing,
    a_parameter_without_a_gradient_stays,
    the_same_seed_steps_bit_for_bit_alike,
    saved_moments_go_on_as_if_nothing_had_happened,
    what_others_hold_is_left_alone,
    a_parameter_keeps_its_place_in_autodiff,
    double_precision_is_kept,
    on_the_host_a_parameter_is_updated_in_place,
);

#[test]
fn what_is_out_of_its_range_is_refused() {
    let refusal = |change: fn(&mut ClippedAdamConfig)| {
        let mut config = ClippedAdamConfig::new(1.0);
        change(&mut config);
        let refused = ClippedAdam::new(config).expect_err("the configuration is out of range");
        refused.to_string()
    };
    assert_eq!(
        refusal(|config| config.beta_1 = 1.0),
        "beta_1 must be in [0, 1), got 1"
    );
    assert_eq!(
        refusal(|config| config.beta_2 = -0.5),
        "beta_2 must be in [0, 1), got -0.5"
    );
    assert_eq!(
        refusal(|config| config.epsilon = 0.0),
        "epsilon must be above 0 and finite, got 0"
    );
    assert_eq!(
        refusal(|config| config.max_norm = f64::NAN),
        "max_norm must be above 0, got NaN"
    );
}
