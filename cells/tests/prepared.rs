//! Networks made ready for inference on slices, against the same networks on tensors.
#![cfg(all(feature = "fused", feature = "flex"))]

#[path = "support/close.rs"]
mod close;
#[path = "support/properties.rs"]
mod properties;

use std::num::NonZeroUsize;

use burn::tensor::{Device, Tensor, TensorData};
use close::{assert_close, values};
use properties::{check, small};
use proptest::prelude::*;
use recurra_cells::kernel::{Path, with_path};
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, Error, GruConfig, Lengths, LstmConfig, Merge, NetworkInput,
    PeepholeLstmConfig, Recurrent, RecurrentConfig, Reset, RnnConfig, SeededRng,
};

fn config(kind: usize, hidden: usize) -> AnyCellConfig {
    match kind {
        0 => AnyCellConfig::Rnn(RnnConfig::pytorch(hidden)),
        1 => AnyCellConfig::Lstm(LstmConfig::pytorch(hidden)),
        2 => AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden)),
        _ => AnyCellConfig::Gru(GruConfig::pytorch(hidden)),
    }
}

fn network(config: &RecurrentConfig<AnyCellConfig>, input_size: usize) -> Recurrent<AnyCell> {
    config.init(input_size, &Device::flex(), &mut SeededRng::new(5))
}

fn tensor<const D: usize>(numbers: &[f32], dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), dims), &Device::flex())
}

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = SeededRng::new(seed);
    (0..count).map(|_| rng.normal() as f32).collect()
}

/// What the network gives one step at a time, on tensors.
fn expected(network: &Recurrent<AnyCell>, inputs: Tensor<3>, lengths: Option<Lengths>) -> Vec<f32> {
    let input = NetworkInput::new(inputs).with_lengths(lengths);
    values(&with_path(Path::Stepwise, || network.forward(input)).outputs)
}

#[test]
fn a_prepared_network_gives_the_same_outputs() {
    let device = Device::flex();
    let direction = prop_oneof![
        Just(Direction::Forward),
        Just(Direction::Backward),
        Just(Direction::Both)
    ];
    let merge = prop_oneof![
        Just(Merge::Concat),
        Just(Merge::Sum),
        Just(Merge::Mean),
        Just(Merge::Product),
        Just(Merge::Separate)
    ];
    let shape = (
        0..4usize,
        small(&device),
        1..=3usize,
        direction,
        merge,
        any::<bool>(),
    );
    let batch = (small(&device), small(&device), any::<u64>());
    check(&device, (shape, batch), |(shape, (batch, steps, seed))| {
        let (kind, hidden, layers, direction, merge, residual) = shape;
        let mut config = RecurrentConfig::new(config(kind, hidden))
            .with_num_layers(layers)
            .with_direction(direction)
            .with_merge(merge);
        // From the second layer on: there the widths agree, and nothing has to be projected.
        config.residual_from = (residual && layers > 1).then_some(1);
        let network = network(&config, 3);
        let mut ready = network.prepare().expect("the kernels know every option");
        let width = network.output_size();
        let inputs = numbers(batch * steps * 3, seed);
        let mut outputs = vec![0.0; batch * steps * width];
        // Twice: what a run leaves behind must not reach the next.
        for _ in 0..2 {
            ready.run(&inputs, batch, &mut outputs);
            let on_tensors = expected(&network, tensor(&inputs, [batch, steps, 3]), None);
            assert_close("outputs", &outputs, &on_tensors);
        }
        let valid = (0..batch).map(|row| (row * 7 + 1) % (steps + 1)).collect();
        let lengths = Lengths::new(valid, steps).expect("within the steps");
        ready.run_padded(&inputs, &lengths, &mut outputs);
        let on_tensors = expected(&network, tensor(&inputs, [batch, steps, 3]), Some(lengths));
        assert_close("padded outputs", &outputs, &on_tensors);
        Ok(())
    });
}

#[test]
fn steps_give_what_a_run_gives() {
    for kind in 0..4 {
        let config = RecurrentConfig::new(config(kind, 19)).with_num_layers(2);
        let mut ready = network(&config, 4)
            .prepare()
            .expect("the kernels know every option");
        let (batch, steps) = (3, 6);
        let inputs = numbers(batch * steps * 4, 9);
        let mut outputs = vec![0.0; batch * steps * 19];
        ready.run(&inputs, batch, &mut outputs);
        let mut state = ready
            .initial_state(batch)
            .expect("the network runs forward");
        let mut output = vec![0.0; batch * 19];
        for step in 0..steps {
            let rows = inputs.chunks(steps * 4);
            let input: Vec<f32> = rows.flat_map(|row| row[step * 4..][..4].to_vec()).collect();
            ready.step(&input, &mut state, &mut output);
            let whole = outputs.chunks(steps * 19);
            let whole: Vec<f32> = whole
                .flat_map(|row| row[step * 19..][..19].to_vec())
                .collect();
            assert_close("a step's output", &output, &whole);
        }
    }
}

#[test]
fn threads_change_no_bit() {
    for kind in 0..4 {
        let network = network(&RecurrentConfig::new(config(kind, 70)), 20);
        let inputs = numbers(5 * 8 * 20, 2);
        let runs = [1, 2, 3].map(|threads| {
            let threads = NonZeroUsize::new(threads).expect("not zero");
            let mut ready = network
                .prepare_for(threads)
                .expect("the kernels know every option");
            let mut outputs = vec![0.0; 5 * 8 * 70];
            ready.run(&inputs, 5, &mut outputs);
            outputs
        });
        assert!(runs[0] == runs[1] && runs[0] == runs[2], "cell {kind}");
    }
}

#[test]
fn what_the_kernels_lack_is_named() {
    let projected = AnyCellConfig::Lstm(LstmConfig::new(5).with_projection_size(2));
    let before = AnyCellConfig::Gru(GruConfig::new(5).with_reset(Reset::Before));
    for (config, what) in [(projected, "projection"), (before, "reset gate before")] {
        let error = network(&RecurrentConfig::new(config), 3)
            .prepare()
            .expect_err(what);
        assert!(matches!(error, Error::NoCounterpart { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    let both = RecurrentConfig::new(config(1, 5)).with_direction(Direction::Both);
    let ready = network(&both, 3)
        .prepare()
        .expect("the kernels know every option");
    let error = ready.initial_state(1).expect_err("its end comes first");
    assert!(error.to_string().contains("bidirectional"), "{error}");
}

#[test]
#[should_panic(expected = "got 7")]
fn inputs_of_another_length_panic() {
    let mut ready = network(&RecurrentConfig::new(config(0, 2)), 3)
        .prepare()
        .expect("the kernels know every option");
    ready.run(&[0.0; 7], 2, &mut [0.0; 4]);
}
