//! The pass as the members of a team see it.

use std::marker::PhantomData;

use super::step::Step;
use crate::kernel::core::cells::Pointwise;
use crate::kernel::core::forward::Input;
use crate::kernel::core::pack::{Columns, Group, Sizes, pack_columns};
use crate::kernel::core::packed::Parameters;
use crate::kernel::core::product::{Product, Start};
use crate::kernel::core::shared::Shared;
use crate::kernel::core::simd::{Simd, Task};
use crate::kernel::core::team::Member;

/// A backward pass. Each member of the team writes to its own panels only; what it reads of the others' lies behind a
/// barrier.
pub(super) struct Pass<'a, C> {
    pub input: Input<'a>,
    pub sizes: Sizes,
    pub parameters: Parameters<'a>,
    pub shares: Vec<Vec<Group>>,
    /// `[panels][rows][KEPT][LANES]`: from activations to gradients.
    pub kept: Shared,
    /// `[panels][rows][LANES]`.
    pub memory: Shared,
    /// `[panels][B][LANES]`, as are the next three and the mask.
    pub first_memory: Shared,
    /// See [`Carried`](super::Carried).
    pub d_hidden: Shared,
    pub d_recurrent: Shared,
    pub d_memory: Shared,
    /// With its gradient.
    pub mask: Option<[Shared; 2]>,
    /// `[B, T, H]`.
    pub outputs: &'a [f32],
    pub d_outputs: &'a [f32],
    /// `[panels][KEPT + EXTRA][LANES]`: the sums over all rows.
    pub sums: Shared,
    /// For each group in turn `[panels][gates][LANES][panels of the group * LANES]`.
    pub recurrent: Shared,
    /// For each block of columns in turn `[panels][gates][LANES][vectors * LANES]`.
    pub columns: Shared,
    pub d_inputs: Option<Shared>,
    pub d_weight_ih: Shared,
    pub d_weight_hh: Shared,
    /// Room for two blocks of what the weights saw.
    pub scratch: Shared,
    pub cell: PhantomData<C>,
}

/// A member at work.
pub(super) struct Run<'a, C>(pub &'a Pass<'a, C>, pub Member<'a>);

impl<C: Pointwise> Task for Run<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self(pass, member) = self;
        let own = || {
            let shares = (member.id..pass.shares.len()).step_by(member.count);
            shares.flat_map(|share| &pass.shares[share])
        };
        own().for_each(|&group| pass.pack_recurrent::<S>(group));
        pass.pack_inputs::<S>(&member);
        for step in (0..pass.input.plan.steps()).rev() {
            for group in own() {
                for panel in group.first..group.first + group.panels {
                    s.run(Step { pass, panel, step });
                }
            }
            // Every gate's gradient goes into that of every hidden unit.
            member.wait();
            own().for_each(|&group| pass.recur(s, group, step));
        }
        pass.weights(s, &member, own());
        pass.inputs(s, &member);
    }
}

impl<C: Pointwise> Pass<'_, C> {
    /// What comes back through the recurrent weights from the step after.
    ///
    /// # Safety
    /// `state` and `source` must be offsets of a row of a panel of the calling member.
    #[inline(always)]
    pub(super) unsafe fn through_recurrence<S: Simd>(
        &self,
        s: S,
        state: usize,
        source: usize,
        units: usize,
    ) -> S::Vector {
        // SAFETY: the caller's.
        unsafe {
            let seen = s.load(self.d_recurrent.at(state));
            let Some([mask, d_mask]) = self.mask else {
                return seen;
            };
            let hidden = s.load_first(self.outputs.as_ptr().add(source), units);
            let total = s.mul_add(seen, hidden, s.load(d_mask.at(state)));
            s.store(d_mask.at(state), total);
            s.mul(seen, s.load(mask.at(state)))
        }
    }

    /// Where the hidden state before a step stands: a matrix, and its row.
    #[inline(always)]
    pub(super) fn before(&self, step: usize, place: usize) -> (&[f32], usize) {
        let plan = self.input.plan;
        match step {
            0 => (self.input.state.hidden, plan.order[place]),
            _ => (self.outputs, plan.source[plan.step(step - 1).start + place]),
        }
    }

    /// The memory cell before and after a step.
    #[inline(always)]
    pub(super) fn memory_at<S: Simd>(
        &self,
        panel: usize,
        step: usize,
        place: usize,
    ) -> (*const f32, *const f32) {
        let plan = self.input.plan;
        let at = |step: usize| {
            let row = plan.step(step).start + place;
            self.memory.at((panel * plan.rows() + row) * S::LANES)
        };
        let in_batch = (panel * plan.batch() + place) * S::LANES;
        match step {
            0 => (self.first_memory.at(in_batch), at(0)),
            _ => (at(step - 1), at(step)),
        }
    }

    /// The gradient of what the recurrent weights saw at a step, for one group of panels.
    #[inline(always)]
    fn recur<S: Simd>(&self, s: S, group: Group, step: usize) {
        let (plan, lanes) = (self.input.plan, S::LANES);
        let row = C::KEPT * lanes;
        let depth = C::RECURRENT_GATES.len() * lanes;
        let rows = plan.step(step);
        let product = Product {
            count: rows.len(),
            vectors: group.panels,
            segments: self.sizes.panels::<S>(),
            depth,
            // The recurrent gates are the last of what is kept.
            a: |r: usize| {
                self.kept
                    .at((rows.start + r + 1) * row - depth)
                    .cast_const()
            },
            a_step: 1,
            a_segment: plan.rows() * row,
            w: self.packed_recurrent::<S>(group),
            result: |r: usize| {
                self.d_recurrent
                    .at((group.first * plan.batch() + r) * lanes)
            },
            result_step: plan.batch() * lanes,
            last: lanes,
            start: Start::Zero,
        };
        // SAFETY: all gates of this step are done, and only this member writes to these panels.
        unsafe { product.compute(s) };
    }

    fn packed_recurrent<S: Simd>(&self, group: Group) -> *mut f32 {
        let depth = self.sizes.padded::<S>() * C::RECURRENT_GATES.len();
        self.recurrent.at(group.first * S::LANES * depth)
    }

    /// The packed input weights of some columns.
    pub(super) fn packed_inputs<S: Simd>(&self, columns: Columns) -> *mut f32 {
        let depth = self.sizes.padded::<S>() * C::INPUT_GATES.len();
        self.columns.at(columns.first * depth)
    }

    #[inline(always)]
    fn pack_recurrent<S: Simd>(&self, group: Group) {
        let (sizes, weight) = (self.sizes, self.parameters.weight_hh);
        let columns = Columns::of::<S>(group, sizes.hidden);
        let to = self.packed_recurrent::<S>(group);
        // SAFETY: this group is this member's alone.
        unsafe { pack_columns::<S>(weight, sizes.hidden, sizes, C::RECURRENT_GATES, columns, to) };
    }

    /// Packs this member's share of what the gradient of the inputs takes.
    #[inline(always)]
    fn pack_inputs<S: Simd>(&self, member: &Member<'_>) {
        if self.d_inputs.is_none() {
            return;
        }
        let (sizes, weight) = (self.sizes, self.parameters.weight_ih);
        let columns = Columns::all::<S>(sizes.input);
        for columns in columns.skip(member.id).step_by(member.count) {
            let to = self.packed_inputs::<S>(columns);
            // SAFETY: these columns are this member's alone.
            unsafe { pack_columns::<S>(weight, sizes.input, sizes, C::INPUT_GATES, columns, to) };
        }
    }
}
