//! The backward pass over a whole sequence: backpropagation through time, written out by hand.

mod pass;
mod step;
mod weights;

use std::marker::PhantomData;

use super::CellKind;
use super::buffer::Buffer;
use super::cells::Pointwise;
use super::forward::{Input, Trace};
use super::pack::{Sizes, share_out};
use super::packed::Parameters;
use super::shared::Shared;
use super::simd::Simd;
use super::state::{State, gather, spread};
use super::team::Team;
use pass::{Pass, Run};
use weights::scratch_len;

/// Where the gradients go; those of the inputs and of the mask only where they are asked for. All are overwritten, but for
/// those of padded inputs, which stay.
pub(crate) struct Gradients<'a> {
    /// `[B, T, D]`.
    pub inputs: Option<&'a mut [f32]>,
    /// `[G*H, D]`.
    pub weight_ih: &'a mut [f32],
    /// `[G*H, H]`.
    pub weight_hh: &'a mut [f32],
    /// `[G*H]`.
    pub bias: &'a mut [f32],
    /// `[EXTRA*H]`.
    pub extra: &'a mut [f32],
    /// `[B, H]`.
    pub hidden: &'a mut [f32],
    /// `[B, H]`, or empty.
    pub memory: &'a mut [f32],
    /// `[B, H]`.
    pub mask: Option<&'a mut [f32]>,
}

/// What the backward pass starts from.
#[derive(Clone, Copy)]
pub(crate) struct Received<'a> {
    /// The gradient of the outputs, `[B, T, H]`.
    pub outputs: &'a [f32],
    /// The gradients of the last state.
    pub last: State<'a>,
}

/// A backward pass about to be run.
pub(crate) struct Backward<'a> {
    pub kind: CellKind,
    pub sizes: Sizes,
    pub parameters: Parameters<'a>,
    pub input: Input<'a>,
    pub threads: usize,
    /// What the forward pass left; it is used up.
    pub trace: &'a mut Trace,
    /// The forward pass's outputs.
    pub outputs: &'a [f32],
    pub received: Received<'a>,
    pub gradients: Gradients<'a>,
}

/// What the backward pass carries from step to step, `[panels][B][LANES]` each.
struct Carried {
    /// The gradient of the hidden state, but for what flows through the recurrent weights.
    d_hidden: Buffer,
    /// The gradient of what the recurrent weights see.
    d_recurrent: Buffer,
    /// The gradient of the memory cell.
    d_memory: Buffer,
    first_memory: Buffer,
    /// The mask, and its gradient.
    mask: Option<[Buffer; 2]>,
}

impl Carried {
    fn new<S: Simd, C: Pointwise>(input: Input<'_>, sizes: Sizes, last: State<'_>) -> Self {
        let state = sizes.padded::<S>() * input.plan.batch();
        let spread = |rows: &[f32]| {
            let mut buffer = Buffer::take(state);
            spread::<S>(rows, input.plan, sizes, &mut buffer);
            buffer
        };
        let memory = |rows: &[f32]| {
            if C::MEMORY {
                spread(rows)
            } else {
                Buffer::take(0)
            }
        };
        Self {
            d_hidden: spread(last.hidden),
            d_recurrent: Buffer::zeros(state),
            d_memory: memory(last.memory),
            first_memory: memory(input.state.memory),
            mask: input.mask.map(|mask| [spread(mask), Buffer::zeros(state)]),
        }
    }

    /// Adds what came back through the recurrent weights from the first step to the gradient of the initial state.
    fn finish<S: Simd>(&mut self, input: Input<'_>, sizes: Sizes) {
        let pairs = self.d_hidden.iter_mut().zip(self.d_recurrent.iter());
        let Some([mask, d_mask]) = &mut self.mask else {
            return pairs.for_each(|(d, seen)| *d += seen);
        };
        pairs
            .zip(mask.iter())
            .for_each(|((d, seen), mask)| *d += seen * mask);
        let mut hidden = Buffer::take(d_mask.len());
        spread::<S>(input.state.hidden, input.plan, sizes, &mut hidden);
        for ((d, seen), hidden) in d_mask
            .iter_mut()
            .zip(self.d_recurrent.iter())
            .zip(hidden.iter())
        {
            *d += seen * hidden;
        }
    }
}

/// Packed weights, and what only the pass itself looks at.
struct Workspace {
    sums: Buffer,
    recurrent: Buffer,
    columns: Buffer,
    scratch: Buffer,
}

impl Workspace {
    fn new<S: Simd, C: Pointwise>(sizes: Sizes, with_inputs: bool) -> Self {
        let gates = sizes.padded::<S>() * C::INPUT_GATES.len();
        let columns = if with_inputs {
            sizes.input.next_multiple_of(S::LANES)
        } else {
            0
        };
        Self {
            sums: Buffer::zeros(sizes.padded::<S>() * (C::KEPT + C::EXTRA)),
            recurrent: Buffer::take(gates * sizes.padded::<S>()),
            columns: Buffer::take(gates * columns),
            scratch: Buffer::take(scratch_len::<S>(sizes)),
        }
    }
}

impl Backward<'_> {
    /// Runs backpropagation through the cell `C`.
    pub(super) fn compute<S: Simd, C: Pointwise>(mut self, s: S) {
        let (input, sizes) = (self.input, self.sizes);
        if input.plan.rows() == 0 {
            self.gradients.weight_ih.fill(0.0);
            self.gradients.weight_hh.fill(0.0);
        }
        let shares = self.threads.min(sizes.panels::<S>());
        let team = Team::gather(shares);
        let mut carried = Carried::new::<S, C>(input, sizes, self.received.last);
        let with_inputs = self.gradients.inputs.is_some();
        let mut workspace = Workspace::new::<S, C>(sizes, with_inputs);
        let pass = self.pass::<S, C>(shares, &mut carried, &mut workspace);
        team.run(&|member| s.run(Run(&pass, member)));
        carried.finish::<S>(input, sizes);
        let gradients = self.gradients;
        gather::<S>(&carried.d_hidden, input.plan, sizes, gradients.hidden);
        if C::MEMORY {
            gather::<S>(&carried.d_memory, input.plan, sizes, gradients.memory);
        }
        if let (Some([_, d_mask]), Some(to)) = (&carried.mask, gradients.mask) {
            gather::<S>(d_mask, input.plan, sizes, to);
        }
        collect::<S, C>(&workspace.sums, sizes, gradients.bias, gradients.extra);
    }

    fn pass<'p, S: Simd, C: Pointwise>(
        &'p mut self,
        shares: usize,
        carried: &mut Carried,
        workspace: &mut Workspace,
    ) -> Pass<'p, C> {
        let gradients = &mut self.gradients;
        let mask = carried.mask.as_mut();
        Pass {
            input: self.input,
            sizes: self.sizes,
            parameters: self.parameters,
            shares: share_out(self.sizes.panels::<S>(), 4, shares),
            kept: Shared::new(&mut self.trace.kept),
            memory: Shared::new(&mut self.trace.memory),
            first_memory: Shared::new(&mut carried.first_memory),
            d_hidden: Shared::new(&mut carried.d_hidden),
            d_recurrent: Shared::new(&mut carried.d_recurrent),
            d_memory: Shared::new(&mut carried.d_memory),
            mask: mask.map(|both| both.each_mut().map(|one| Shared::new(one))),
            outputs: self.outputs,
            d_outputs: self.received.outputs,
            sums: Shared::new(&mut workspace.sums),
            recurrent: Shared::new(&mut workspace.recurrent),
            columns: Shared::new(&mut workspace.columns),
            d_inputs: gradients.inputs.as_deref_mut().map(Shared::new),
            d_weight_ih: Shared::new(gradients.weight_ih),
            d_weight_hh: Shared::new(gradients.weight_hh),
            scratch: Shared::new(&mut workspace.scratch),
            cell: PhantomData,
        }
    }
}

/// The gradients of biases and extra parameters from the sums over all rows.
fn collect<S: Simd, C: Pointwise>(sums: &[f32], sizes: Sizes, bias: &mut [f32], extra: &mut [f32]) {
    for (panel, sums) in sums
        .chunks_exact((C::KEPT + C::EXTRA) * S::LANES)
        .enumerate()
    {
        let units = sizes.units::<S>(panel);
        let copy = |from: usize, gate: usize, to: &mut [f32]| {
            let first = gate * sizes.hidden + panel * S::LANES;
            to[first..first + units].copy_from_slice(&sums[from * S::LANES..][..units]);
        };
        for (at, &gate) in C::INPUT_GATES.iter().enumerate() {
            copy(at, gate, bias);
        }
        for at in 0..C::EXTRA {
            copy(C::KEPT + at, at, extra);
        }
    }
}
