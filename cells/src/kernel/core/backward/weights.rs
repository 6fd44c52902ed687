//! The gradients of weights and inputs: products over all rows, once every gate's gradient is known.

use std::ops::Range;

use super::pass::Pass;
use crate::kernel::core::cells::{MAX_KEPT, Pointwise};
use crate::kernel::core::pack::{Columns, Group, Sizes};
use crate::kernel::core::product::{Product, Start};
use crate::kernel::core::simd::{MAX_LANES, Simd, Task};
use crate::kernel::core::team::Member;

/// The most packed rows whose share of the weights' gradients is added up at once.
const MOST_ROWS: usize = 256;
/// The fewest.
const FEWEST_ROWS: usize = 32;
/// About how many numbers of gate gradients are worked on at once, so that they stay in a core's cache.
const CACHED: usize = 1 << 18;

/// What the weights saw at the rows of two blocks, each `[rows][columns]` for every few columns in turn: while one block is
/// worked on, the next is being made ready.
pub(super) fn scratch_len<S: Simd>(sizes: Sizes) -> usize {
    2 * block_len::<S>(sizes)
}

fn block_len<S: Simd>(sizes: Sizes) -> usize {
    MOST_ROWS * (sizes.input.next_multiple_of(S::LANES) + sizes.padded::<S>())
}

/// Which weights.
#[derive(Clone, Copy)]
enum Side {
    Input,
    Recurrent,
}

impl<C: Pointwise> Pass<'_, C> {
    /// The first of the recurrent gates among what is kept.
    const RECURRENT: usize = C::KEPT - C::RECURRENT_GATES.len();

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
        for (turn, first) in (0..rows).step_by(length).enumerate() {
            let rows = first..(first + length).min(rows);
            let seen = self.scratch.at(turn % 2 * block_len::<S>(self.sizes));
            let border = |id: usize| rows.start + id * rows.len() / member.count;
            let mine = border(member.id)..border(member.id + 1);
            s.run(Copy {
                pass: self,
                block: &rows,
                rows: mine,
                to: seen,
            });
            // Whoever is here is done with the block before, whose scratch the next one takes.
            member.wait();
            for group in own.clone() {
                for panel in group.first..group.first + group.panels {
                    for side in [Side::Input, Side::Recurrent] {
                        self.weights_of(s, panel, side, &rows, seen);
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

    /// Where a block has some columns of a side.
    #[inline(always)]
    fn seen<S: Simd>(&self, side: Side, columns: Columns) -> usize {
        let before = match side {
            Side::Input => 0,
            Side::Recurrent => self.sizes.input.next_multiple_of(S::LANES),
        };
        (before + columns.first) * MOST_ROWS
    }

    /// What a block adds to the gradient of one side's weights of one panel's gates.
    #[inline(always)]
    fn weights_of<S: Simd>(
        &self,
        s: S,
        panel: usize,
        side: Side,
        rows: &Range<usize>,
        seen: *mut f32,
    ) {
        let (sizes, row) = (self.sizes, C::KEPT * S::LANES);
        let (gates, skip, gradient) = match side {
            Side::Input => (C::INPUT_GATES, 0, self.d_weight_ih),
            Side::Recurrent => (C::RECURRENT_GATES, Self::RECURRENT, self.d_weight_hh),
        };
        let kept = (panel * self.input.plan.rows() + rows.start) * row + skip * S::LANES;
        let width = self.width(side);
        let places = Places::new::<S>(gates, panel, sizes);
        let add = rows.start > 0;
        for columns in Columns::all::<S>(width) {
            let product = Product {
                count: places.count,
                vectors: columns.vectors,
                segments: 1,
                depth: rows.len(),
                a: |at: usize| self.kept.at(kept + places.kept[at]).cast_const(),
                a_step: row,
                a_segment: 0,
                w: seen.wrapping_add(self.seen::<S>(side, columns)),
                result: |at: usize| gradient.at(places.unit[at] * width + columns.first),
                result_step: S::LANES,
                last: columns.last::<S>(),
                start: if add { Start::Result } else { Start::Zero },
            };
            // SAFETY: the gates of a panel, and with them these rows of the gradient, are one member's alone.
            unsafe { product.compute(s) };
        }
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

/// The gates of a panel's hidden units, one after the other.
struct Places {
    count: usize,
    /// Where each stands among what is kept of a row.
    kept: [usize; MAX_KEPT * MAX_LANES],
    /// Its row of the weight matrix.
    unit: [usize; MAX_KEPT * MAX_LANES],
}

impl Places {
    fn new<S: Simd>(gates: &[usize], panel: usize, sizes: Sizes) -> Self {
        let mut places = Self {
            count: 0,
            kept: [0; MAX_KEPT * MAX_LANES],
            unit: [0; MAX_KEPT * MAX_LANES],
        };
        for (at, gate) in gates.iter().enumerate() {
            for lane in 0..sizes.units::<S>(panel) {
                places.kept[places.count] = at * S::LANES + lane;
                places.unit[places.count] = gate * sizes.hidden + panel * S::LANES + lane;
                places.count += 1;
            }
        }
        places
    }
}

/// Copies what the weights saw at some rows of a block to the block's scratch, with zeros to the right.
struct Copy<'a, C> {
    pass: &'a Pass<'a, C>,
    block: &'a Range<usize>,
    rows: Range<usize>,
    to: *mut f32,
}

impl<C: Pointwise> Task for Copy<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let plan = self.pass.input.plan;
        let mut step = plan.step_of(self.rows.start);
        for row in self.rows.clone() {
            while plan.step(step).end <= row {
                step += 1;
            }
            let place = row - plan.step(step).start;
            let inputs = (self.pass.input.inputs, plan.source[row]);
            self.row(s, Side::Input, row, place, inputs);
            self.row(
                s,
                Side::Recurrent,
                row,
                place,
                self.pass.before(step, place),
            );
        }
    }
}

impl<C: Pointwise> Copy<'_, C> {
    /// One row of one side, which stands in this row of a matrix.
    #[inline(always)]
    fn row<S: Simd>(
        &self,
        s: S,
        side: Side,
        row: usize,
        place: usize,
        (from, source): (&[f32], usize),
    ) {
        let pass = self.pass;
        let width = pass.width(side);
        let from = &from[source * width..][..width];
        let mask = match side {
            Side::Input => None,
            Side::Recurrent => pass.mask,
        };
        for columns in Columns::all::<S>(width) {
            let to = pass.seen::<S>(side, columns);
            let to = self
                .to
                .wrapping_add(to + (row - self.block.start) * columns.vectors * S::LANES);
            let from = &from[columns.first..][..columns.count];
            for (vector, from) in from.chunks(S::LANES).enumerate() {
                // SAFETY: these rows of the scratch are this member's alone until the barrier; the mask is only read.
                unsafe {
                    let mut seen = s.load_first(from.as_ptr(), from.len());
                    if let Some([mask, _]) = mask {
                        let panel = columns.first / S::LANES + vector;
                        let at = (panel * pass.input.plan.batch() + place) * S::LANES;
                        seen = s.mul(seen, s.load(mask.at(at)));
                    }
                    s.store(to.wrapping_add(vector * S::LANES), seen);
                }
            }
        }
    }
}
