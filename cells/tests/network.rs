//! What a network keeps whatever its cell, depth, directions and lengths.

#[path = "support/properties.rs"]
mod properties;

use burn::tensor::{Device, Tensor, TensorData};
use properties::{check, small};
use proptest::prelude::*;
use recurra_cells::{
    AnyCell, AnyCellConfig, AnyState, CellConfig, Direction, GruConfig, LayerMasks, Lengths,
    LstmConfig, Merge, NetworkInput, NetworkOutput, NetworkState, PeepholeLstmConfig, Recurrent,
    RecurrentConfig, RecurrentState, RnnConfig, SeededRng, device_tests,
};

/// What rounding may leave in f32, relative to values of the order of 1.
const TOLERANCE: f64 = 2e-5;

/// A network and a padded batch for it.
#[derive(Clone, Debug)]
struct Case {
    config: RecurrentConfig<AnyCellConfig>,
    input_size: usize,
    batch: usize,
    steps: usize,
    seed: u64,
}

fn cell_config(kind: usize, hidden: usize) -> AnyCellConfig {
    match kind {
        0 => AnyCellConfig::Rnn(RnnConfig::new(hidden)),
        1 => AnyCellConfig::Lstm(LstmConfig::new(hidden)),
        2 => AnyCellConfig::Lstm(LstmConfig {
            projection_size: (hidden > 1).then_some(1),
            ..LstmConfig::new(hidden)
        }),
        3 => AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden)),
        _ => AnyCellConfig::Gru(GruConfig::new(hidden)),
    }
}

fn cases(device: &Device) -> impl Strategy<Value = Case> + use<> {
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
    let network = (
        0..5usize,
        small(device),
        1..=3usize,
        direction,
        merge,
        prop::option::of(0..3usize),
    );
    let batch = (small(device), small(device), small(device), any::<u64>());
    (network, batch).prop_map(
        |((kind, hidden, layers, direction, merge, residual), (input_size, batch, steps, seed))| {
            let mut config = RecurrentConfig::new(cell_config(kind, hidden))
                .with_num_layers(layers)
                .with_direction(direction)
                .with_merge(merge);
            config.residual_from = residual.filter(|&layer| layer < layers);
            Case {
                config,
                input_size,
                batch,
                steps,
                seed,
            }
        },
    )
}

impl Case {
    fn network(&self, device: &Device) -> Recurrent<AnyCell> {
        self.config
            .init(self.input_size, device, &mut SeededRng::new(self.seed))
    }

    /// Standard normal values, in a stream of their own.
    fn normal<const D: usize>(&self, dims: [usize; D], stream: u64, device: &Device) -> Tensor<D> {
        let mut rng = SeededRng::for_stream(self.seed, stream);
        let values: Vec<f64> = (0..dims.iter().product()).map(|_| rng.normal()).collect();
        Tensor::from_data(TensorData::new(values, dims), device)
    }

    fn inputs(&self, device: &Device) -> Tensor<3> {
        self.normal([self.batch, self.steps, self.input_size], 1, device)
    }

    fn state(&self, network: &Recurrent<AnyCell>, device: &Device) -> NetworkState<AnyState> {
        let mut stream = 10;
        network.initial_state(self.batch, device).map(|state| {
            state.map_tensors(&mut |tensor| {
                stream += 1;
                self.normal(tensor.dims(), stream, device)
            })
        })
    }

    /// Lengths from 0 to `T`.
    fn lengths(&self) -> Lengths {
        let mut rng = SeededRng::for_stream(self.seed, 2);
        let valid = (0..self.batch).map(|_| rng.below(self.steps + 1)).collect();
        Lengths::new(valid, self.steps).expect("the lengths were drawn within the steps")
    }
}

/// A tensor's values in row-major order.
fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor
        .try_into_vec_as()
        .expect("a tensor of numbers reads as f64")
}

fn close(left: &[f64], right: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(left.len(), right.len());
    for (index, (l, r)) in left.iter().zip(right).enumerate() {
        prop_assert!(
            (l - r).abs() <= TOLERANCE * l.abs().max(1.0),
            "entry {}: {} against {}",
            index,
            l,
            r
        );
    }
    Ok(())
}

/// The values of every state, one after the other.
fn state_values(state: &NetworkState<AnyState>) -> Vec<f64> {
    let mut all = Vec::new();
    for state in state.states() {
        let _ = state.clone().map_tensors(&mut |tensor| {
            all.extend(values(tensor.clone()));
            tensor
        });
    }
    all
}

fn same(
    left: NetworkOutput<AnyState>,
    right: NetworkOutput<AnyState>,
) -> Result<(), TestCaseError> {
    close(&values(left.outputs), &values(right.outputs))?;
    close(&state_values(&left.state), &state_values(&right.state))
}

fn outputs_have_the_merged_width(device: &Device) {
    check(device, cases(device), |case| {
        let network = case.network(device);
        let output = network.forward(NetworkInput::new(case.inputs(device)));
        prop_assert_eq!(
            output.outputs.dims(),
            [case.batch, case.steps, network.output_size()]
        );
        prop_assert_eq!(
            output.forward.is_some(),
            case.config.direction != Direction::Backward
        );
        prop_assert_eq!(
            output.backward.is_some(),
            case.config.direction != Direction::Forward
        );
        Ok(())
    });
}

fn rows_are_alone_up_to_their_length(device: &Device) {
    check(device, cases(device), |case| {
        let network = case.network(device);
        let (inputs, state, lengths) = (
            case.inputs(device),
            case.state(&network, device),
            case.lengths(),
        );
        let together = NetworkInput::new(inputs.clone())
            .with_state(state.clone())
            .with_lengths(lengths.clone());
        let together = network.forward(together);
        for (row, &length) in lengths.as_slice().iter().enumerate() {
            let narrow =
                |state: AnyState| state.map_tensors(&mut |tensor| tensor.narrow(0, row, 1));
            let finals = together.state.clone().map(narrow);
            let outputs = together.outputs.clone().narrow(0, row, 1);
            if length < case.steps {
                let beyond = values(outputs.clone().narrow(1, length, case.steps - length));
                prop_assert!(beyond.iter().all(|&value| value == 0.0));
            }
            if length == 0 {
                close(
                    &state_values(&finals),
                    &state_values(&state.clone().map(narrow)),
                )?;
                continue;
            }
            let alone = inputs.clone().narrow(0, row, 1).narrow(1, 0, length);
            let alone =
                network.forward(NetworkInput::new(alone).with_state(state.clone().map(narrow)));
            close(
                &values(outputs.narrow(1, 0, length)),
                &values(alone.outputs),
            )?;
            close(&state_values(&finals), &state_values(&alone.state))?;
        }
        Ok(())
    });
}

fn what_stands_in_the_padding_changes_nothing(device: &Device) {
    check(device, cases(device), |case| {
        let network = case.network(device);
        let (inputs, lengths) = (case.inputs(device), case.lengths());
        let input = NetworkInput::new(inputs.clone()).with_lengths(lengths.clone());
        let expected = network.forward(input);
        // Two more steps, and NaN in every padded place.
        let extra = Tensor::full([case.batch, 2, case.input_size], f32::NAN, device);
        let longer = Lengths::new(lengths.as_slice().to_vec(), case.steps + 2)
            .expect("more steps than before");
        let padded = Tensor::cat(vec![inputs, extra], 1);
        let padding = longer
            .padding(device)
            .unsqueeze_dim::<3>(2)
            .expand(padded.dims());
        let padded = NetworkInput::new(padded.mask_fill(padding, f32::NAN)).with_lengths(longer);
        let mut actual = network.forward(padded);
        actual.outputs = actual.outputs.narrow(1, 0, case.steps);
        same(actual, expected)
    });
}

fn streaming_equals_the_sequence(device: &Device) {
    check(device, cases(device), |mut case| {
        case.config.direction = Direction::Forward;
        let network = case.network(device);
        let (inputs, mut state) = (case.inputs(device), case.state(&network, device));
        let whole = network.forward(NetworkInput::new(inputs.clone()).with_state(state.clone()));
        let mut outputs = Vec::new();
        for step in 0..case.steps {
            let input = inputs.clone().narrow(1, step, 1).squeeze_dim(1);
            let (output, next) = network
                .step(input, state)
                .expect("a forward network streams");
            outputs.push(output);
            state = next;
        }
        close(
            &values(Tensor::stack::<3>(outputs, 1)),
            &values(whole.outputs),
        )?;
        close(&state_values(&state), &state_values(&whole.state))
    });
}

fn a_backward_network_reads_the_reversed_sequence(device: &Device) {
    check(device, cases(device), |mut case| {
        let lengths = case.lengths();
        case.config.direction = Direction::Backward;
        let backward = case.network(device);
        // The same draws give the same weights in the other direction.
        case.config.direction = Direction::Forward;
        let forward = case.network(device);
        let inputs = case.inputs(device);
        let expected =
            NetworkInput::new(lengths.reverse(inputs.clone())).with_lengths(lengths.clone());
        let expected = values(lengths.reverse(forward.forward(expected).outputs));
        let actual = backward.forward(NetworkInput::new(inputs).with_lengths(lengths));
        close(&values(actual.outputs), &expected)
    });
}

fn directions_kept_apart_are_two_networks(device: &Device) {
    check(device, cases(device), |mut case| {
        case.config.direction = Direction::Both;
        case.config.merge = Merge::Separate;
        let both = case.network(device);
        let one = |direction: Direction| {
            let mut network = both.clone();
            for layer in &mut network.layers {
                match direction {
                    Direction::Forward => layer.backward = None,
                    _ => layer.forward = None,
                }
            }
            network
                .forward(NetworkInput::new(case.inputs(device)))
                .outputs
        };
        let expected = Tensor::cat(vec![one(Direction::Forward), one(Direction::Backward)], 2);
        close(
            &values(both.forward(NetworkInput::new(case.inputs(device))).outputs),
            &values(expected),
        )
    });
}

/// The last layer's directions, merged by hand.
fn merged(output: &NetworkOutput<AnyState>, merge: Merge) -> Tensor<3> {
    match (output.forward.clone(), output.backward.clone()) {
        (Some(forward), Some(backward)) => match merge {
            Merge::Concat | Merge::Separate => Tensor::cat(vec![forward, backward], 2),
            Merge::Sum => forward + backward,
            Merge::Mean => (forward + backward) / 2.0,
            Merge::Product => forward * backward,
        },
        (Some(alone), None) | (None, Some(alone)) => alone,
        (None, None) => panic!("a network runs in at least one direction"),
    }
}

fn outputs_are_the_merged_directions(device: &Device) {
    check(device, cases(device), |mut case| {
        case.config.residual_from = None;
        let network = case.network(device);
        let output = network.forward(NetworkInput::new(case.inputs(device)));
        let expected = values(merged(&output, case.config.merge));
        close(&values(output.outputs), &expected)
    });
}

fn a_residual_layer_adds_its_inputs(device: &Device) {
    check(device, cases(device), |mut case| {
        case.config.num_layers = 1;
        case.config.residual_from = Some(0);
        let network = case.network(device);
        let inputs = case.inputs(device);
        let output = network.forward(NetworkInput::new(inputs.clone()));
        let added = match &network.layers[0].residual_projection {
            Some(weight) => inputs.matmul(weight.val().transpose().unsqueeze()),
            None => inputs,
        };
        let added = match (case.config.direction, case.config.merge) {
            (Direction::Both, Merge::Separate) => Tensor::cat(vec![added.clone(), added], 2),
            _ => added,
        };
        let expected = values(merged(&output, case.config.merge) + added);
        close(&values(output.outputs), &expected)
    });
}

fn masks_multiply_what_they_mask(device: &Device) {
    check(device, cases(device), |mut case| {
        case.config.num_layers = 1;
        case.config.residual_from = None;
        let network = case.network(device);
        let inputs = case.inputs(device);
        let mask = case.normal([case.batch, case.input_size], 3, device);
        let masks = LayerMasks {
            input: Some(mask.clone()),
            ..LayerMasks::default()
        };
        let masked = NetworkInput::new(inputs.clone()).with_masks(vec![masks]);
        let by_hand = NetworkInput::new(inputs * mask.unsqueeze_dim(1));
        same(network.forward(masked), network.forward(by_hand))
    });
}

fn recurrent_masks_reach_every_layer_and_direction(device: &Device) {
    check(device, cases(device), |mut case| {
        // Without its past, a plain cell is a function of the step's input alone.
        case.config.cell = cell_config(0, CellConfig::hidden_size(&case.config.cell));
        let network = case.network(device);
        let nothing = || Some(Tensor::zeros([case.batch, network.hidden_size()], device));
        let masks = LayerMasks {
            input: None,
            forward_recurrent: nothing(),
            backward_recurrent: nothing(),
        };
        let masks = vec![masks; network.num_layers()];
        let inputs = case.inputs(device);
        let whole = NetworkInput::new(inputs.clone()).with_masks(masks.clone());
        let last = inputs.narrow(1, case.steps - 1, 1);
        let alone = NetworkInput::new(last).with_masks(masks);
        let whole = network.forward(whole).outputs;
        let whole = whole.narrow(1, case.steps - 1, 1);
        close(&values(whole), &values(network.forward(alone).outputs))
    });
}

fn devices_agree(device: &Device) {
    let reference = Device::flex();
    check(device, cases(device), |case| {
        let run = |device: &Device| {
            let network = case.network(device);
            let state = case.state(&network, device);
            network.forward(
                NetworkInput::new(case.inputs(device))
                    .with_state(state)
                    .with_lengths(case.lengths()),
            )
        };
        same(run(device), run(&reference))
    });
}

fn no_weight_is_shared(device: &Device) {
    check(device, cases(device), |case| {
        let network = case.network(device);
        let mut ids = burn::module::list_param_ids(&network);
        let count = ids.len();
        ids.sort_by_key(|id| id.val());
        ids.dedup();
        prop_assert_eq!(ids.len(), count);
        Ok(())
    });
}

device_tests!(
    outputs_have_the_merged_width,
    rows_are_alone_up_to_their_length,
    what_stands_in_the_padding_changes_nothing,
    streaming_equals_the_sequence,
    a_backward_network_reads_the_reversed_sequence,
    directions_kept_apart_are_two_networks,
    outputs_are_the_merged_directions,
    a_residual_layer_adds_its_inputs,
    masks_multiply_what_they_mask,
    recurrent_masks_reach_every_layer_and_direction,
    devices_agree,
    no_weight_is_shared,
);
