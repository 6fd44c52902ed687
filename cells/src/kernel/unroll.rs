//! From a cell and a sequence to the fused operation.

use burn::module::Param;
use burn::tensor::{DType, Device, Tensor};

use super::core::CellKind;
use super::path::{Path, path, ran};
use crate::{RecurrentCell, RecurrentState, Sequence};

/// A cell that the kernels know: each of this crate.
///
/// A cell of your own takes part in the fused path by wrapping one of these.
pub trait FusedCell: RecurrentCell {
    /// The cell as the kernels see it, or which of its options they leave to the stepwise loop.
    fn fused(&self) -> Result<Fused, &'static str>;
}

/// A cell's parameters as the kernels see them.
#[derive(Clone, Debug)]
pub struct Fused {
    pub(crate) kind: CellKind,
    /// `[G*H, D]`.
    pub(crate) weight_ih: Tensor<2>,
    /// `[G*H, H]`.
    pub(crate) weight_hh: Tensor<2>,
    /// `[G*H]`.
    pub(crate) bias: Option<Tensor<1>>,
    /// The three peepholes side by side, `[3*H]`, or the bias of a GRU's recurrent candidate, `[H]`.
    pub(crate) extra: Option<Tensor<1>>,
}

impl Fused {
    /// A cell without parameters of its own kind.
    pub(crate) fn new(
        kind: CellKind,
        weight_ih: &Param<Tensor<2>>,
        weight_hh: &Param<Tensor<2>>,
        bias: Option<&Param<Tensor<1>>>,
    ) -> Self {
        Self {
            kind,
            weight_ih: weight_ih.val(),
            weight_hh: weight_hh.val(),
            bias: bias.map(Param::val),
            extra: None,
        }
    }

    /// The tensors of the weights that are there.
    fn tensors(&self) -> impl Iterator<Item = (DType, Device)> {
        let matrices = [&self.weight_ih, &self.weight_hh].map(|t| (t.dtype(), t.device()));
        let vectors = self.bias.iter().chain(&self.extra);
        matrices
            .into_iter()
            .chain(vectors.map(|t| (t.dtype(), t.device())))
    }
}

/// Runs the sequence as one operation, if the rule allows it.
///
/// # Panics
/// If a shape of `sequence` does not fit the cell.
pub(crate) fn unroll<C: FusedCell>(
    cell: &C,
    sequence: &Sequence<C::State>,
) -> Option<(Tensor<3>, C::State)> {
    sequence.assert_fits(cell);
    let fused = match path() {
        Path::Fused => cell.fused().ok().filter(|fused| fits(fused, sequence)),
        Path::Stepwise => None,
    };
    ran(if fused.is_some() {
        Path::Fused
    } else {
        Path::Stepwise
    });
    fused.map(|fused| run(fused, sequence))
}

/// Whether every tensor is of a number type and on a device that the kernels take, and nothing is asked of them that they
/// leave to the stepwise loop.
fn fits<S: RecurrentState>(fused: &Fused, sequence: &Sequence<S>) -> bool {
    let home = sequence.inputs.device();
    let hidden = sequence.state.hidden().dims();
    let mut tensors = vec![(sequence.inputs.dtype(), home.clone())];
    let mut of_one_shape = true;
    let _ = sequence.state.clone().map_tensors(&mut |tensor| {
        of_one_shape &= tensor.dims() == hidden;
        tensors.push((tensor.dtype(), tensor.device()));
        tensor
    });
    tensors.extend(
        sequence
            .recurrent_mask
            .as_ref()
            .map(|mask| (mask.dtype(), mask.device())),
    );
    // A single step has nothing to share the packing of the weights with.
    let [_, steps, _] = sequence.inputs.dims();
    let nothing_valid = sequence
        .lengths
        .as_ref()
        .is_some_and(|lengths| lengths.longest() == 0);
    let mut all = tensors.into_iter().chain(fused.tensors());
    of_one_shape
        && sequence.zoneout.is_none()
        && steps > 1
        && !nothing_valid
        && on_host(&home)
        && all.all(|(dtype, device)| dtype == DType::F32 && device == home)
}

#[cfg(not(any(feature = "flex", feature = "ndarray")))]
fn on_host(_: &Device) -> bool {
    false
}

#[cfg(not(any(feature = "flex", feature = "ndarray")))]
fn run<S: RecurrentState>(_: Fused, _: &Sequence<S>) -> (Tensor<3>, S) {
    unreachable!("no device of this build has the fused path")
}

#[cfg(any(feature = "flex", feature = "ndarray"))]
pub(super) use dispatched::on_host;
#[cfg(any(feature = "flex", feature = "ndarray"))]
use dispatched::run;

/// What needs a device that the kernels run on.
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod dispatched {
    use std::sync::Arc;

    use burn::backend::{Dispatch, DispatchDevice};
    use burn::tensor::{Device, Tensor};

    use super::Fused;
    use crate::kernel::core::{Plan, Sizes};
    use crate::kernel::op::SequenceOps;
    use crate::kernel::path::threads;
    use crate::kernel::run::{Call, Present};
    use crate::{RecurrentState, Sequence, TimeOrder};

    /// Whether the device computes on this machine's own memory, by a backend that this crate was built with.
    pub(in crate::kernel) fn on_host(device: &Device) -> bool {
        match device.clone().inner().as_dispatch() {
            #[cfg(feature = "flex")]
            DispatchDevice::Flex(_) => true,
            #[cfg(feature = "ndarray")]
            DispatchDevice::NdArray(_) => true,
            _ => false,
        }
    }

    /// The fused operation itself.
    pub(super) fn run<S: RecurrentState>(fused: Fused, sequence: &Sequence<S>) -> (Tensor<3>, S) {
        let mut state = Vec::new();
        let _ = sequence.state.clone().map_tensors(&mut |tensor| {
            state.push(tensor.clone());
            tensor
        });
        let memory = state.get(1).cloned();
        let call = call(&fused, sequence, memory.is_some());
        // What stands in for an operand that is not there.
        let nothing = Tensor::<1>::zeros([1], &sequence.inputs.device()).into_dispatch();
        let matrix = |tensor: Option<Tensor<2>>| tensor.map(Tensor::into_dispatch);
        let vector = |tensor: Option<Tensor<1>>| tensor.map(Tensor::into_dispatch);
        let or_nothing = |tensor: Option<_>| tensor.unwrap_or_else(|| nothing.clone());
        let (outputs, last) = <Dispatch as SequenceOps>::sequence(
            sequence.inputs.clone().into_dispatch(),
            fused.weight_ih.into_dispatch(),
            fused.weight_hh.into_dispatch(),
            or_nothing(vector(fused.bias)),
            or_nothing(vector(fused.extra)),
            state[0].clone().into_dispatch(),
            or_nothing(matrix(memory)),
            or_nothing(matrix(sequence.recurrent_mask.clone())),
            Arc::new(call),
        );
        let last = Tensor::<3>::from_dispatch(last);
        let mut parts = 0..;
        let state = sequence.state.clone().map_tensors(&mut |_| {
            let part = parts.next().expect("numbers do not end");
            last.clone().narrow(0, part, 1).squeeze_dim(0)
        });
        (Tensor::from_dispatch(outputs), state)
    }

    fn call<S: RecurrentState>(fused: &Fused, sequence: &Sequence<S>, memory: bool) -> Call {
        let [batch, steps, input] = sequence.inputs.dims();
        let [rows, hidden] = fused.weight_hh.dims();
        Call {
            kind: fused.kind,
            sizes: Sizes { input, hidden },
            steps,
            plan: plan(sequence, batch, steps),
            threads: worthwhile(batch * rows * hidden),
            present: Present {
                bias: fused.bias.is_some(),
                extra: fused.extra.is_some(),
                memory,
                mask: sequence.recurrent_mask.is_some(),
            },
        }
    }

    fn plan<S: RecurrentState>(sequence: &Sequence<S>, batch: usize, steps: usize) -> Plan {
        let all = vec![steps; batch];
        let lengths = sequence
            .lengths
            .as_ref()
            .map_or(&all[..], |lengths| lengths.as_slice());
        match sequence.time_order {
            TimeOrder::FirstToLast => Plan::forward(lengths, steps),
            TimeOrder::LastToFirst => Plan::backward(lengths, steps),
        }
    }

    /// The multiply-adds of a step below which a second thread costs more than it saves.
    const WORTH_SHARING: usize = 1 << 17;

    /// How many threads a step of so many multiply-adds deserves.
    fn worthwhile(multiply_adds: usize) -> usize {
        match multiply_adds < WORTH_SHARING {
            true => 1,
            false => threads(),
        }
    }
}
