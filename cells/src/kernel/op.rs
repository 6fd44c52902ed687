//! A whole sequence as one burn operation with a backward pass of its own.

#![cfg_attr(
    feature = "ndarray",
    expect(
        deprecated,
        reason = "burn deprecates its ndarray backend, but it is one of those we support"
    )
)]

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients as Grads;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, TensorMetadata, backend_extension};
use burn::tensor::{FloatDType, Shape};

use super::core::{
    self, CellKind, Gradients, Input, Parameters, Plan, Received, Sizes, State, StateMut, Trace,
};

/// What a sequence is besides its tensors.
#[derive(Debug)]
pub struct Call {
    pub(super) kind: CellKind,
    pub(super) sizes: Sizes,
    /// `T`, padding included.
    pub(super) steps: usize,
    pub(super) plan: Plan,
    pub(super) threads: usize,
    /// Which of the operands that a cell or a sequence may lack are there.
    pub(super) present: Present,
}

/// An operand that is not there is any tensor, and not looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Present {
    pub bias: bool,
    pub extra: bool,
    pub memory: bool,
    pub mask: bool,
}

/// The operands of a sequence, in this order everywhere.
const INPUTS: usize = 0;
const WEIGHT_IH: usize = 1;
const WEIGHT_HH: usize = 2;
const BIAS: usize = 3;
const EXTRA: usize = 4;
const HIDDEN: usize = 5;
const MEMORY: usize = 6;
const MASK: usize = 7;
const OPERANDS: usize = 8;

/// A backend whose tensors lie in memory as numbers in a row.
pub trait HostBackend: Backend {
    /// The same values, in row-major order without gaps.
    fn contiguous(tensor: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The numbers of a contiguous `f32` tensor.
    fn numbers(tensor: &FloatTensor<Self>) -> &[f32];

    /// A tensor of these numbers.
    fn tensor(numbers: Vec<f32>, shape: Shape) -> FloatTensor<Self>;
}

/// The operation, as burn dispatches it.
#[backend_extension(Autodiff, NdArray: cfg(feature = "ndarray"), Flex: cfg(feature = "flex"))]
pub trait SequenceOps: Backend {
    /// The outputs `[B, T, H]`, and the last state, `[1, B, H]` or, with a memory cell, `[2, B, H]`.
    #[expect(
        clippy::too_many_arguments,
        reason = "burn dispatches on tensors that stand as arguments of their own"
    )]
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

/// The operands of one call, each contiguous.
#[derive(Clone, Debug)]
pub(super) struct Run<B: Backend> {
    operands: [FloatTensor<B>; OPERANDS],
    call: Arc<Call>,
}

impl<B: HostBackend> Run<B> {
    pub(super) fn new(operands: [FloatTensor<B>; OPERANDS], call: Arc<Call>) -> Self {
        Self {
            operands: operands.map(B::contiguous),
            call,
        }
    }

    fn operand(&self, at: usize, present: bool) -> Option<&[f32]> {
        present.then(|| B::numbers(&self.operands[at]))
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters {
            weight_ih: B::numbers(&self.operands[WEIGHT_IH]),
            weight_hh: B::numbers(&self.operands[WEIGHT_HH]),
            bias: self.operand(BIAS, self.call.present.bias),
            extra: self.operand(EXTRA, self.call.present.extra),
        }
    }

    fn input(&self) -> Input<'_> {
        Input {
            plan: &self.call.plan,
            inputs: B::numbers(&self.operands[INPUTS]),
            state: State {
                hidden: B::numbers(&self.operands[HIDDEN]),
                memory: self
                    .operand(MEMORY, self.call.present.memory)
                    .unwrap_or(&[]),
            },
            mask: self.operand(MASK, self.call.present.mask),
        }
    }

    /// The size of a state's one tensor.
    fn state_len(&self) -> usize {
        self.call.plan.batch() * self.call.sizes.hidden
    }

    /// Outputs, last state, and what the backward pass needs if it is asked for.
    pub(super) fn forward(&self, trace: bool) -> (FloatTensor<B>, FloatTensor<B>, Option<Trace>) {
        let Call {
            kind,
            sizes,
            steps,
            ref plan,
            threads,
            present,
        } = *self.call;
        let batch = plan.batch();
        let parts = 1 + usize::from(present.memory);
        let mut outputs = vec![0.0; batch * steps * sizes.hidden];
        let mut last = vec![0.0; parts * self.state_len()];
        let (hidden, memory) = last.split_at_mut(self.state_len());
        let trace = core::forward(core::Forward {
            kind,
            sizes,
            parameters: self.parameters(),
            input: self.input(),
            threads,
            trace,
            outputs: &mut outputs,
            last: StateMut { hidden, memory },
        });
        let outputs = B::tensor(outputs, Shape::new([batch, steps, sizes.hidden]));
        (
            outputs,
            B::tensor(last, Shape::new([parts, batch, sizes.hidden])),
            trace,
        )
    }

    /// The gradients of the operands that are wanted, in their order.
    fn backward(
        &self,
        done: &Done<B>,
        d_outputs: FloatTensor<B>,
        wanted: [bool; OPERANDS],
    ) -> [Option<FloatTensor<B>>; OPERANDS] {
        let Call {
            kind,
            sizes,
            threads,
            present,
            ..
        } = *self.call;
        let state = self.state_len();
        let d_outputs = B::contiguous(d_outputs);
        let d_last = done.d_last.take().map(B::contiguous);
        let none = vec![0.0; if d_last.is_none() { 2 * state } else { 0 }];
        let d_last = d_last.as_ref().map_or(&none[..], B::numbers);
        let (d_hidden, d_memory) = d_last.split_at(state);
        let mut trace = done.trace.take().expect("a graph is run backward once");
        let shapes = self.operands.each_ref().map(|operand| operand.shape());
        let room =
            |at: usize, needed: bool| vec![0.0; if needed { shapes[at].num_elements() } else { 0 }];
        let mut inputs = room(INPUTS, wanted[INPUTS]);
        let (mut weight_ih, mut weight_hh) = (room(WEIGHT_IH, true), room(WEIGHT_HH, true));
        let mut bias = vec![0.0; shapes[WEIGHT_HH][0]];
        let mut extra = vec![0.0; core::extra_len(kind, sizes)];
        let (mut hidden, mut memory) = (room(HIDDEN, true), room(MEMORY, present.memory));
        let mut mask = room(MASK, present.mask);
        core::backward(core::Backward {
            kind,
            sizes,
            parameters: self.parameters(),
            input: self.input(),
            threads,
            trace: &mut trace,
            outputs: B::numbers(&done.outputs),
            received: Received {
                outputs: B::numbers(&d_outputs),
                last: State {
                    hidden: d_hidden,
                    memory: d_memory,
                },
            },
            gradients: Gradients {
                inputs: wanted[INPUTS].then_some(&mut inputs[..]),
                weight_ih: &mut weight_ih,
                weight_hh: &mut weight_hh,
                bias: &mut bias,
                extra: &mut extra,
                hidden: &mut hidden,
                memory: &mut memory,
                mask: present.mask.then_some(&mut mask[..]),
            },
        });
        let numbers = [
            inputs, weight_ih, weight_hh, bias, extra, hidden, memory, mask,
        ];
        let mut at = 0;
        numbers.map(|numbers| {
            let wanted = wanted[at].then(|| B::tensor(numbers, shapes[at].clone()));
            at += 1;
            wanted
        })
    }
}

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
        let gradients = run.backward(&done, d_outputs, wanted);
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
        let (outputs, last) = match OutputsBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
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
        let (shape, device) = (outputs.primitive().shape(), outputs.primitive().device());
        let last = match LastBackward
            .prepare::<C>([outputs.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish((d_last, shape, device), last),
            OpsKind::UnTracked(prepared) => prepared.finish(last),
        };
        (outputs, last)
    }
}
