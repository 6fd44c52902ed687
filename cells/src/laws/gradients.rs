//! Law 5: every parameter receives a gradient, and it is the right one.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::parameters::{self, NamedGradient};
use super::trace::{Source, loss};
use super::{Case, Law, Violation};
use crate::{RecurrentCell, Sequence};

/// How many random directions are tried.
const DIRECTIONS: u64 = 3;
/// The step of the central difference: its error is of the order of this squared.
const STEP: f64 = 1e-6;
/// How far difference and gradient may be apart, relative to the larger of 1 and the difference.
const TOLERANCE: f64 = 1e-5;
/// How often a run is drawn anew because a unit is dead in it, or a direction because it crosses a kink (ReLU).
const DRAWS: u64 = 8;

/// Law 5: every parameter receives a gradient that is not all zero, and central differences along random directions agree
/// with it, from a random initial state over at least two steps.
pub fn gradients_are_whole<C: RecurrentCell>(cell: &C, case: Case) -> Result<(), Violation> {
    let case = Case {
        steps: case.steps.max(2),
        ..case
    };
    every_parameter_learns(cell, case)?;
    let (device, _) = parameters::home(cell);
    match computes_in_double(&device) {
        true => differences_agree(&parameters::in_double(cell.clone()), case),
        false => Ok(()),
    }
}

/// Whether the device not only stores double precision, but computes elementary functions in it (a shader often does not).
fn computes_in_double(device: &Device) -> bool {
    let exact = 0.5f64.tanh();
    let on_device = || {
        let half = Tensor::<1>::from_data(TensorData::new(vec![0.5f64], [1]), (device, DType::F64));
        half.tanh().into_scalar::<f64>()
    };
    device.supports_dtype(DType::F64) && (on_device() - exact).abs() < 1e-14
}

/// Every parameter receives a gradient that is not all zero. A unit may be dead, or clipped, in one run; not in all.
fn every_parameter_learns<C: RecurrentCell>(cell: &C, case: Case) -> Result<(), Violation> {
    let mut silent: Vec<String> = Vec::new();
    for draw in 0..DRAWS {
        let case = Case {
            seed: case.seed.wrapping_add(draw),
            ..case
        };
        let is_silent =
            |gradient: &Option<Vec<f64>>| gradient.iter().flatten().all(|&value| value == 0.0);
        let now = gradients(cell, case)
            .into_iter()
            .filter(|(_, gradient)| is_silent(gradient));
        silent = now
            .map(|(path, _)| path)
            .filter(|path| draw == 0 || silent.contains(path))
            .collect();
        if silent.is_empty() {
            return Ok(());
        }
    }
    violation(format!("no gradient reaches {}", silent.join(", ")))
}

/// Central differences along random directions agree with the gradients of a cell in double precision.
fn differences_agree<C: RecurrentCell>(cell: &C, case: Case) -> Result<(), Violation> {
    let gradients = gradients(cell, case);
    for direction in 0..DIRECTIONS {
        let Some((seed, difference)) = difference(cell, case, direction) else {
            return violation(format!("{DRAWS} directions in a row have no derivative"));
        };
        let gradient = parameters::along(&gradients, seed);
        if !agree(gradient, difference, TOLERANCE) {
            return violation(format!(
                "the gradient along a direction is {gradient}, differences say {difference}"
            ));
        }
    }
    Ok(())
}

/// Whether two derivatives are the same up to `tolerance`, relative to the larger of 1 and the second; NaN never is.
fn agree(value: f64, reference: f64, tolerance: f64) -> bool {
    (value - reference).abs() <= tolerance * reference.abs().max(1.0)
}

fn violation(detail: String) -> Result<(), Violation> {
    Err(Violation {
        law: Law::GradientsAreWhole,
        detail,
    })
}

/// The central difference along a random direction that has one, and that direction's seed.
fn difference<C: RecurrentCell>(cell: &C, case: Case, direction: u64) -> Option<(u64, f64)> {
    let at = |seed, step| {
        let loss =
            |scale| run(&parameters::moved(cell.clone(), seed, scale), case).into_scalar::<f64>();
        (loss(step) - loss(-step)) / (2.0 * step)
    };
    (0..DRAWS)
        .map(|draw| direction * DRAWS + draw)
        .find_map(|seed| {
            // Beside a kink two step sizes disagree; that says something of the direction, nothing of the gradient.
            let (coarse, fine) = (at(seed, STEP), at(seed, STEP / 4.0));
            let smooth = agree(coarse, fine, 0.5 * TOLERANCE);
            smooth.then_some((seed, coarse))
        })
}

fn run<C: RecurrentCell>(cell: &C, case: Case) -> Tensor<1> {
    let mut source = Source::new(cell, case);
    let inputs = source.normal([case.batch, case.steps, cell.input_size()]);
    let state = source.state(cell, case.batch);
    let (outputs, state) = cell.unroll(Sequence::new(inputs, state));
    loss(outputs, state, &mut source)
}

fn gradients<C: RecurrentCell>(cell: &C, case: Case) -> Vec<NamedGradient> {
    parameters::gradients(cell, &run(cell, case).backward())
}
