//! The fused path against the stepwise loop, through burn: the same values and gradients, and the path that the rule says.
#![cfg(all(feature = "fused", any(feature = "flex", feature = "ndarray")))]

#[path = "support/close.rs"]
mod close;
#[path = "support/properties.rs"]
mod properties;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use close::{assert_close, values};
use properties::{check, small};
use proptest::prelude::*;
use recurra_cells::kernel::{self, Path, with_path};
use recurra_cells::{
    AnyCell, AnyCellConfig, CellConfig, GruConfig, InputGate, Lengths, LstmConfig, Nonlinearity,
    PeepholeLstmConfig, RecurrentCell, RecurrentState, Reset, RnnConfig, SeededRng, Sequence,
    TimeOrder, WeightInit,
};

/// What a loss looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Loss {
    Outputs,
    LastState,
    Both,
}

/// A cell, and a sequence for it.
#[derive(Clone, Debug)]
struct Case {
    config: AnyCellConfig,
    input_size: usize,
    lengths: Option<Vec<usize>>,
    batch: usize,
    steps: usize,
    masked: bool,
    time_order: TimeOrder,
    loss: Loss,
    seed: u64,
}

/// Every cell with weights that differ from gate to gate.
fn config(kind: usize, hidden: usize, bias: bool) -> AnyCellConfig {
    let init = WeightInit::pytorch();
    match kind {
        0 => AnyCellConfig::Rnn(RnnConfig {
            bias,
            init,
            ..RnnConfig::new(hidden)
        }),
        1 => AnyCellConfig::Rnn(RnnConfig {
            bias,
            init,
            nonlinearity: Nonlinearity::Relu,
            ..RnnConfig::new(hidden)
        }),
        2 => AnyCellConfig::Lstm(LstmConfig {
            bias,
            init,
            ..LstmConfig::new(hidden)
        }),
        3 => AnyCellConfig::Peephole(PeepholeLstmConfig {
            bias,
            init,
            ..PeepholeLstmConfig::new(hidden)
        }),
        _ => AnyCellConfig::Gru(GruConfig {
            bias,
            init,
            ..GruConfig::new(hidden)
        }),
    }
}

fn cases(device: &Device) -> impl Strategy<Value = Case> + use<> {
    let order = prop_oneof![Just(TimeOrder::FirstToLast), Just(TimeOrder::LastToFirst)];
    let loss = prop_oneof![Just(Loss::Outputs), Just(Loss::LastState), Just(Loss::Both)];
    let hidden = prop_oneof![3 => small(device), 1 => Just(31usize), 1 => Just(65usize)];
    let cell = (0..5usize, hidden, any::<bool>(), small(device));
    let batch = (small(device), 2..=9usize, any::<bool>(), any::<bool>());
    (cell, batch, order, loss, any::<u64>()).prop_map(
        |(
            (kind, hidden, bias, input_size),
            (batch, steps, padded, masked),
            time_order,
            loss,
            seed,
        )| {
            let mut rng = SeededRng::new(seed);
            // One row at least is whole: a batch of empty rows has no steps to fuse.
            let mut lengths: Vec<usize> = (0..batch).map(|_| rng.below(steps + 1)).collect();
            lengths[0] = steps;
            Case {
                config: config(kind, hidden, bias),
                input_size,
                lengths: padded.then_some(lengths),
                batch,
                steps,
                masked,
                time_order,
                loss,
                seed,
            }
        },
    )
}

/// Named tensors that a run leaves behind.
type Trace = Vec<(String, Vec<f32>)>;

fn normal<const D: usize>(rng: &mut SeededRng, dims: [usize; D], device: &Device) -> Tensor<D> {
    let numbers: Vec<f32> = (0..dims.iter().product())
        .map(|_| rng.normal() as f32)
        .collect();
    Tensor::from_data(TensorData::new(numbers, dims), device)
}

/// Runs a case by this path, and asserts that it was taken.
fn trace(case: &Case, path: Path, device: &Device) -> Trace {
    let device = device.clone().autodiff();
    let mut rng = SeededRng::new(case.seed);
    let cell = case.config.init(case.input_size, &device, &mut rng);
    let dims = [case.batch, case.steps, case.input_size];
    let inputs = normal(&mut rng, dims, &device).require_grad();
    let state = cell.initial_state(case.batch, &device);
    let state = state.map_tensors(&mut |t| normal(&mut rng, t.dims(), &device).require_grad());
    let mask = [case.batch, cell.hidden_size()];
    let mask = case
        .masked
        .then(|| normal(&mut rng, mask, &device).require_grad());
    let lengths = case.lengths.clone();
    let lengths =
        lengths.map(|valid| Lengths::new(valid, case.steps).expect("drawn within the steps"));
    let sequence = Sequence::new(inputs.clone(), state.clone())
        .with_lengths(lengths)
        .with_recurrent_mask(mask.clone())
        .with_time_order(case.time_order);
    let before = kernel::runs();
    let (outputs, last) = with_path(path, || cell.unroll(sequence));
    assert_eq!(
        kernel::runs().fused - before.fused,
        usize::from(path == Path::Fused)
    );
    let mut found = vec![("outputs".to_owned(), values(&outputs))];
    let mut loss = Tensor::zeros([1], &device);
    let weights = normal(&mut rng, outputs.dims(), &device);
    if case.loss != Loss::LastState {
        loss = loss + (outputs * weights).sum();
    }
    let _ = last.map_tensors(&mut |tensor| {
        found.push(("last state".to_owned(), values(&tensor)));
        let weights = normal(&mut rng, tensor.dims(), &device);
        if case.loss != Loss::Outputs {
            loss = loss.clone() + (tensor.clone() * weights).sum();
        }
        tensor
    });
    let gradients = loss.backward();
    found.extend(gradient("inputs", &inputs, &gradients));
    found.extend(mask.and_then(|mask| gradient("mask", &mask, &gradients)));
    let _ = state.map_tensors(&mut |tensor| {
        found.extend(gradient("initial state", &tensor, &gradients));
        tensor
    });
    cell.visit(&mut Collector {
        gradients: &gradients,
        found: &mut found,
    });
    found
}

/// A gradient by name; zeros where nothing depends on the tensor.
fn gradient<const D: usize>(
    what: &str,
    tensor: &Tensor<D>,
    gradients: &Gradients,
) -> Option<(String, Vec<f32>)> {
    let zeros = || vec![0.0; tensor.dims().iter().product()];
    let gradient = tensor
        .grad(gradients)
        .map_or_else(zeros, |gradient| values(&gradient));
    Some((format!("gradient of {what}"), gradient))
}

/// Collects the gradients of parameters.
struct Collector<'a> {
    gradients: &'a Gradients,
    found: &'a mut Trace,
}

impl ModuleVisitor for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let what = format!("a parameter {:?}", param.dims());
        self.found
            .extend(gradient(&what, &param.val(), self.gradients));
    }
}

fn fused_equals_stepwise(device: &Device) {
    check(device, cases(device), |case| {
        let fused = trace(&case, Path::Fused, device);
        let stepwise = trace(&case, Path::Stepwise, device);
        prop_assert_eq!(fused.len(), stepwise.len());
        for ((what, fused), (_, stepwise)) in fused.iter().zip(&stepwise) {
            if stepwise.iter().all(|&value| value == 0.0) {
                prop_assert!(
                    fused.iter().all(|&value| value == 0.0),
                    "{} is not zero",
                    what
                );
                continue;
            }
            assert_close(what, fused, stepwise);
        }
        Ok(())
    });
}

/// The path that a cell takes over `steps` steps.
fn path_of(
    config: &AnyCellConfig,
    steps: usize,
    lengths: Option<Vec<usize>>,
    device: &Device,
) -> Path {
    let cell: AnyCell = config.init(3, device, &mut SeededRng::new(1));
    let state = cell.initial_state(2, device);
    let lengths = lengths.map(|valid| Lengths::new(valid, steps).expect("within the steps"));
    let before = kernel::runs();
    let sequence = Sequence::new(Tensor::ones([2, steps, 3], device), state);
    let (outputs, _) = cell.unroll(sequence.with_lengths(lengths));
    assert!(values(&outputs).iter().all(|value| value.is_finite()));
    let after = kernel::runs();
    match (after.fused - before.fused, after.stepwise - before.stepwise) {
        (1, 0) => Path::Fused,
        (0, 1) => Path::Stepwise,
        other => panic!("one run was counted as {other:?}"),
    }
}

fn the_rule_decides(device: &Device) {
    for kind in 0..5 {
        let config = config(kind, 5, true);
        assert_eq!(path_of(&config, 4, None, device), Path::Fused, "{config:?}");
        assert_eq!(path_of(&config, 4, Some(vec![0, 2]), device), Path::Fused);
        assert_eq!(
            path_of(&config, 1, None, device),
            Path::Stepwise,
            "one step"
        );
        assert_eq!(
            path_of(&config, 4, Some(vec![0, 0]), device),
            Path::Stepwise,
            "empty rows"
        );
        let asked = with_path(Path::Stepwise, || path_of(&config, 4, None, device));
        assert_eq!(asked, Path::Stepwise);
    }
    let lstm = LstmConfig::new(5);
    let left_out = [
        AnyCellConfig::Lstm(lstm.clone().with_projection_size(2)),
        AnyCellConfig::Lstm(lstm.clone().with_cell_clip(0.5)),
        AnyCellConfig::Lstm(lstm.clone().with_gate_clip(0.5)),
        AnyCellConfig::Lstm(lstm.with_input_gate(InputGate::Coupled)),
        AnyCellConfig::Peephole(PeepholeLstmConfig::new(5).with_gate_clip(0.5)),
        AnyCellConfig::Gru(GruConfig::new(5).with_reset(Reset::Before)),
    ];
    for config in left_out {
        assert_eq!(
            path_of(&config, 4, None, device),
            Path::Stepwise,
            "{config:?}"
        );
    }
}

fn threads_change_no_bit(device: &Device) {
    // Wide enough that a second thread is worth its while.
    for kind in 0..5 {
        let case = Case {
            config: config(kind, 96, true),
            input_size: 33,
            lengths: Some((0..32).map(|row| 9 - row % 4).collect()),
            batch: 32,
            steps: 9,
            masked: kind % 2 == 0,
            time_order: TimeOrder::FirstToLast,
            loss: Loss::Both,
            seed: 7,
        };
        let runs = [1, 2, 3].map(|threads| {
            kernel::set_threads(std::num::NonZeroUsize::new(threads));
            let found = trace(&case, Path::Fused, device);
            kernel::set_threads(None);
            found
        });
        assert_eq!(runs[0], runs[1], "{:?}", case.config);
        assert_eq!(runs[0], runs[2], "{:?}", case.config);
    }
}

/// The laws, one step at a time: with the fused path they are checked elsewhere.
fn the_laws_hold_stepwise(device: &Device) {
    for kind in 0..5 {
        let cell = config(kind, 5, true).init(3, device, &mut SeededRng::new(3));
        with_path(Path::Stepwise, || {
            recurra_cells::laws::check_all(&cell, device)
        })
        .expect("the stepwise loop is what the laws speak of");
    }
}

#[cfg(feature = "wgpu")]
fn other_devices_go_stepwise(device: &Device) {
    for kind in 0..5 {
        assert_eq!(
            path_of(&config(kind, 5, true), 4, None, device),
            Path::Stepwise
        );
    }
}

/// The tests of a device that the kernels run on.
macro_rules! on_host {
    ($device:expr) => {
        #[test]
        fn fused_equals_stepwise() {
            super::fused_equals_stepwise(&$device);
        }

        #[test]
        fn the_rule_decides() {
            super::the_rule_decides(&$device);
        }

        #[test]
        fn threads_change_no_bit() {
            super::threads_change_no_bit(&$device);
        }

        #[test]
        fn the_laws_hold_stepwise() {
            super::the_laws_hold_stepwise(&$device);
        }
    };
}

#[cfg(feature = "flex")]
mod flex {
    on_host!(burn::tensor::Device::flex());
}

#[cfg(feature = "ndarray")]
mod ndarray {
    on_host!(recurra_cells::testing::ndarray());
}

#[test]
#[cfg_attr(
    not(feature = "wgpu"),
    ignore = "this build leaves the device's feature off"
)]
fn wgpu_goes_stepwise() {
    #[cfg(feature = "wgpu")]
    other_devices_go_stepwise(&Device::wgpu(Default::default()));
}
