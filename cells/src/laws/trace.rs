//! What a run leaves behind, on the host: outputs, final state, and every gradient of one loss.

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::{Case, Law, Violation, parameters};
use crate::{RecurrentCell, RecurrentState, SeededRng};

/// The difference that rounding may leave, relative to a tensor's largest entry.
fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e-9,
        DType::F32 => 1e-4,
        _ => 3e-2,
    }
}

/// A tensor's values in row-major order.
pub(super) fn to_host<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor
        .try_into_vec_as()
        .expect("a tensor of numbers reads as f64")
}

/// Random values for one case, the same on every device.
pub(super) struct Source {
    rng: SeededRng,
    device: Device,
    dtype: DType,
}

impl Source {
    pub(super) fn new<C: RecurrentCell>(cell: &C, case: Case) -> Self {
        let (device, dtype) = parameters::home(cell);
        Self {
            rng: SeededRng::new(case.seed),
            device,
            dtype,
        }
    }

    /// Standard normal values, tracked so that their gradient can be read.
    pub(super) fn normal<const D: usize>(&mut self, dims: [usize; D]) -> Tensor<D> {
        let values: Vec<f64> = (0..dims.iter().product())
            .map(|_| self.rng.normal())
            .collect();
        self.upload(values, dims).require_grad()
    }

    /// A dropout mask: 0 or 2, half of each.
    pub(super) fn mask(&mut self, dims: [usize; 2]) -> Tensor<2> {
        let values = (0..dims[0] * dims[1])
            .map(|_| 2.0 * self.rng.below(2) as f64)
            .collect();
        self.upload(values, dims)
    }

    /// A state like the cell's initial one, with random values.
    pub(super) fn state<C: RecurrentCell>(&mut self, cell: &C, batch: usize) -> C::State {
        let device = self.device.clone();
        cell.initial_state(batch, &device)
            .map_tensors(&mut |tensor| self.normal(tensor.dims()))
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.rng.below(bound)
    }

    fn upload<const D: usize>(&self, values: Vec<f64>, dims: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, dims), (&self.device, self.dtype))
    }
}

/// Named tensors of one run.
pub(super) struct Trace {
    values: Vec<(String, Option<Vec<f64>>)>,
    tolerance: f64,
}

/// The loss of a run: its outputs and final state, each weighted at random, so that no two entries look alike to it.
pub(super) fn loss<S: RecurrentState>(
    outputs: Tensor<3>,
    state: S,
    source: &mut Source,
) -> Tensor<1> {
    let mut sum = (outputs.clone() * source.normal(outputs.dims()).detach()).sum();
    let _ = state.map_tensors(&mut |tensor| {
        sum = sum.clone() + (tensor.clone() * source.normal(tensor.dims()).detach()).sum();
        tensor
    });
    sum
}

/// Runs `run` and writes down what it leaves. `case` seeds the loss, which must be the same for runs to be compared.
pub(super) fn trace<C: RecurrentCell>(
    cell: &C,
    inputs: &Tensor<3>,
    state: &C::State,
    case: Case,
    run: impl FnOnce(Tensor<3>, C::State) -> (Tensor<3>, C::State),
) -> Trace {
    let (outputs, last) = run(inputs.clone(), state.clone());
    let mut values = vec![("outputs".to_owned(), Some(to_host(outputs.clone())))];
    let mut index = 0;
    let _ = last.clone().map_tensors(&mut |tensor| {
        values.push((
            format!("final state {index}"),
            Some(to_host(tensor.clone())),
        ));
        index += 1;
        tensor
    });
    let gradients = loss(outputs, last, &mut Source::new(cell, case)).backward();
    values.push((
        "gradient of the inputs".to_owned(),
        inputs.grad(&gradients).map(to_host),
    ));
    index = 0;
    let _ = state.clone().map_tensors(&mut |tensor| {
        values.push((
            format!("gradient of initial state {index}"),
            tensor.grad(&gradients).map(to_host),
        ));
        index += 1;
        tensor
    });
    let parameters = parameters::gradients(cell, &gradients).into_iter();
    values.extend(parameters.map(|(path, gradient)| (format!("gradient of {path}"), gradient)));
    Trace {
        values,
        tolerance: tolerance(inputs.dtype()),
    }
}

impl Trace {
    /// Fails where the two runs differ by more than rounding. A gradient that is absent counts as zero.
    pub(super) fn assert_equals(&self, other: &Self, law: Law) -> Result<(), Violation> {
        for ((name, left), (_, right)) in self.values.iter().zip(&other.values) {
            let (left, right) = match (left, right) {
                (Some(left), Some(right)) => (left.clone(), right.clone()),
                (Some(left), None) => (left.clone(), vec![0.0; left.len()]),
                (None, Some(right)) => (vec![0.0; right.len()], right.clone()),
                (None, None) => continue,
            };
            if let Some(detail) = first_difference(&left, &right, self.tolerance) {
                return Err(Violation {
                    law,
                    detail: format!("{name}: {detail}"),
                });
            }
        }
        Ok(())
    }
}

/// Where two tensors differ by more than `tolerance` times the larger of 1e-2 and their largest entry.
pub(super) fn first_difference(left: &[f64], right: &[f64], tolerance: f64) -> Option<String> {
    if left.len() != right.len() {
        return Some(format!("{} entries against {}", left.len(), right.len()));
    }
    let largest = left
        .iter()
        .chain(right)
        .fold(1e-2, |largest: f64, value| largest.max(value.abs()));
    // A NaN on either side is not within anything.
    let within = |(l, r): (&f64, &f64)| (l - r).abs() <= tolerance * largest;
    let at = left.iter().zip(right).position(|pair| !within(pair))?;
    Some(format!("entry {at} is {} against {}", left[at], right[at]))
}
