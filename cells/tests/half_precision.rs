//! Cells whose weights are in a half-precision type, on every device that computes in one.

#[path = "support/properties.rs"]
mod properties;

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, Tensor};
use properties::{check, small};
use proptest::prelude::*;
use recurra_cells::laws::{self, Case};
use recurra_cells::{
    AnyCell, AnyCellConfig, CellConfig, GruConfig, LstmConfig, PeepholeLstmConfig, RecurrentCell,
    RecurrentState, RnnConfig, SeededRng, Sequence,
};

/// Parameters of another number type, as leaves.
struct Cast(DType);

impl ModuleMapper for Cast {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|weight| {
            let cast = weight.detach().cast(self.0);
            cast.detach().require_grad()
        })
    }
}

fn cell(kind: usize, hidden: usize, dtype: DType, device: &Device) -> AnyCell {
    let config = match kind {
        0 => AnyCellConfig::Rnn(RnnConfig::pytorch(hidden)),
        1 => AnyCellConfig::Lstm(LstmConfig::pytorch(hidden)),
        2 => AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden)),
        _ => AnyCellConfig::Gru(GruConfig::pytorch(hidden)),
    };
    let cell = config.init(3, &device.clone().autodiff(), &mut SeededRng::new(1));
    cell.map(&mut Cast(dtype))
}

/// The half-precision types that the device computes in.
fn half_types(device: &Device) -> Vec<DType> {
    let types = [DType::F16, DType::BF16];
    let own: Vec<_> = types
        .into_iter()
        .filter(|&dtype| device.supports_dtype(dtype))
        .collect();
    println!("{device:?} computes in {own:?}");
    own
}

fn the_laws_hold(device: &Device) {
    for dtype in half_types(device) {
        let cases = (0..4usize, small(device), small(device), small(device));
        check(
            device,
            (cases, any::<u64>()),
            |((kind, hidden, batch, steps), seed)| {
                let case = Case { batch, steps, seed };
                let cell = cell(kind, hidden, dtype, device);
                laws::check(&cell, &device.clone().autodiff(), case)
                    .map_err(|violation| TestCaseError::fail(format!("{violation} ({dtype:?})")))
            },
        );
    }
}

/// What a cell makes of ones, and of which type outputs and state are.
fn run(cell: &AnyCell, dtype: DType, device: &Device) -> Vec<(DType, Vec<f32>)> {
    let inputs = Tensor::ones([2, 4, 3], (device, dtype));
    let state = cell.initial_state(2, device);
    let (outputs, state) = cell.unroll(Sequence::new(inputs, state));
    let numbers = |dtype, data: burn::tensor::TensorData| (dtype, data.iter::<f32>().collect());
    let mut found = vec![numbers(outputs.dtype(), outputs.into_data())];
    let _ = state.map_tensors(&mut |tensor| {
        found.push(numbers(tensor.dtype(), tensor.clone().into_data()));
        tensor
    });
    found
}

fn outputs_and_states_are_in_the_weights_type_and_near_those_in_single(device: &Device) {
    for dtype in half_types(device) {
        for kind in 0..4 {
            let half = run(&cell(kind, 5, dtype, device), dtype, device);
            let single = run(&cell(kind, 5, DType::F32, device), DType::F32, device);
            // What four steps make of a few roundings to 11 or 8 bits.
            let tolerance = if dtype == DType::F16 { 4e-3 } else { 3e-2 };
            for ((found, half), (_, single)) in half.iter().zip(single) {
                assert_eq!(*found, dtype);
                assert!(
                    half.iter()
                        .zip(&single)
                        .all(|(a, b)| (a - b).abs() < tolerance)
                );
            }
        }
    }
}

/// wgpu would multiply them to something else without a word.
fn a_mixture_of_types_is_refused(device: &Device) {
    for dtype in half_types(device) {
        for kind in 0..4 {
            let half = cell(kind, 5, dtype, device);
            let refused = catch_unwind(AssertUnwindSafe(|| run(&half, DType::F32, device)));
            let panic = refused.expect_err("single-precision inputs met half-precision weights");
            let text = panic.downcast_ref::<String>().expect("a panic with values");
            let (inputs, own) = (format!("{:?}", DType::F32), format!("{dtype:?}"));
            assert!(text.contains(&inputs) && text.contains(&own), "{text}");
        }
    }
}

recurra_cells::half_precision_tests!(
    the_laws_hold,
    outputs_and_states_are_in_the_weights_type_and_near_those_in_single,
    a_mixture_of_types_is_refused,
);
