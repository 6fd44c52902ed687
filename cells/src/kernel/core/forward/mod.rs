//! The forward pass over a whole sequence.

mod pass;
mod step;

use std::marker::PhantomData;

use super::buffer::Buffer;
use super::cells::Pointwise;
use super::packed::{Packed, Parameters};
use super::plan::Plan;
use super::shared::Shared;
use super::simd::Simd;
use super::state::{State, StateMut, spread};
use super::team::Team;
use pass::{Kept, Masked, Pass, Run};

/// A sequence to run over.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub plan: &'a Plan,
    /// `[B, T, D]`.
    pub inputs: &'a [f32],
    pub state: State<'a>,
    /// `[B, H]`.
    pub mask: Option<&'a [f32]>,
}

/// What a forward pass leaves for the backward pass.
#[derive(Debug)]
pub(crate) struct Trace {
    /// `[panels][rows][KEPT][LANES]`.
    pub(super) kept: Buffer,
    /// `[panels][rows][LANES]`, of cells that have a memory.
    pub(super) memory: Buffer,
}

/// Buffers that a forward pass needs, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    kept: Option<Buffer>,
    memory: Option<Buffer>,
    recurrent: Option<Buffer>,
    hidden: Option<Buffer>,
    mask: Option<Buffer>,
}

/// A buffer of `len` numbers in `slot`, the one that is there if it is large enough.
fn reuse(slot: &mut Option<Buffer>, len: usize) -> &mut [f32] {
    match slot {
        Some(buffer) if buffer.len() >= len => {}
        _ => *slot = Some(Buffer::take(len)),
    }
    let buffer = slot.as_mut().expect("the slot was just filled");
    &mut buffer[..len]
}

/// How the weights come.
#[derive(Clone, Copy)]
pub(super) enum Weights<'a> {
    /// To be packed, each share by who uses it.
    Plain(Parameters<'a>),
    Packed,
}

/// What is left of a forward pass besides its outputs.
pub(super) enum Keep<'a> {
    /// Everything that the backward pass needs.
    Trace(&'a mut Trace),
    Nothing,
}

/// How many rows are projected at once where nothing is kept.
const ROWS_OF_A_PROJECTION: usize = 256;

/// A forward pass about to be run.
pub(super) struct Forward<'a> {
    pub input: Input<'a>,
    pub packed: &'a mut Packed,
    pub weights: Weights<'a>,
    pub keep: Keep<'a>,
    pub workspace: &'a mut Workspace,
}

impl Forward<'_> {
    /// Runs the cell `C` over the sequence. Beyond each row's length `outputs [B, T, H]` stay as they are.
    pub(super) fn run<S: Simd, C: Pointwise>(
        self,
        s: S,
        threads: usize,
        outputs: &mut [f32],
        last: StateMut<'_>,
    ) {
        let (input, packed, workspace) = (self.input, self.packed, self.workspace);
        if let Weights::Plain(parameters) = self.weights {
            packed.pack_vectors::<S, C>(parameters);
        }
        let matrices = packed.matrices.share();
        let packed = &*packed;
        let first_memory = first_memory::<S, C>(input, packed, &mut workspace.memory);
        let kept = match self.keep {
            Keep::Trace(trace) => Kept::all(trace, input.plan),
            Keep::Nothing => {
                let room = ROWS_OF_A_PROJECTION.max(input.plan.batch());
                let room = room.min(input.plan.rows());
                let len = packed.sizes.padded::<S>() * room * C::KEPT;
                Kept::passing(reuse(&mut workspace.kept, len), room, first_memory)
            }
        };
        let pass = Pass::<C> {
            input,
            packed,
            weights: self.weights,
            matrices,
            kept,
            first_memory,
            recurrent: start_recurrence::<S>(input, packed, &mut workspace.recurrent),
            masked: mask::<S>(input, packed, &mut workspace.mask, &mut workspace.hidden),
            outputs: Shared::new(outputs),
            cell: PhantomData,
        };
        let team = Team::gather(threads.min(packed.shares.len()));
        team.run(&|member| s.run(Run(&pass, member)));
        pass.finish::<S>(outputs, last);
    }
}

/// The initial memory cell, of a cell that has one.
fn first_memory<S: Simd, C: Pointwise>(
    input: Input<'_>,
    packed: &Packed,
    slot: &mut Option<Buffer>,
) -> Shared {
    if !C::MEMORY {
        return Shared::new(&mut []);
    }
    let memory = reuse(slot, packed.sizes.padded::<S>() * input.plan.batch());
    spread::<S>(input.state.memory, input.plan, packed.sizes, memory);
    Shared::new(memory)
}

/// The mask and the hidden state that it does not touch, if there is one.
fn mask<S: Simd>(
    input: Input<'_>,
    packed: &Packed,
    mask: &mut Option<Buffer>,
    hidden: &mut Option<Buffer>,
) -> Option<Masked> {
    let spread = |rows: &[f32], slot| {
        let buffer = reuse(slot, packed.sizes.padded::<S>() * input.plan.batch());
        spread::<S>(rows, input.plan, packed.sizes, buffer);
        Shared::new(buffer)
    };
    input.mask.map(|rows| Masked {
        mask: spread(rows, mask),
        hidden: spread(input.state.hidden, hidden),
    })
}

/// What the recurrent weights see at the first step, and room for what they see at the next.
fn start_recurrence<S: Simd>(
    input: Input<'_>,
    packed: &Packed,
    slot: &mut Option<Buffer>,
) -> Shared {
    let (hidden, width) = (packed.sizes.hidden, packed.sizes.padded::<S>());
    let recurrent = reuse(slot, 2 * width * input.plan.batch());
    for (to, &row) in recurrent.chunks_exact_mut(width).zip(&input.plan.order) {
        let rows = row * hidden..(row + 1) * hidden;
        to.fill(0.0);
        to[..hidden].copy_from_slice(&input.state.hidden[rows.clone()]);
        if let Some(mask) = input.mask {
            let seen = to.iter_mut().zip(&mask[rows]);
            seen.for_each(|(hidden, mask)| *hidden *= mask);
        }
    }
    Shared::new(recurrent)
}
