//! The pass as the members of a team see it.

use std::marker::PhantomData;
use std::ops::Range;

use super::step::Step;
use super::{Input, Trace, Weights};
use crate::kernel::core::cells::Pointwise;
use crate::kernel::core::pack::Group;
use crate::kernel::core::packed::{Matrices, Packed, pack_share};
use crate::kernel::core::plan::Plan;
use crate::kernel::core::product::{Product, Start};
use crate::kernel::core::shared::Shared;
use crate::kernel::core::simd::{Simd, Task};
use crate::kernel::core::state::StateMut;
use crate::kernel::core::team::Member;

/// A forward pass. Each member of the team writes to its own panels only; what it reads of the others' lies behind a
/// barrier.
pub(super) struct Pass<'a, C> {
    pub input: Input<'a>,
    /// Sizes, shares and vectors; the matrices may still be written to.
    pub packed: &'a Packed,
    pub weights: Weights<'a>,
    pub matrices: Matrices<Shared>,
    pub kept: Kept,
    /// The initial memory cell `[panels][B][LANES]`.
    pub first_memory: Shared,
    /// What the recurrent weights see, before and after a step: `[2][B][padded H]`.
    pub recurrent: Shared,
    pub masked: Option<Masked>,
    /// `[B, T, H]`.
    pub outputs: Shared,
    pub cell: PhantomData<C>,
}

/// What the gates and the memory cell are written to.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    /// `[panels][room][KEPT][LANES]`.
    pub gates: Shared,
    /// How many packed rows there is room for.
    pub room: usize,
    /// Whether every row is kept for a backward pass.
    pub all: bool,
    /// If so `[panels][rows][LANES]`, else `[panels][B][LANES]`, which begins as the initial state.
    pub memory: Shared,
}

impl Kept {
    /// Everything.
    pub fn all(trace: &mut Trace, plan: &Plan) -> Self {
        Self {
            gates: Shared::new(&mut trace.kept),
            room: plan.rows(),
            all: true,
            memory: Shared::new(&mut trace.memory),
        }
    }

    /// Only what the next steps need.
    pub fn passing(gates: &mut [f32], room: usize, memory: Shared) -> Self {
        Self {
            gates: Shared::new(gates),
            room,
            all: false,
            memory,
        }
    }
}

/// What a recurrent mask asks for, `[panels][B][LANES]` each.
#[derive(Clone, Copy)]
pub(super) struct Masked {
    pub mask: Shared,
    /// The hidden state itself.
    pub hidden: Shared,
}

/// A member at work.
pub(super) struct Run<'a, C>(pub &'a Pass<'a, C>, pub Member<'a>);

impl<C: Pointwise> Task for Run<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self(pass, member) = self;
        let shares = || (member.id..pass.packed.shares.len()).step_by(member.count);
        let groups = || shares().flat_map(|share| &pass.packed.shares[share]);
        if let Weights::Plain(parameters) = pass.weights {
            for share in shares() {
                let share = &pass.packed.shares[share];
                // SAFETY: each share is one member's.
                unsafe { pack_share::<S, C>(share, pass.packed.sizes, parameters, pass.matrices) };
            }
        }
        let plan = pass.input.plan;
        let mut step = 0;
        while step < plan.steps() {
            let chunk = pass.chunk(step);
            let rows = plan.step(chunk.start).start..plan.step(chunk.end - 1).end;
            let base = if pass.kept.all { 0 } else { rows.start };
            for &group in groups() {
                pass.project(s, group, rows.clone(), base);
            }
            step = chunk.end;
            for step in chunk {
                for &group in groups() {
                    s.run(Step {
                        pass,
                        group,
                        step,
                        base,
                    });
                }
                member.wait();
            }
        }
    }
}

impl<C: Pointwise> Pass<'_, C> {
    /// The steps from `first` on whose rows are projected at once.
    fn chunk(&self, first: usize) -> Range<usize> {
        let plan = self.input.plan;
        let fits = |&step: &usize| plan.step(step).end - plan.step(first).start <= self.kept.room;
        let more = (first + 1..plan.steps()).take_while(fits).count();
        first..first + 1 + more
    }

    /// The input's half of the gates of some packed rows.
    #[inline(always)]
    fn project<S: Simd>(&self, s: S, group: Group, rows: Range<usize>, base: usize) {
        let (sizes, gates) = (self.packed.sizes, C::INPUT_GATES.len());
        let row = C::KEPT * S::LANES;
        let panel = self.kept.room * row;
        let column = group.first * gates * S::LANES;
        let (inputs, source) = (self.input.inputs, &self.input.plan.source[rows.clone()]);
        let to = group.first * panel + (rows.start - base) * row;
        let product = Product {
            count: rows.len(),
            vectors: group.panels * gates,
            segments: 1,
            depth: sizes.input,
            a: |r: usize| inputs[source[r] * sizes.input..].as_ptr(),
            a_step: 1,
            a_segment: 0,
            w: self.matrices.input.at(column * sizes.input),
            result: |r: usize| self.kept.gates.at(to + r * row),
            // Gates of one panel lie side by side; panels that share a tile have but one gate.
            result_step: if group.panels == 1 { S::LANES } else { panel },
            last: S::LANES,
            start: Start::Bias(self.packed.bias[column..].as_ptr()),
        };
        // SAFETY: these panels are this member's alone, and the rows lie within the buffers.
        unsafe { product.compute(s) };
    }

    /// Where the memory cell of the row at `place` is read and written at a step.
    #[inline(always)]
    pub(super) fn memory_at<S: Simd>(
        &self,
        panel: usize,
        step: usize,
        place: usize,
    ) -> (*const f32, *mut f32) {
        let plan = self.input.plan;
        let in_batch = (panel * plan.batch() + place) * S::LANES;
        let in_trace = |step: usize| {
            let row = plan.step(step).start + place;
            self.kept.memory.at((panel * plan.rows() + row) * S::LANES)
        };
        match (self.kept.all, step) {
            (false, _) => (self.kept.memory.at(in_batch), self.kept.memory.at(in_batch)),
            (true, 0) => (self.first_memory.at(in_batch), in_trace(0)),
            (true, _) => (in_trace(step - 1), in_trace(step)),
        }
    }

    /// Writes down the state after each row's last step, once every member is done.
    pub(super) fn finish<S: Simd>(&self, outputs: &[f32], last: StateMut<'_>) {
        let (plan, hidden, first) = (self.input.plan, self.packed.sizes.hidden, self.input.state);
        for (place, (&row, &length)) in plan.order.iter().zip(&plan.lengths).enumerate() {
            let own = row * hidden..(row + 1) * hidden;
            let Some(step) = length.checked_sub(1) else {
                last.hidden[own.clone()].copy_from_slice(&first.hidden[own.clone()]);
                if C::MEMORY {
                    last.memory[own.clone()].copy_from_slice(&first.memory[own]);
                }
                continue;
            };
            let source = plan.source[plan.step(step).start + place] * hidden;
            last.hidden[own.clone()].copy_from_slice(&outputs[source..source + hidden]);
            if !C::MEMORY {
                continue;
            }
            for (panel, to) in last.memory[own].chunks_mut(S::LANES).enumerate() {
                let (_, from) = self.memory_at::<S>(panel, step, place);
                // SAFETY: every member is done, and a panel has room for its units.
                unsafe { std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) };
            }
        }
    }
}
