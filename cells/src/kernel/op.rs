//! A whole sequence as one burn operation with a backward pass of its own.

#![cfg_attr(
    feature = "ndarray",
    expect(
        deprecated,
        reason = "burn deprecates its ndarray backend, but it is one of those we support"
    )
)]
#![expect(
    clippy::too_many_arguments,
    reason = "burn dispatches on tensors that stand as arguments of their own"
)]

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients as Grads;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, TensorMetadata, backend_extension};
use burn::tensor::{FloatDType, Shape};

use super::core::Trace;
use super::run::{Call, HostBackend, OPERANDS, Run};

/// The operation, as burn dispatches it.
#[backend_extension(Autodiff, NdArray: cfg(feature = "ndarray"), Flex: cfg(feature = "flex"))]
pub trait SequenceOps: Backend {
    /// The outputs `[B, T, H]`, and the last state, `[1, B, H]` or, with a memory cell, `[2, B, H]`.
    fn sequence(
        inputs: FloatTensor<Self>,
        weight_ih: FloatTensor<Self>,
        weight_hh: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        extra: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        memory: FloatTensor<Self>,
        mask: FloatTensor<Self>,
        call: Arc<Call>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

/// [`SequenceOps`] for a backend that computes.
macro_rules! compute_on {
    ($backend:ty) => {
        impl SequenceOps for $backend {
            fn sequence(
                inputs: FloatTensor<Self>,
                weight_ih: FloatTensor<Self>,
                weight_hh: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                extra: FloatTensor<Self>,
                hidden: FloatTensor<Self>,
                memory: FloatTensor<Self>,
                mask: FloatTensor<Self>,
                call: Arc<Call>,
            ) -> (FloatTensor<Self>, FloatTensor<Self>) {
                let operands = [
                    inputs, weight_ih, weight_hh, bias, extra, hidden, memory, mask,
                ];
                let run = Run::<Self>::new(operands, call);
                let (outputs, last, _) = run.forward(false);
                (outputs, last)
            }
        }
    };
}
pub(super) use compute_on;

/// What the forward pass leaves behind in the graph.
#[derive(Clone, Debug)]
struct Done<B: Backend> {
    outputs: FloatTensor<B>,
    trace: Handed<Trace>,
    /// The gradient of the last state, if anything depends on it.
    d_last: Handed<FloatTensor<B>>,
}

/// Something that one operation of the graph hands to another, once.
#[derive(Debug)]
struct Handed<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for Handed<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Handed<T> {
    fn new(value: Option<T>) -> Self {
        Self(Arc::new(Mutex::new(value)))
    }

    fn put(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The backward pass of the outputs, which is that of the whole sequence.
#[derive(Debug)]
struct OutputsBackward;

impl<B: HostBackend> Backward<B, OPERANDS> for OutputsBackward {
    type State = (Run<B>, Done<B>);

    fn backward(self, ops: Ops<Self::State, OPERANDS>, grads: &mut Grads, _: &mut Checkpointer) {
        let d_outputs = grads.consume::<B>(&ops.node);
        let (run, done) = ops.state;
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let trace = done.trace.take().expect("a graph is run backward once");
        let d_last = done.d_last.take();
        let gradients = run.backward(&done.outputs, trace, d_outputs, d_last, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<B>(parent.id, gradient);
            }
        }
    }
}

/// The backward pass of the last state: an operation of the graph has one output, so this one hands its gradient to that
/// of the outputs, which it depends on and which therefore runs after it.
#[derive(Debug)]
struct LastBackward;

impl<B: HostBackend> Backward<B, 1> for LastBackward {
    type State = (Handed<FloatTensor<B>>, Shape, B::Device);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Grads, _: &mut Checkpointer) {
        let d_last = grads.consume::<B>(&ops.node);
        let (handed, shape, device) = ops.state;
        handed.put(d_last);
        if let [Some(outputs)] = ops.parents {
            let zeros = B::float_zeros(shape, &device, FloatDType::F32);
            grads.register::<B>(outputs.id, zeros);
        }
    }
}

impl<B: SequenceOps + HostBackend, C: CheckpointStrategy> SequenceOps for Autodiff<B, C> {
    fn sequence(
        inputs: FloatTensor<Self>,
        weight_ih: FloatTensor<Self>,
        weight_hh: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        extra: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        memory: FloatTensor<Self>,
        mask: FloatTensor<Self>,
        call: Arc<Call>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let operands = [
            inputs, weight_ih, weight_hh, bias, extra, hidden, memory, mask,
        ];
        let nodes = operands.each_ref().map(|operand| operand.node());
        let run = Run::<B>::new(operands.map(|operand| operand.into_primitive()), call);
        let d_last = Handed::new(None);
        let prepared = OutputsBackward.prepare::<C>(nodes).compute_bound();
        let (outputs, last) = match prepared.stateful() {
            OpsKind::Tracked(prepared) => {
                let (outputs, last, trace) = run.forward(true);
                let done = Done {
                    outputs: outputs.clone(),
                    trace: Handed::new(trace),
                    d_last: d_last.clone(),
                };
                (prepared.finish((run, done), outputs), last)
            }
            OpsKind::UnTracked(prepared) => {
                let (outputs, last, _) = run.forward(false);
                (prepared.finish(outputs), last)
            }
        };
        let last = attach::<B, C>(last, &outputs, d_last);
        (outputs, last)
    }
}

/// The last state as an operation of the graph that follows the outputs.
fn attach<B: HostBackend, C: CheckpointStrategy>(
    last: FloatTensor<B>,
    outputs: &FloatTensor<Autodiff<B, C>>,
    d_last: Handed<FloatTensor<B>>,
) -> FloatTensor<Autodiff<B, C>> {
    let (shape, device) = (outputs.primitive().shape(), outputs.primitive().device());
    let prepared = LastBackward.prepare::<C>([outputs.node()]).compute_bound();
    match prepared.stateful() {
        OpsKind::Tracked(prepared) => prepared.finish((d_last, shape, device), last),
        OpsKind::UnTracked(prepared) => prepared.finish(last),
    }
}
