//! Mixed precision on every device of this build that computes in a half-precision type.

mod corpus;

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Device, Tensor};
use corpus::{any_model, configs, model, weights, windows};
use recurra_cells::{AnyCell, NetworkState, RecurrentCell, SeededRng};
use recurra_train::{
    ClippedAdam, ClippedAdamConfig, DropoutRates, Error, LanguageModel, LossScaler,
    LossScalerConfig, LossScalerState, Precision, TokenWindow, cast_weights, checkpoint,
    drop_recurrent_weights,
};

const LEARNING_RATE: f64 = 1e-2;

/// How far the loss of a training in half precision may be off that in single precision.
const LOSS_TOLERANCE: f64 = 0.02;

/// Powers of two as masks, which no number type rounds.
const RATES: DropoutRates = DropoutRates {
    recurrent_weights: 0.5,
    ..DropoutRates::uniform(0.5)
};

/// The half-precision types that the device computes in.
fn half_types(device: &Device) -> Vec<Precision> {
    let types = [Precision::F16, Precision::BF16];
    let own: Vec<_> = types
        .into_iter()
        .filter(|precision| precision.check(device).is_ok())
        .collect();
    println!("{device:?} computes in {own:?}");
    own
}

/// A device on which every operation costs a kernel launch gets shorter trainings.
fn is_host(device: &Device) -> bool {
    format!("{device:?}").contains("Flex")
}

/// Windows of a batch size that is a power of two: the mean of a loss rounds nothing.
fn text(device: &Device) -> Vec<TokenWindow> {
    windows(4, if is_host(device) { 8 } else { 4 })
}

/// A training in mixed precision: what a trainer does with a window.
struct Training {
    precision: Precision,
    model: LanguageModel<AnyCell>,
    optimizer: ClippedAdam,
    scaler: LossScaler,
    state: Option<NetworkState<<AnyCell as RecurrentCell>::State>>,
    rates: DropoutRates,
    rng: SeededRng,
}

impl Training {
    fn new(precision: Precision, rates: DropoutRates, device: &Device) -> Self {
        let gru = &configs(16)[3];
        Self {
            precision,
            model: model(gru, &device.clone().autodiff(), 1),
            optimizer: ClippedAdam::new(ClippedAdamConfig::new(1.0)).expect("in range"),
            scaler: LossScaler::new(LossScalerConfig::default()).expect("in range"),
            state: None,
            rates,
            rng: SeededRng::new(2),
        }
    }

    /// The loss before the step.
    fn step(&mut self, window: &TokenWindow) -> f64 {
        let device = self.model.device();
        let tokens = window.inputs(&device);
        let half = cast_weights(self.model.clone(), self.precision);
        let masks = half.sample_masks(tokens.dims(), &self.rates, &mut self.rng);
        let half = drop_recurrent_weights(half, self.rates.recurrent_weights, &mut self.rng);
        let (logits, state) = half.forward_masked(tokens, self.state.take(), masks);
        let loss = half.loss(logits, window.targets(&device), None);
        drop(half);
        let scale = self.scaler.scale();
        let gradients = (loss.clone() * scale).backward();
        let mut gradients = GradientsParams::from_grads(gradients, &self.model);
        let (model, norm) =
            self.optimizer
                .step_scaled(LEARNING_RATE, self.model.clone(), &mut gradients, scale);
        self.scaler.update(!norm.is_finite());
        self.model = model;
        self.state = Some(state.detach());
        loss.into_scalar::<f64>()
    }

    /// The losses of so many steps over a text again and again.
    fn run(&mut self, steps: usize) -> Vec<f64> {
        let windows = text(&self.model.device());
        let step = |step| {
            let at = step % windows.len();
            if at == 0 {
                self.state = None;
            }
            self.step(&windows[at])
        };
        (0..steps).map(step).collect()
    }

    /// All that a step changes, bit for bit: weights, moments, and the counts of steps.
    fn bits(&self) -> (Vec<u32>, Vec<u32>, Vec<usize>) {
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
        let moments = self.optimizer.moments().values();
        let numbers = |tensor: &Tensor<1>| tensor.to_data().iter::<f32>().collect::<Vec<_>>();
        let of_moments = moments
            .clone()
            .flat_map(|m| [&m.first, &m.second].map(numbers).concat());
        (
            bits(weights(&self.model)),
            bits(of_moments.collect()),
            moments.map(|moments| moments.steps).collect(),
        )
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn half_precision_trains_as_single_does(device: &Device) {
    let rates = [DropoutRates::uniform(0.1), DropoutRates::NONE];
    let (steps, rates) = match is_host(device) {
        true => (300, &rates[..]),
        false => (25, &rates[..1]),
    };
    for &rates in rates {
        let mut single = Training::new(Precision::F32, rates, device);
        let expected = single.run(steps);
        let end = steps - steps / 5;
        for precision in half_types(device) {
            let mut half = Training::new(precision, rates, device);
            let losses = half.run(steps);
            let (got, expected) = (mean(&losses[end..]), mean(&expected[end..]));
            println!(
                "{precision}, {rates:?}: {got:.4} and {expected:.4} of {:.4}, {} steps skipped",
                losses[0],
                half.scaler.skipped_steps()
            );
            assert!(got < 0.9 * losses[0], "{precision}: {} to {got}", losses[0]);
            let error = (got - expected).abs() / expected;
            assert!(error < LOSS_TOLERANCE, "{precision}: {got} and {expected}");
        }
    }
}

fn an_overflow_skips_the_step_and_halves_the_scale(device: &Device) {
    let mut training = Training::new(Precision::F16, DropoutRates::NONE, device);
    let first = training.run(5)[0];
    let before = training.bits();
    let scale = 2.0_f64.powi(32);
    let overflowing = LossScalerState {
        scale,
        ..training.scaler.state()
    };
    training.scaler.set_state(overflowing).expect("in range");
    let window = &text(device)[0];
    let loss = training.step(window);
    assert!(loss.is_finite(), "the forward pass knows no scale");
    assert_eq!(training.bits(), before);
    assert_eq!(
        (training.scaler.scale(), training.scaler.skipped_steps()),
        (scale / 2.0, 1)
    );
    training.run(20);
    let skipped = training.scaler.skipped_steps();
    assert!((2..20).contains(&skipped), "{skipped} steps were skipped");
    assert_eq!(
        training.scaler.scale(),
        scale / 2.0_f64.powi(skipped as i32)
    );
    assert_ne!(training.bits(), before);
    let last = training.step(window);
    assert!(last < 0.95 * first, "{first} to {last}");
}

/// In single precision a scale that is a power of two changes no bit.
fn a_scale_is_taken_off_before_clipping(device: &Device) {
    let run = |initial_scale| {
        let mut training = Training::new(Precision::F32, RATES, device);
        training.scaler = LossScaler::new(LossScalerConfig {
            initial_scale,
            ..LossScalerConfig::default()
        })
        .expect("in range");
        (training.run(4), training.bits().0)
    };
    assert_eq!(run(1.0), run(65536.0));
}

/// The identity, number type and values of every parameter, or of its gradient.
fn parameters(
    model: &LanguageModel<AnyCell>,
    gradients: Option<&GradientsParams>,
) -> Vec<(ParamId, DType, Vec<f32>)> {
    struct Walk<'a>(Option<&'a GradientsParams>, Vec<(ParamId, DType, Vec<f32>)>);
    impl ModuleVisitor for Walk<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let tensor = match self.0 {
                Some(gradients) => gradients.get::<D>(param.id).expect("a gradient"),
                None => param.val(),
            };
            let (dtype, data) = (tensor.dtype(), tensor.into_data());
            self.1.push((param.id, dtype, data.iter::<f32>().collect()));
        }
    }
    let mut walk = Walk(gradients, Vec::new());
    model.visit(&mut walk);
    walk.1
}

/// The gradients that reach `masters` from a loss of `run`.
fn gradients(run: &LanguageModel<AnyCell>, masters: &LanguageModel<AnyCell>) -> GradientsParams {
    let (window, device) = (&windows(3, 5)[0], masters.device());
    let (logits, _) = run.forward(window.inputs(&device), None);
    let loss = run.loss(logits, window.targets(&device), None);
    assert_eq!(loss.dtype(), DType::F32);
    // As a scaler would: without it most of these are below what f16 can tell from 0.
    GradientsParams::from_grads((loss * 1024.0).backward(), masters)
}

fn gradients_reach_the_masters_in_their_own_type(device: &Device) {
    let device = device.clone().autodiff();
    for precision in half_types(&device) {
        for config in configs(5) {
            let masters = model(&config, &device, 1);
            let half = cast_weights(masters.clone(), precision);
            let exact = parameters(&masters, Some(&gradients(&masters, &masters)));
            let found = parameters(&masters, Some(&gradients(&half, &masters)));
            for (((id, dtype, _), (master, ..)), (found, exact)) in parameters(&half, None)
                .into_iter()
                .zip(parameters(&masters, None))
                .zip(found.iter().zip(exact))
            {
                assert_eq!((id, dtype), (master, precision.dtype()));
                assert_eq!((found.0, found.1), (master, DType::F32));
                let largest = exact.2.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
                assert!(largest > 0.0, "{config:?}");
                let tolerance = if precision == Precision::F16 {
                    0.01
                } else {
                    0.08
                } * largest;
                let near = |(a, b): (&f32, &f32)| (a - b).abs() <= tolerance;
                assert!(found.2.iter().zip(&exact.2).all(near), "{config:?}");
            }
        }
    }
}

fn single_precision_is_the_module_itself(device: &Device) {
    let model = any_model(&device.clone().autodiff(), 1);
    let same = cast_weights(model.clone(), Precision::F32);
    assert_eq!(parameters(&model, None), parameters(&same, None));
    assert!(same.embedding.weight.val().is_require_grad());
}

fn weights_are_cast_and_dropped_in_either_order(device: &Device) {
    let device = device.clone().autodiff();
    for precision in half_types(&device) {
        let masters = any_model(&device, 1);
        let drop = |model| drop_recurrent_weights(model, 0.5, &mut SeededRng::new(3));
        let after = drop(cast_weights(masters.clone(), precision));
        let before = cast_weights(drop(masters.clone()), precision);
        assert_eq!(parameters(&after, None), parameters(&before, None));
        assert_ne!(
            parameters(&after, None),
            parameters(&cast_weights(masters.clone(), precision), None)
        );
        assert_eq!(
            parameters(&masters, Some(&gradients(&after, &masters))),
            parameters(&masters, Some(&gradients(&before, &masters)))
        );
    }
}

fn a_state_in_half_precision_is_kept_as_it_is(device: &Device) {
    for precision in half_types(device) {
        let half = cast_weights(any_model(device, 1), precision);
        let (_, state) = half.forward(windows(3, 5)[0].inputs(device), None);
        let stored = checkpoint::network_state_tensors(&state);
        assert!(
            stored
                .values()
                .all(|data| data.dtype() == precision.dtype())
        );
        let like = |model: &LanguageModel<AnyCell>| model.network.initial_state(3, device);
        let restored =
            checkpoint::set_network_state(like(&half), &stored).expect("of the same type");
        assert_eq!(checkpoint::network_state_tensors(&restored), stored);
        let error = checkpoint::set_network_state(like(&any_model(device, 1)), &stored)
            .expect_err("of another type");
        assert!(matches!(error, Error::Tensor { .. }), "{error}");
    }
}

fn masks_of_the_masters_are_refused(device: &Device) {
    let (model, tokens) = (any_model(device, 1), windows(3, 5)[0].inputs(device));
    let rates = DropoutRates {
        output: 0.5,
        ..DropoutRates::NONE
    };
    let masks = model.sample_masks(tokens.dims(), &rates, &mut SeededRng::new(1));
    let half = cast_weights(model, Precision::F16);
    let forward = AssertUnwindSafe(|| half.forward_masked(tokens, None, masks));
    let panic = catch_unwind(forward).expect_err("masks of another type");
    let text = panic.downcast_ref::<String>().expect("a panic with values");
    let expected = "a dropout mask is F32, but what it drops from is F16";
    assert!(text.contains(expected), "{text}");
}

fn a_device_without_the_type_is_named(device: &Device) {
    let mut own = Vec::new();
    for (precision, name) in [
        (Precision::F32, "f32"),
        (Precision::F16, "f16"),
        (Precision::BF16, "bf16"),
    ] {
        assert_eq!(precision.to_string(), name);
        match precision.check(&device.clone().autodiff()) {
            Ok(()) => own.push(name),
            Err(error) => {
                let (error, got) = (error.to_string(), format!(", got {name}"));
                assert!(error.starts_with("precision must be f32"), "{error}");
                assert!(
                    error.contains(&format!("{device:?}")) && error.ends_with(&got),
                    "{error}"
                );
            }
        }
    }
    assert_eq!(own[0], "f32");
    // What a GPU has besides is its own affair.
    let device = format!("{device:?}");
    if device.contains("Flex") {
        assert_eq!(own, ["f32", "f16", "bf16"]);
    } else if device.contains("NdArray") {
        assert_eq!(own, ["f32"]);
    }
}

#[test]
fn a_precision_is_written_by_its_name() {
    for (precision, name) in [
        (Precision::F32, r#""f32""#),
        (Precision::F16, r#""f16""#),
        (Precision::BF16, r#""bf16""#),
    ] {
        assert_eq!(serde_json::to_string(&precision).expect("a name"), name);
        let read: Precision = serde_json::from_str(name).expect("a name");
        assert_eq!(read, precision);
    }
    assert!(serde_json::from_str::<Precision>(r#""half""#).is_err());
}

recurra_cells::half_precision_tests!(
    half_precision_trains_as_single_does,
    an_overflow_skips_the_step_and_halves_the_scale,
    gradients_reach_the_masters_in_their_own_type,
    weights_are_cast_and_dropped_in_either_order,
    a_state_in_half_precision_is_kept_as_it_is,
    masks_of_the_masters_are_refused,
);

mod everywhere {
    use super::*;

    recurra_cells::device_tests!(
        a_device_without_the_type_is_named,
        a_scale_is_taken_off_before_clipping,
        single_precision_is_the_module_itself,
    );
}
