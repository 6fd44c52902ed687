//! What the diagnostics say of networks whose gradients, gates and updates are known.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, Tensor, TensorData};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, Init, Lengths, LstmConfig, NetworkInput,
    PeepholeLstmConfig, Recurrent, RecurrentCell, RecurrentConfig, RecurrentState, RnnConfig,
    SeededRng, WeightInit,
};
use recurra_train::diagnostics::{gate_activity, parameter_updates, state_gradients};

/// How far single precision may be off, relative to the value.
const TOLERANCE: f64 = 1e-4;
/// No weights at all: what is left are the biases that a configuration asks for.
const NO_WEIGHTS: WeightInit = WeightInit {
    input: Init::Zeros,
    recurrent: Init::Zeros,
    bias: Init::Zeros,
};

/// Checks a property on as many cases as every device affords.
fn check<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config {
        cases: 8,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    if let Err(error) = TestRunner::new_with_rng(config, rng).run(&strategy, property) {
        panic!("{error}");
    }
}

fn cells(hidden: usize, init: WeightInit) -> [AnyCellConfig; 4] {
    [
        AnyCellConfig::Rnn(RnnConfig::new(hidden).with_init(init)),
        AnyCellConfig::Lstm(LstmConfig::new(hidden).with_init(init)),
        AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden).with_init(init)),
        AnyCellConfig::Gru(GruConfig::new(hidden).with_init(init)),
    ]
}

/// Standard normal inputs.
fn normal(dims: [usize; 3], device: &Device, rng: &mut SeededRng) -> Tensor<3> {
    let values: Vec<f64> = (0..dims.iter().product()).map(|_| rng.normal()).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.try_into_vec_as().expect("numbers")
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn is_close(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= TOLERANCE * expected.abs().max(1e-20)
}

fn assert_all_close(got: &[f64], expected: &[f64]) {
    let close = got
        .iter()
        .zip(expected)
        .all(|(got, expected)| is_close(*got, *expected));
    assert!(close && got.len() == expected.len(), "{got:?} {expected:?}");
}

/// At h = 0 the derivative of tanh is 1, so that each step multiplies the gradient by the recurrent weight.
fn a_scalar_rnn_at_rest_multiplies_by_its_weight(device: &Device) {
    let device = device.clone().autodiff();
    check(
        (-1.5_f64..1.5, 1usize..12, 1usize..4),
        |(weight, steps, batch)| {
            let init = WeightInit {
                recurrent: Init::Identity { gain: weight },
                ..NO_WEIGHTS
            };
            let config = RecurrentConfig::new(RnnConfig::new(1).with_init(init));
            let network = config.init(1, &device, &mut SeededRng::new(1));
            let inputs = Tensor::zeros([batch, steps, 1], &device);
            let gradients = state_gradients(&network, inputs, |hidden| hidden.sum() * 3.0);
            let gradients = gradients.expect("it runs forward");
            let at_loss = 3.0 * (batch as f64).sqrt();
            let expected: Vec<f64> = (0..steps)
                .map(|k| at_loss * weight.abs().powi(k as i32))
                .collect();
            assert_all_close(gradients.norms(), &expected);
            prop_assert!(steps < 3 || is_close(gradients.decay_per_step(), weight.abs()));
            Ok(())
        },
    );
}

/// An LSTM without weights hands its memory on through a forget gate of sigmoid(1), and an output gate of a half reads it
/// once; a GRU's update gate is a half, and with a chrono initialisation each unit has its own.
fn cells_without_weights_decay_as_their_biases_say(device: &Device) {
    let device = device.clone().autodiff();
    let (hidden, steps) = (6, 9);
    let curve = |config: AnyCellConfig| {
        let network = RecurrentConfig::new(config).init(2, &device, &mut SeededRng::new(5));
        let inputs = normal([3, steps, 2], &device, &mut SeededRng::new(6));
        let gradients = state_gradients(&network, inputs, |hidden| hidden.sum());
        let gradients = gradients.expect("it runs forward");
        let cell = network.layers[0].forward.clone().expect("it runs forward");
        (gradients, cell)
    };
    let distances = || (0..steps).map(|k| k as i32);
    for forget_bias in [1.0, -0.5] {
        let lstm = LstmConfig::new(hidden)
            .with_forget_bias(forget_bias)
            .with_init(NO_WEIGHTS);
        let peephole = PeepholeLstmConfig::new(hidden)
            .with_forget_bias(forget_bias)
            .with_init(NO_WEIGHTS);
        let forget = sigmoid(forget_bias);
        let read = |k| if k == 0 { 1.0 } else { 0.5 * forget.powi(k) };
        for config in [AnyCellConfig::Lstm(lstm), AnyCellConfig::Peephole(peephole)] {
            let (gradients, _) = curve(config);
            assert_all_close(
                &gradients.relative(),
                &distances().map(read).collect::<Vec<_>>(),
            );
            assert!(is_close(gradients.decay_per_step(), forget));
        }
    }
    let gru = GruConfig::new(hidden).with_init(NO_WEIGHTS);
    let (gradients, _) = curve(AnyCellConfig::Gru(gru.clone()));
    assert!(is_close(gradients.decay_per_step(), 0.5));
    let (gradients, cell) = curve(AnyCellConfig::Gru(gru.with_chrono(40)));
    let AnyCell::Gru(cell) = cell else {
        panic!("a GRU")
    };
    let bias = values(cell.bias.expect("it has biases").val());
    let keeps: Vec<f64> = bias[hidden..2 * hidden]
        .iter()
        .map(|bias| sigmoid(*bias))
        .collect();
    let rms = |k| {
        let squares = keeps.iter().map(|keep| keep.powi(2 * k)).sum::<f64>();
        (squares / hidden as f64).sqrt()
    };
    assert_all_close(
        &gradients.relative(),
        &distances().map(rms).collect::<Vec<_>>(),
    );
}

/// The gradient of a tanh network is a product of Jacobians, which is short enough to write out.
fn an_rnn_multiplies_its_jacobians(device: &Device) {
    let device = device.clone().autodiff();
    check(
        (1usize..6, 1usize..8, any::<u64>()),
        |(size, steps, seed)| {
            let mut rng = SeededRng::new(seed);
            let config = RecurrentConfig::new(RnnConfig::new(size));
            let network = config.init(2, &device, &mut rng);
            let inputs = normal([1, steps, 2], &device, &mut rng);
            let outputs = network.forward(NetworkInput::new(inputs.clone())).outputs;
            let hidden = values(outputs);
            let cell = network.layers[0].forward.as_ref().expect("it runs forward");
            let weight = values(cell.weight_hh.val());
            let mut gradient = vec![1.0; size];
            let mut expected = vec![(size as f64).sqrt()];
            for step in (1..steps).rev() {
                let slope = |unit: usize| 1.0 - hidden[step * size + unit].powi(2);
                let back = |to: usize| {
                    let from = (0..size)
                        .map(|unit| weight[unit * size + to] * slope(unit) * gradient[unit]);
                    from.sum::<f64>()
                };
                gradient = (0..size).map(back).collect();
                expected.push(gradient.iter().map(|x| x * x).sum::<f64>().sqrt());
            }
            let gradients = state_gradients(&network, inputs, |hidden| hidden.sum());
            assert_all_close(gradients.expect("it runs forward").norms(), &expected);
            Ok(())
        },
    );
}

/// The module in double precision.
fn in_double<M: Module>(module: M) -> M {
    struct Double;
    impl ModuleMapper for Double {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            param.map(|tensor| {
                let (device, data) = (tensor.device(), tensor.into_data());
                Tensor::from_data(data, (&device, DType::F64)).require_grad()
            })
        }
    }
    module.map(&mut Double)
}

/// The norm, by finite differences, of the gradient of the last hidden state's squares with respect to the state after
/// `from` steps, every number of which is moved in turn.
fn norm_by_differences<C: RecurrentCell>(cell: &C, inputs: &Tensor<3>, from: usize) -> f64 {
    const STEP: f64 = 1e-5;
    let [batch, steps, _] = inputs.dims();
    let run = |mut state: C::State, range: std::ops::Range<usize>| {
        for step in range {
            let input = inputs.clone().narrow(1, step, 1);
            state = cell.step(cell.project(input).squeeze_dim(1), state.hidden(), state);
        }
        state
    };
    let state = run(cell.initial_state(batch, &inputs.device()), 0..from);
    let loss = |tensor: usize, at: usize, by: f64| {
        let mut index = 0..;
        let moved = state.clone().map_tensors(&mut |old| {
            let dims = old.dims();
            let mut numbers = values(old);
            if index.next() == Some(tensor) {
                numbers[at] += by;
            }
            Tensor::from_data(
                TensorData::new(numbers, dims),
                (&inputs.device(), DType::F64),
            )
        });
        let last = run(moved, from..steps).hidden();
        values(last).iter().map(|h| h * h).sum::<f64>()
    };
    let mut sizes = Vec::new();
    let _ = state.clone().map_tensors(&mut |tensor| {
        sizes.push(tensor.dims().iter().product::<usize>());
        tensor
    });
    let places = sizes
        .iter()
        .enumerate()
        .flat_map(|(tensor, &size)| (0..size).map(move |at| (tensor, at)));
    let slopes = places
        .map(|(tensor, at)| (loss(tensor, at, STEP) - loss(tensor, at, -STEP)) / (2.0 * STEP));
    slopes.map(|slope| slope * slope).sum::<f64>().sqrt()
}

/// For every cell, memory cells included.
fn the_whole_state_counts(device: &Device) {
    let device = device.clone().autodiff();
    let sizes = (0usize..4, 1usize..4, 1usize..4, 1usize..5);
    check(
        (sizes, any::<u64>()),
        |((kind, hidden, batch, steps), seed)| {
            let mut rng = SeededRng::new(seed);
            let [rnn, lstm, peephole, gru] = cells(hidden, WeightInit::pytorch());
            let config = [rnn, lstm, peephole, gru][kind].clone();
            let network = in_double(RecurrentConfig::new(config).init(2, &device, &mut rng));
            let inputs = normal([batch, steps, 2], &device, &mut rng).cast(DType::F64);
            let gradients =
                state_gradients(&network, inputs.clone(), |hidden| hidden.square().sum());
            let cell = network.layers[0].forward.as_ref().expect("it runs forward");
            let expected: Vec<f64> = (1..=steps)
                .rev()
                .map(|from| norm_by_differences(cell, &inputs, from))
                .collect();
            assert_all_close(gradients.expect("it runs forward").norms(), &expected);
            Ok(())
        },
    );
}

/// The last layer of a stack, over what the layer below gives out, as if it stood alone.
fn a_stack_is_measured_at_its_last_layer(device: &Device) {
    let device = device.clone().autodiff();
    for config in cells(3, WeightInit::default()) {
        let mut rng = SeededRng::new(4);
        let stack = RecurrentConfig::new(config)
            .with_num_layers(2)
            .init(2, &device, &mut rng);
        let inputs = normal([2, 5, 2], &device, &mut rng);
        let split = |layer: usize| {
            let mut part = stack.clone();
            part.layers = vec![part.layers.remove(layer)];
            part
        };
        let [below, last]: [Recurrent<AnyCell>; 2] = [split(0), split(1)];
        let between = below.forward(NetworkInput::new(inputs.clone())).outputs;
        let measure = |network: &Recurrent<AnyCell>, inputs| {
            let gradients = state_gradients(network, inputs, |hidden| hidden.square().sum());
            gradients.expect("it runs forward")
        };
        assert_all_close(
            measure(&stack, inputs).norms(),
            measure(&last, between).norms(),
        );
    }
}

#[test]
fn a_network_that_runs_both_ways_is_refused() {
    let device = Device::default().autodiff();
    let config = RecurrentConfig::new(GruConfig::new(2)).with_direction(Direction::Both);
    let network = config.init(2, &device, &mut SeededRng::new(1));
    let inputs = Tensor::ones([1, 3, 2], &device);
    let error = state_gradients(&network, inputs, |hidden| hidden.sum()).unwrap_err();
    assert!(error.to_string().contains("bidirectional"), "{error}");
}

/// Gates without weights stand where their biases are.
fn gates_without_weights_stand_at_their_biases(device: &Device) {
    let bias = |value: f64, count: usize| vec![value; count];
    let hidden = 5;
    let set = |biases: Vec<f64>| {
        Some(Param::from_tensor(Tensor::from_data(
            TensorData::new(biases.clone(), [biases.len()]),
            device,
        )))
    };
    let inputs = normal([3, 4, 2], device, &mut SeededRng::new(2));
    let config = LstmConfig::new(hidden).with_init(NO_WEIGHTS);
    let mut cell = recurra_cells::CellConfig::init(&config, 2, device, &mut SeededRng::new(1));
    // Of the forget gate's five units two are shut and one is open.
    let forget = vec![-3.0, -2.5, 0.0, 0.5, 4.0];
    cell.bias = set([bias(-4.0, 5), forget.clone(), bias(1.0, 5), bias(3.0, 5)].concat());
    let gates = gate_activity(&cell, inputs.clone(), None);
    let names: Vec<&str> = gates.iter().map(|gate| gate.gate).collect();
    assert_eq!(names, ["input", "forget", "output"]);
    let mean = forget.iter().map(|bias| sigmoid(*bias)).sum::<f64>() / 5.0;
    for (gate, (expected, shut, open)) in gates.iter().zip([
        (sigmoid(-4.0), 1.0, 0.0),
        (mean, 0.4, 0.2),
        (sigmoid(3.0), 0.0, 1.0),
    ]) {
        assert!(is_close(gate.mean, expected), "{gate:?} {expected}");
        assert_eq!((gate.shut, gate.open), (shut, open), "{gate:?}");
    }
    let [rnn, .., gru] = cells(hidden, NO_WEIGHTS);
    let names = |config: AnyCellConfig| {
        let cell = recurra_cells::CellConfig::init(&config, 2, device, &mut SeededRng::new(1));
        let gates = gate_activity(&cell, inputs.clone(), None);
        gates.iter().map(|gate| gate.gate).collect::<Vec<_>>()
    };
    assert_eq!(names(rnn), Vec::<&str>::new());
    assert_eq!(names(gru), ["reset", "update"]);
}

/// A padded batch is its rows, each alone and cut to its length; what stands in the padding is nobody's business.
fn gates_are_counted_over_valid_steps(device: &Device) {
    check(
        (0usize..3, 1usize..4, 1usize..6, any::<u64>()),
        |(kind, hidden, steps, seed)| {
            let mut rng = SeededRng::new(seed);
            let config = cells(hidden, WeightInit::pytorch())[kind + 1].clone();
            let cell = recurra_cells::CellConfig::init(&config, 2, device, &mut rng);
            let valid: Vec<usize> = (0..3).map(|_| 1 + rng.below(steps)).collect();
            let inputs = normal([3, steps, 2], device, &mut rng);
            let lengths = Lengths::new(valid.clone(), steps).expect("within the steps");
            let padding = lengths
                .padding(device)
                .unsqueeze_dim::<3>(2)
                .expand([3, steps, 2]);
            let padded = inputs.clone().mask_fill(padding, f32::NAN);
            let together = gate_activity(&cell, padded, lengths);
            let total = valid.iter().sum::<usize>() as f64;
            for (index, gate) in together.iter().enumerate() {
                let alone = valid.iter().enumerate().map(|(row, &length)| {
                    let row = inputs.clone().narrow(0, row, 1).narrow(1, 0, length);
                    let alone = gate_activity(&cell, row, None)[index].clone();
                    [alone.mean, alone.shut, alone.open].map(|share| share * length as f64 / total)
                });
                let sums = alone.reduce(|a, b| std::array::from_fn(|i| a[i] + b[i]));
                let [mean, shut, open] = sums.expect("three rows");
                prop_assert!(is_close(gate.mean, mean), "{} {}", gate.mean, mean);
                prop_assert!((gate.shut - shut).abs() < 1e-9 && (gate.open - open).abs() < 1e-9);
            }
            Ok(())
        },
    );
}

/// Moves every parameter by a constant.
struct Shift(f64);

impl ModuleMapper for Shift {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| (tensor + self.0).detach().require_grad())
    }
}

fn a_shift_has_the_norm_of_its_numbers(device: &Device) {
    check(
        (1usize..6, -0.5_f64..0.5, any::<u64>()),
        |(hidden, by, seed)| {
            let config = RecurrentConfig::new(LstmConfig::new(hidden));
            let before = config.init(3, &device.clone().autodiff(), &mut SeededRng::new(seed));
            let updates = parameter_updates(&before, &before.clone().map(&mut Shift(by)));
            let names: Vec<&str> = updates.keys().map(String::as_str).collect();
            prop_assert_eq!(
                names,
                [
                    "layers.0.forward.bias",
                    "layers.0.forward.weight_hh",
                    "layers.0.forward.weight_ih"
                ]
            );
            // Orthogonal recurrent weights have H unit rows in each of four gates; the forget bias is 1.
            for (name, weight_norm, count) in [
                ("bias", (hidden as f64).sqrt(), 4 * hidden),
                (
                    "weight_hh",
                    (4.0 * hidden as f64).sqrt(),
                    4 * hidden * hidden,
                ),
            ] {
                let update = updates[&format!("layers.0.forward.{name}")];
                prop_assert!(is_close(update.weight_norm, weight_norm), "{update:?}");
                let moved = by.abs() * (count as f64).sqrt();
                prop_assert!(
                    (update.update_norm - moved).abs() < 1e-5,
                    "{update:?} {moved}"
                );
                prop_assert!((update.ratio() - update.update_norm / weight_norm).abs() < 1e-4);
            }
            Ok(())
        },
    );
}

#[test]
#[should_panic(expected = "parameter layers.0.forward.bias was")]
fn modules_of_other_shapes_are_refused() {
    let build = |hidden| {
        let config = RecurrentConfig::new(RnnConfig::new(hidden));
        config.init(2, &Device::default(), &mut SeededRng::new(1))
    };
    parameter_updates(&build(2), &build(3));
}

recurra_cells::device_tests!(
    a_scalar_rnn_at_rest_multiplies_by_its_weight,
    cells_without_weights_decay_as_their_biases_say,
    an_rnn_multiplies_its_jacobians,
    a_stack_is_measured_at_its_last_layer,
    gates_without_weights_stand_at_their_biases,
    gates_are_counted_over_valid_steps,
    a_shift_has_the_norm_of_its_numbers,
);

/// In double precision, which not every device computes in.
mod whole_states {
    use super::the_whole_state_counts;

    recurra_cells::cpu_tests!(the_whole_state_counts);
}
