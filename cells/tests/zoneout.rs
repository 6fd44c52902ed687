//! Zoneout on every tensor of any cell's state: the law of a step, lengths, both time orders, and the path that is taken.

#[path = "support/properties.rs"]
mod properties;

use burn::tensor::{Bool, Device, Tensor, TensorData};
use properties::{check, small};
use proptest::prelude::*;
use recurra_cells::{
    AnyCell, AnyCellConfig, AnyState, CellConfig, Direction, GruConfig, LayerZoneout, Lengths,
    LstmConfig, NetworkInput, PeepholeLstmConfig, RecurrentCell, RecurrentConfig, RecurrentState,
    RnnConfig, SeededRng, Sequence, TimeOrder, Zoneout, cpu_tests,
};

/// What rounding may leave in f32, relative to values of the order of 1.
const TOLERANCE: f64 = 2e-5;

/// A cell and a padded sequence for it.
#[derive(Clone, Debug)]
struct Case {
    config: AnyCellConfig,
    input_size: usize,
    batch: usize,
    steps: usize,
    time_order: TimeOrder,
    seed: u64,
}

fn cases(device: &Device) -> impl Strategy<Value = Case> + use<> {
    let order = prop_oneof![Just(TimeOrder::FirstToLast), Just(TimeOrder::LastToFirst)];
    let sizes = (small(device), small(device), small(device), small(device));
    (0..5usize, sizes, order, any::<u64>()).prop_map(
        |(kind, (hidden, input_size, batch, steps), time_order, seed)| {
            let config = match kind {
                0 => AnyCellConfig::Rnn(RnnConfig::new(hidden)),
                1 => AnyCellConfig::Lstm(LstmConfig::new(hidden)),
                // Its two tensors have two widths.
                2 => AnyCellConfig::Lstm(LstmConfig {
                    projection_size: (hidden > 1).then_some(1),
                    ..LstmConfig::new(hidden)
                }),
                3 => AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden)),
                _ => AnyCellConfig::Gru(GruConfig::new(hidden)),
            };
            Case {
                config,
                input_size,
                batch,
                steps,
                time_order,
                seed,
            }
        },
    )
}

/// Everything that a run needs.
struct Setup {
    cell: AnyCell,
    inputs: Tensor<3>,
    state: AnyState,
    lengths: Lengths,
    masks: Vec<Tensor<3, Bool>>,
}

impl Case {
    fn setup(&self, device: &Device) -> Setup {
        let mut rng = SeededRng::new(self.seed);
        let cell = self.config.init(self.input_size, device, &mut rng);
        let inputs = normal([self.batch, self.steps, self.input_size], device, &mut rng);
        let mut masks = Vec::new();
        let state = cell
            .initial_state(self.batch, device)
            .map_tensors(&mut |tensor| {
                let [batch, width] = tensor.dims();
                masks.push(coins([batch, self.steps, width], device, &mut rng));
                normal([batch, width], device, &mut rng)
            });
        let valid = (0..self.batch).map(|_| rng.below(self.steps + 1)).collect();
        let lengths = Lengths::new(valid, self.steps).expect("drawn within the steps");
        Setup {
            cell,
            inputs,
            state,
            lengths,
            masks,
        }
    }
}

fn normal<const D: usize>(dims: [usize; D], device: &Device, rng: &mut SeededRng) -> Tensor<D> {
    let numbers: Vec<f64> = (0..dims.iter().product()).map(|_| rng.normal()).collect();
    Tensor::from_data(TensorData::new(numbers, dims), device)
}

fn coins(dims: [usize; 3], device: &Device, rng: &mut SeededRng) -> Tensor<3, Bool> {
    let coins: Vec<bool> = (0..dims.iter().product())
        .map(|_| rng.below(2) == 1)
        .collect();
    Tensor::from_data(TensorData::new(coins, dims), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn state_values(state: AnyState) -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    let _ = state.map_tensors(&mut |tensor| {
        all.push(values(tensor.clone()));
        tensor
    });
    all
}

fn close(left: &[f64], right: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(left.len(), right.len());
    for (index, (l, r)) in left.iter().zip(right).enumerate() {
        let within = (l - r).abs() <= TOLERANCE * l.abs().max(1.0);
        prop_assert!(within, "entry {}: {} against {}", index, l, r);
    }
    Ok(())
}

/// The outputs and the final state of both runs are the same.
fn same(left: (Tensor<3>, AnyState), right: (Tensor<3>, AnyState)) -> Result<(), TestCaseError> {
    close(&values(left.0), &values(right.0))?;
    let (left, right) = (state_values(left.1), state_values(right.1));
    prop_assert_eq!(left.len(), right.len());
    left.iter().zip(&right).try_for_each(|(l, r)| close(l, r))
}

/// One row, step by step: each number of the new state is the old one where its mask holds.
fn row_by_hand(case: &Case, setup: &Setup, row: usize) -> (Vec<Vec<f64>>, AnyState) {
    let length = setup.lengths.as_slice()[row];
    let cut = |tensor: Tensor<2>| tensor.narrow(0, row, 1);
    let mut state = setup.state.clone().map_tensors(&mut |tensor| cut(tensor));
    let mut outputs = vec![vec![0.0; setup.cell.hidden_size()]; case.steps];
    let places: Vec<usize> = match case.time_order {
        TimeOrder::FirstToLast => (0..length).collect(),
        TimeOrder::LastToFirst => (0..length).rev().collect(),
    };
    for place in places {
        let input = setup.inputs.clone().narrow(0, row, 1).narrow(1, place, 1);
        let projected = setup.cell.project(input).squeeze_dim(1);
        let new = setup.cell.step(projected, state.hidden(), state.clone());
        let mut part = 0;
        state = new.zip_tensors(state, &mut |new, old| {
            let keep = setup.masks[part]
                .clone()
                .narrow(0, row, 1)
                .narrow(1, place, 1);
            part += 1;
            let kept = keep.into_data().iter::<bool>().collect::<Vec<_>>();
            let (dims, device) = (new.dims(), new.device());
            let pairs = values(old).into_iter().zip(values(new));
            let mixed: Vec<f64> = pairs
                .zip(kept)
                .map(|((old, new), keep)| if keep { old } else { new })
                .collect();
            Tensor::from_data(TensorData::new(mixed, dims), &device)
        });
        outputs[place] = values(state.hidden());
    }
    (outputs, state)
}

fn a_unit_keeps_its_old_value_where_its_mask_holds(device: &Device) {
    check(device, cases(device), |case| {
        let setup = case.setup(device);
        let sequence = Sequence::new(setup.inputs.clone(), setup.state.clone())
            .with_lengths(setup.lengths.clone())
            .with_time_order(case.time_order)
            .with_zoneout(Zoneout::Masks(setup.masks.clone()));
        let (outputs, last) = setup.cell.unroll(sequence);
        for row in 0..case.batch {
            let (expected, state) = row_by_hand(&case, &setup, row);
            let found = values(outputs.clone().narrow(0, row, 1));
            close(&found, &expected.concat())?;
            let cut = last
                .clone()
                .map_tensors(&mut |tensor| tensor.narrow(0, row, 1));
            let (found, expected) = (state_values(cut), state_values(state));
            for (found, expected) in found.iter().zip(&expected) {
                close(found, expected)?;
            }
        }
        Ok(())
    });
}

/// A single step under every mask of few units: their mean is the step in evaluation.
fn evaluation_is_the_expectation_of_a_step(device: &Device) {
    let config = AnyCellConfig::Lstm(LstmConfig::new(1));
    let mut rng = SeededRng::new(3);
    let cell = config.init(2, device, &mut rng);
    let inputs = normal([1, 1, 2], device, &mut rng);
    let state = cell
        .initial_state(1, device)
        .map_tensors(&mut |tensor| normal(tensor.dims(), device, &mut rng));
    let shares = [0.3, 0.8];
    let run = |zoneout| {
        let sequence = Sequence::new(inputs.clone(), state.clone());
        state_values(cell.unroll(sequence.with_zoneout(zoneout)).1).concat()
    };
    let mut mean = vec![0.0; 2];
    for keep in [[false, false], [false, true], [true, false], [true, true]] {
        let mask = |keep| Tensor::from_data(TensorData::new(vec![keep], [1, 1, 1]), device);
        let found = run(Zoneout::Masks(keep.map(mask).to_vec()));
        let weights = keep
            .iter()
            .zip(shares)
            .map(|(&keep, share)| if keep { share } else { 1.0 - share });
        let weight: f64 = weights.product();
        mean.iter_mut()
            .zip(found)
            .for_each(|(m, f)| *m += weight * f);
    }
    let expected = run(Zoneout::Expectation(shares.to_vec()));
    close(&expected, &mean).expect("the expectation is the mean over all masks");
    assert_ne!(expected, run(Zoneout::Expectation(vec![0.0, 0.0])));
}

fn masks_that_keep_nothing_change_no_bit(device: &Device) {
    check(device, cases(device), |case| {
        let setup = case.setup(device);
        let run = |zoneout: Option<Zoneout>| {
            let sequence = Sequence::new(setup.inputs.clone(), setup.state.clone())
                .with_lengths(setup.lengths.clone())
                .with_time_order(case.time_order)
                .with_zoneout(zoneout);
            let (outputs, state) = recurra_cells::unroll_stepwise(&setup.cell, sequence);
            (values(outputs), state_values(state))
        };
        let nothing = setup
            .masks
            .iter()
            .map(|mask| mask.clone().equal(mask.clone()).bool_not());
        prop_assert_eq!(run(Some(Zoneout::Masks(nothing.collect()))), run(None));
        Ok(())
    });
}

fn what_is_kept_whole_never_moves(device: &Device) {
    check(device, cases(device), |case| {
        let setup = case.setup(device);
        let tensors = setup.masks.len();
        let sequence = Sequence::new(setup.inputs.clone(), setup.state.clone())
            .with_time_order(case.time_order)
            .with_zoneout(Zoneout::Expectation(vec![1.0; tensors]));
        let (outputs, last) = setup.cell.unroll(sequence);
        let still = setup.state.hidden().unsqueeze_dim::<3>(1);
        let still = still.repeat_dim(1, case.steps);
        same((outputs, last), (still, setup.state))
    });
}

fn gradients_flow_through_what_is_kept(device: &Device) {
    let device = device.clone().autodiff();
    let cell = AnyCellConfig::Gru(GruConfig::new(1)).init(1, &device, &mut SeededRng::new(1));
    let state = Tensor::<2>::full([2, 1], 0.5, &device).require_grad();
    let keep = Tensor::from_data(
        TensorData::new(vec![true, true, false, false], [2, 2, 1]),
        &device,
    );
    let sequence = Sequence::new(
        Tensor::ones([2, 2, 1], &device),
        AnyState::Hidden(state.clone()),
    );
    let (_, last) = cell.unroll(sequence.with_zoneout(Zoneout::Masks(vec![keep])));
    let gradient = state
        .grad(&last.hidden().sum().backward())
        .expect("the initial state is tracked");
    let gradient = values(gradient);
    assert_eq!(gradient[0], 1.0, "the first row is its initial state");
    assert!(gradient[1] != 1.0 && gradient[1] != 0.0, "{gradient:?}");
}

/// Both directions of two layers, against the cells run by hand.
fn a_network_hands_zoneout_to_every_cell(device: &Device) {
    check(device, cases(device), |case| {
        let mut rng = SeededRng::new(case.seed);
        let network = RecurrentConfig::new(case.config.clone())
            .with_num_layers(2)
            .with_direction(Direction::Both)
            .init(case.input_size, device, &mut rng);
        let inputs = normal([case.batch, case.steps, case.input_size], device, &mut rng);
        let mut draw = |cell: &AnyCell| {
            let mut masks = Vec::new();
            let _ = cell
                .initial_state(case.batch, device)
                .map_tensors(&mut |tensor| {
                    let [batch, width] = tensor.dims();
                    masks.push(coins([batch, case.steps, width], device, &mut rng));
                    tensor
                });
            Some(Zoneout::Masks(masks))
        };
        let zoneout: Vec<LayerZoneout> = network
            .layers
            .iter()
            .map(|layer| LayerZoneout {
                forward: layer.forward.as_ref().and_then(&mut draw),
                backward: layer.backward.as_ref().and_then(&mut draw),
            })
            .collect();
        let input = NetworkInput::new(inputs.clone()).with_zoneout(zoneout.clone());
        let found = network.forward(input).outputs;
        let mut stream = inputs;
        for (layer, zoneout) in network.layers.iter().zip(zoneout) {
            let run = |cell: &Option<AnyCell>, zoneout, order| {
                let cell = cell.as_ref().expect("the network runs both ways");
                let sequence =
                    Sequence::new(stream.clone(), cell.initial_state(case.batch, device));
                cell.unroll(sequence.with_time_order(order).with_zoneout(zoneout))
                    .0
            };
            let forward = run(&layer.forward, zoneout.forward, TimeOrder::FirstToLast);
            let backward = run(&layer.backward, zoneout.backward, TimeOrder::LastToFirst);
            stream = Tensor::cat(vec![forward, backward], 2);
        }
        prop_assert_eq!(values(found), values(stream));
        Ok(())
    });
}

#[cfg(feature = "fused")]
fn zoneout_is_left_to_the_stepwise_loop(device: &Device) {
    use recurra_cells::kernel::runs;
    let on_host = ["Flex", "NdArray"]
        .iter()
        .any(|host| format!("{device:?}").contains(host));
    let configs = [
        AnyCellConfig::Rnn(RnnConfig::new(3)),
        AnyCellConfig::Lstm(LstmConfig::new(3)),
        AnyCellConfig::Peephole(PeepholeLstmConfig::new(3)),
        AnyCellConfig::Gru(GruConfig::new(3)),
    ];
    for config in configs {
        let cell = config.init(2, device, &mut SeededRng::new(1));
        let mut tensors = 0;
        let _ = cell.initial_state(1, device).map_tensors(&mut |tensor| {
            tensors += 1;
            tensor
        });
        for zoneout in [None, Some(Zoneout::Expectation(vec![0.1; tensors]))] {
            let before = runs();
            let state = cell.initial_state(1, device);
            let sequence = Sequence::new(Tensor::ones([1, 4, 2], device), state);
            let fuses = on_host && zoneout.is_none();
            cell.unroll(sequence.with_zoneout(zoneout));
            let after = runs();
            let ran = (after.fused - before.fused, after.stepwise - before.stepwise);
            assert_eq!(ran, (usize::from(fuses), usize::from(!fuses)), "{config:?}");
        }
    }
}

cpu_tests!(
    a_unit_keeps_its_old_value_where_its_mask_holds,
    evaluation_is_the_expectation_of_a_step,
    masks_that_keep_nothing_change_no_bit,
    what_is_kept_whole_never_moves,
    gradients_flow_through_what_is_kept,
    a_network_hands_zoneout_to_every_cell,
);

#[cfg(feature = "fused")]
mod path {
    use super::zoneout_is_left_to_the_stepwise_loop;
    recurra_cells::cpu_tests!(zoneout_is_left_to_the_stepwise_loop);
}

/// A run whose zoneout does not fit.
fn refused(zoneout: Zoneout) {
    let device = Device::default();
    let cell = AnyCellConfig::Lstm(LstmConfig::new(3)).init(2, &device, &mut SeededRng::new(1));
    let state = cell.initial_state(1, &device);
    let sequence = Sequence::new(Tensor::ones([1, 4, 2], &device), state);
    cell.unroll(sequence.with_zoneout(zoneout));
}

#[test]
#[should_panic(expected = "zoneout has 1 shares, but the state has 2 tensors")]
fn a_share_for_each_tensor_is_asked_for() {
    refused(Zoneout::Expectation(vec![0.1]));
}

#[test]
#[should_panic(expected = "zoneout shares must be in [0, 1], got [0.1, 1.5]")]
fn a_share_beyond_the_whole_is_refused() {
    refused(Zoneout::Expectation(vec![0.1, 1.5]));
}

#[test]
#[should_panic(
    expected = "the zoneout masks are [[1, 4, 3], [1, 5, 3]], but the state and the steps ask for [[1, 4, 3], [1, 4, 3]]"
)]
fn a_mask_of_another_shape_is_refused() {
    let device = Device::default();
    let mask = |steps| coins([1, steps, 3], &device, &mut SeededRng::new(1));
    refused(Zoneout::Masks(vec![mask(4), mask(5)]));
}
