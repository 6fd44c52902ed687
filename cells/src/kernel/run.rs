//! The operands of a fused operation as the kernels see them.

use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::Shape;

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
pub(super) const OPERANDS: usize = 8;

/// A backend whose tensors lie in memory as numbers in a row.
pub trait HostBackend: Backend {
    /// The same values, in row-major order without gaps.
    fn contiguous(tensor: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The numbers of a contiguous `f32` tensor.
    fn numbers(tensor: &FloatTensor<Self>) -> &[f32];

    /// A tensor of these numbers.
    fn tensor(numbers: Vec<f32>, shape: Shape) -> FloatTensor<Self>;
}

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

    /// The gradients of the operands that are wanted, in their order. `d_last` is missing where nothing depends on the last
    /// state.
    pub(super) fn backward(
        &self,
        outputs: &FloatTensor<B>,
        mut trace: Trace,
        d_outputs: FloatTensor<B>,
        d_last: Option<FloatTensor<B>>,
        wanted: [bool; OPERANDS],
    ) -> [Option<FloatTensor<B>>; OPERANDS] {
        let (d_outputs, d_last) = (B::contiguous(d_outputs), d_last.map(B::contiguous));
        let zeros = vec![
            0.0;
            if d_last.is_none() {
                2 * self.state_len()
            } else {
                0
            }
        ];
        let d_last = d_last.as_ref().map_or(&zeros[..], B::numbers);
        let (hidden, memory) = d_last.split_at(self.state_len());
        let mut room = self.room(wanted);
        core::backward(core::Backward {
            kind: self.call.kind,
            sizes: self.call.sizes,
            parameters: self.parameters(),
            input: self.input(),
            threads: self.call.threads,
            trace: &mut trace,
            outputs: B::numbers(outputs),
            received: Received {
                outputs: B::numbers(&d_outputs),
                last: State { hidden, memory },
            },
            gradients: into_room(&mut room, wanted[INPUTS], self.call.present.mask),
        });
        let mut operands = self.operands.iter().zip(wanted);
        room.map(|numbers| {
            let (operand, wanted) = operands.next()?;
            wanted.then(|| B::tensor(numbers, operand.shape()))
        })
    }

    /// Room for the gradients of the operands. Those that the kernels always compute have theirs even where nobody wants it.
    fn room(&self, wanted: [bool; OPERANDS]) -> [Vec<f32>; OPERANDS] {
        let Call {
            kind,
            sizes,
            present,
            ..
        } = *self.call;
        let len = |at: usize| self.operands[at].shape().num_elements();
        let [gates, _] = self.operands[WEIGHT_HH].shape().dims();
        let lens = [
            if wanted[INPUTS] { len(INPUTS) } else { 0 },
            len(WEIGHT_IH),
            len(WEIGHT_HH),
            gates,
            core::extra_len(kind, sizes),
            len(HIDDEN),
            if present.memory { len(MEMORY) } else { 0 },
            if present.mask { len(MASK) } else { 0 },
        ];
        lens.map(|len| vec![0.0; len])
    }
}

/// The gradients, each into its room.
fn into_room(room: &mut [Vec<f32>; OPERANDS], with_inputs: bool, with_mask: bool) -> Gradients<'_> {
    let [
        inputs,
        weight_ih,
        weight_hh,
        bias,
        extra,
        hidden,
        memory,
        mask,
    ] = room;
    Gradients {
        inputs: with_inputs.then_some(inputs),
        weight_ih,
        weight_hh,
        bias,
        extra,
        hidden,
        memory,
        mask: with_mask.then_some(mask),
    }
}
