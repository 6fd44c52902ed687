//! The gradients of weights and inputs: products over all rows, once every gate's gradient is known.

use std::ops::Range;

use super::pass::Pass;
use crate::kernel::core::cells::Pointwise;
use crate::kernel::core::pack::{Columns, Group};
use crate::kernel::core::product::{Product, Start};
use crate::kernel::core::shared::Shared;
use crate::kernel::core::simd::{Simd, Task};
use crate::kernel::core::team::Member;

/// The most packed rows whose share of the weights' gradients is added up at once.
const MOST_ROWS: usize = 256;
/// The fewest.
const FEWEST_ROWS: usize = 32;
/// About how many numbers of gate gradients are worked on at once, so that they stay in a core's cache.
const CACHED: usize = 1 << 18;

/// The scratch of one member: `[rows of a block][4 * LANES]`.
pub(super) const fn scratch_len<S: Simd>() -> usize {
    MOST_ROWS * 4 * S::LANES
}

/// Which weights.
#[derive(Clone, Copy)]
enum Side {
    Input,
    Recurrent,
}

impl<C: Pointwise> Pass<'_, C> {
    /// The gradients of the weights of this member's gates.
    #[inline(always)]
    pub(super) fn weights<'g, S: Simd>(
        &self,
        s: S,
        member: &Member<'_>,
        own: impl Iterator<Item = &'g Group> + Clone,
    ) {
        let rows = self.input.plan.rows();
        // Not a matter of threads: how the sums are cut decides their last bits.
        let length = (CACHED / (self.sizes.padded::<S>() * C::KEPT)).clamp(FEWEST_ROWS, MOST_ROWS);
        let to = self.scratch.at(member.id * scratch_len::<S>());
        for first in (0..rows).step_by(length) {
            let rows = first..(first + length).min(rows);
            for side in [Side::Input, Side::Recurrent] {
                for columns in Columns::all::<S>(self.width(side)) {
                    let block = Block {
                        side,
                        columns,
                        rows: rows.clone(),
                    };
                    s.run(Copy {
                        pass: self,
                        block: &block,
                        to,
                    });
                    for group in own.clone() {
                        for panel in group.first..group.first + group.panels {
                            self.weights_of(s, panel, &block, to);
                        }
                    }
                }
            }
        }
    }

    /// The width of what a side's weights see.
    fn width(&self, side: Side) -> usize {
        match side {
            Side::Input => self.sizes.input,
            Side::Recurrent => self.sizes.hidden,
        }
    }

    /// The gates of a side's weights, and the first of them among what is kept.
    fn gates(side: Side) -> (&'static [usize], usize) {
        match side {
            Side::Input => (C::INPUT_GATES, 0),
            Side::Recurrent => (C::RECURRENT_GATES, C::KEPT - C::RECURRENT_GATES.len()),
        }
    }

    /// What a block adds to the gradient of the weights of one panel's gates.
    #[inline(always)]
    fn weights_of<S: Simd>(&self, s: S, panel: usize, block: &Block, seen: *const f32) {
        let (sizes, lanes, row) = (self.sizes, S::LANES, C::KEPT * S::LANES);
        let (units, width) = (sizes.units::<S>(panel), self.width(block.side));
        let (gates, skip) = Self::gates(block.side);
        let gradient: Shared = match block.side {
            Side::Input => self.d_weight_ih,
            Side::Recurrent => self.d_weight_hh,
        };
        let kept = (panel * self.input.plan.rows() + block.rows.start) * row + skip * lanes;
        let product = Product {
            count: gates.len() * units,
            vectors: block.columns.vectors,
            segments: 1,
            depth: block.rows.len(),
            a: |at: usize| {
                self.kept
                    .at(kept + at / units * lanes + at % units)
                    .cast_const()
            },
            a_step: row,
            a_segment: 0,
            w: seen,
            result: |at: usize| {
                let unit = gates[at / units] * sizes.hidden + panel * lanes + at % units;
                gradient.at(unit * width + block.columns.first)
            },
            result_step: lanes,
            last: block.columns.last::<S>(),
            start: if block.rows.start == 0 {
                Start::Zero
            } else {
                Start::Result
            },
        };
        // SAFETY: the gates of a panel, and with them these rows of the gradient, are one member's alone.
        unsafe { product.compute(s) };
    }

    /// The gradient of the inputs, for this member's share of the rows.
    #[inline(always)]
    pub(super) fn inputs<S: Simd>(&self, s: S, member: &Member<'_>) {
        let Some(d_inputs) = self.d_inputs else {
            return;
        };
        let (plan, sizes) = (self.input.plan, self.sizes);
        let (row, depth) = (C::KEPT * S::LANES, C::INPUT_GATES.len() * S::LANES);
        // In pairs: a row on its own is added up in another order.
        let border = |id: usize| match id == member.count {
            true => plan.rows(),
            false => plan.rows() / 2 * id / member.count * 2,
        };
        let rows = &plan.source[border(member.id)..border(member.id + 1)];
        let first = border(member.id);
        for columns in Columns::all::<S>(sizes.input) {
            let product = Product {
                count: rows.len(),
                vectors: columns.vectors,
                segments: sizes.panels::<S>(),
                depth,
                a: |r: usize| self.kept.at((first + r) * row).cast_const(),
                a_step: 1,
                a_segment: plan.rows() * row,
                w: self.packed_inputs::<S>(columns),
                result: |r: usize| d_inputs.at(rows[r] * sizes.input + columns.first),
                result_step: S::LANES,
                last: columns.last::<S>(),
                start: Start::Zero,
            };
            // SAFETY: all gates' gradients are done, and these rows are this member's alone.
            unsafe { product.compute(s) };
        }
    }
}

/// Some columns of what a side's weights saw at some packed rows.
struct Block {
    side: Side,
    columns: Columns,
    rows: Range<usize>,
}

/// Copies a block to `[rows][vectors * LANES]`, with zeros to the right.
struct Copy<'a, C> {
    pass: &'a Pass<'a, C>,
    block: &'a Block,
    to: *mut f32,
}

impl<C: Pointwise> Task for Copy<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (pass, plan) = (self.pass, self.pass.input.plan);
        let Block {
            side,
            columns,
            ref rows,
        } = *self.block;
        let width = columns.vectors * S::LANES;
        let mut step = plan.step_of(rows.start);
        for (at, row) in rows.clone().enumerate() {
            while plan.step(step).end <= row {
                step += 1;
            }
            let place = row - plan.step(step).start;
            let ((from, source), mask) = match side {
                Side::Input => ((pass.input.inputs, plan.source[row]), None),
                Side::Recurrent => (pass.before(step, place), pass.mask),
            };
            let from = &from[source * pass.width(side) + columns.first..][..columns.count];
            for (vector, from) in from.chunks(S::LANES).enumerate() {
                // SAFETY: the scratch is this member's alone, and has room for the block; the mask is only read.
                unsafe {
                    let mut seen = s.load_first(from.as_ptr(), from.len());
                    if let Some([mask, _]) = mask {
                        let panel = columns.first / S::LANES + vector;
                        let at = (panel * plan.batch() + place) * S::LANES;
                        seen = s.mul(seen, s.load(mask.at(at)));
                    }
                    s.store(self.to.add(at * width + vector * S::LANES), seen);
                }
            }
        }
    }
}
