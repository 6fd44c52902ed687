//! The backward pass over a whole sequence: backpropagation through time, written out by hand.

use std::marker::PhantomData;
use std::ops::Range;

use super::CellKind;
use super::buffer::Buffer;
use super::cells::{MAX_EXTRA, MAX_KEPT, Pair, Pointwise};
use super::forward::{Input, Parameters, State, Trace, gather, spread};
use super::pack::{Columns, Group, Sizes, pack_columns, share_out};
use super::product::{Product, Start};
use super::shared::Shared;
use super::simd::{Simd, Task};
use super::team::{Member, Team};

/// Where the gradients go; those of the inputs and of the mask only where they are asked for. Bias and extra parameters
/// are written in full, and so is everything else but the gradient of padded inputs, which stays.
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
    pub threads: usize,
    pub input: Input<'a>,
    pub sizes: Sizes,
    pub parameters: Parameters<'a>,
    /// What the forward pass left; it is used up.
    pub trace: &'a mut Trace,
    /// The forward pass's outputs.
    pub outputs: &'a [f32],
    pub received: Received<'a>,
    pub gradients: Gradients<'a>,
}

/// The most packed rows whose share of the weights' gradients is added up at once.
const MOST_ROWS: usize = 256;
/// The fewest.
const FEWEST_ROWS: usize = 32;
/// About how many numbers of gate gradients are worked on at once, so that they stay in a core's cache.
const CACHED: usize = 1 << 18;

/// The pass as the members of a team see it.
struct Pass<'a, C> {
    input: Input<'a>,
    sizes: Sizes,
    parameters: Parameters<'a>,
    shares: Vec<Vec<Group>>,
    /// `[panels][rows][KEPT][LANES]`: from activations to gradients.
    kept: Shared,
    /// `[panels][rows][LANES]`.
    memory: Shared,
    /// The initial memory cell `[panels][B][LANES]`.
    first_memory: Shared,
    outputs: &'a [f32],
    d_outputs: &'a [f32],
    /// The gradient of the hidden state but for what flows through the recurrent weights, `[panels][B][LANES]`.
    d_hidden: Shared,
    /// The gradient of what the recurrent weights see, `[panels][B][LANES]`.
    d_recurrent: Shared,
    /// The gradient of the memory cell, `[panels][B][LANES]`.
    d_memory: Shared,
    /// `[panels][B][LANES]`, with the gradient of the mask.
    mask: Option<[Shared; 2]>,
    /// `[panels][KEPT + EXTRA][LANES]`: the sums over all rows.
    sums: Shared,
    /// For each group in turn `[panels][gates][LANES][panels of the group * LANES]`.
    recurrent: Shared,
    /// For each block of columns in turn `[panels][gates][LANES][vectors * LANES]`.
    columns: Shared,
    d_inputs: Option<Shared>,
    d_weight_ih: Shared,
    d_weight_hh: Shared,
    /// For each member `[rows of a block][4 * LANES]`.
    scratch: Shared,
    cell: PhantomData<C>,
}

struct Run<'a, C>(&'a Pass<'a, C>, Member<'a>);

impl<C: Pointwise> Task for Run<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self(pass, member) = self;
        let own = || {
            let shares = (member.id..pass.shares.len()).step_by(member.count);
            shares.flat_map(|share| &pass.shares[share])
        };
        pass.pack(s, own(), &member);
        for step in (0..pass.input.plan.steps()).rev() {
            for group in own() {
                for panel in group.first..group.first + group.panels {
                    s.run(Step { pass, panel, step });
                }
            }
            // Every gate's gradient goes into that of every hidden unit.
            member.wait();
            for group in own() {
                pass.recur(s, *group, step);
            }
        }
        pass.weights(s, &member, own());
        pass.inputs(s, &member);
    }
}

/// The pointwise derivative of one panel at one step.
struct Step<'a, C> {
    pass: &'a Pass<'a, C>,
    panel: usize,
    step: usize,
}

impl<C: Pointwise> Task for Step<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { pass, panel, step } = self;
        let lanes = S::LANES;
        let rows = pass.input.plan.step(step);
        let units = pass.sizes.units::<S>(panel);
        let zero = s.splat(0.0);
        let extra = pass.parameters_of::<S>(panel, s);
        let mut kept_sums = [zero; MAX_KEPT];
        let mut extra_sums = [zero; MAX_EXTRA];
        for (place, row) in rows.clone().enumerate() {
            let source = pass.input.plan.source[row] * pass.sizes.hidden + panel * lanes;
            let state = (panel * pass.input.plan.batch() + place) * lanes;
            let kept = pass
                .kept
                .at((panel * pass.input.plan.rows() + row) * C::KEPT * lanes);
            // SAFETY: this panel is this member's alone, and every offset is of one of its rows.
            unsafe {
                let recurrent = pass.from_recurrence(s, state, source, units);
                let d = s.add(s.load(pass.d_hidden.at(state)), recurrent);
                let d = s.add(d, s.load_first(pass.d_outputs.as_ptr().add(source), units));
                let (memory_before, memory_after) = pass.memory_at::<S>(panel, step, place);
                let load = |at: *const f32| if C::MEMORY { s.load(at) } else { zero };
                let before = Pair {
                    hidden: if C::LOOKS_BACK {
                        pass.hidden_before(s, panel, step, place)
                    } else {
                        zero
                    },
                    memory: load(memory_before),
                };
                let after = Pair {
                    hidden: zero,
                    memory: load(memory_after),
                };
                let gradient = Pair {
                    hidden: d,
                    memory: load(pass.d_memory.at(state)),
                };
                let mut activations = [zero; MAX_KEPT];
                for (at, activation) in activations[..C::KEPT].iter_mut().enumerate() {
                    *activation = s.load(kept.add(at * lanes));
                }
                let back = C::backward(
                    s,
                    activations,
                    before,
                    after,
                    gradient,
                    extra.as_ptr().cast(),
                    &mut extra_sums,
                );
                for (at, gradient) in back.kept[..C::KEPT].iter().enumerate() {
                    s.store(kept.add(at * lanes), *gradient);
                    kept_sums[at] = s.add(kept_sums[at], *gradient);
                }
                s.store(pass.d_hidden.at(state), back.before.hidden);
                if C::MEMORY {
                    s.store(pass.d_memory.at(state), back.before.memory);
                }
            }
        }
        let sums = pass.sums.at(panel * (C::KEPT + C::EXTRA) * lanes);
        let all = kept_sums[..C::KEPT].iter().chain(&extra_sums[..C::EXTRA]);
        for (at, sum) in all.enumerate() {
            // SAFETY: this panel is this member's alone.
            unsafe {
                let total = sums.add(at * lanes);
                s.store(total, s.add(s.load(total), *sum));
            }
        }
    }
}

impl<C: Pointwise> Pass<'_, C> {
    /// The extra parameters of a panel.
    #[inline(always)]
    fn parameters_of<S: Simd>(&self, panel: usize, s: S) -> [S::Vector; MAX_EXTRA] {
        let mut extra = [s.splat(0.0); MAX_EXTRA];
        if let Some(all) = self.parameters.extra {
            for (at, vector) in extra[..C::EXTRA].iter_mut().enumerate() {
                let from = &all[at * self.sizes.hidden + panel * S::LANES..];
                // SAFETY: there are as many numbers as the panel has units.
                *vector = unsafe { s.load_first(from.as_ptr(), self.sizes.units::<S>(panel)) };
            }
        }
        extra
    }

    /// What comes back through the recurrent weights from the step after.
    ///
    /// # Safety
    /// `state` and `source` must be offsets of a row of a panel of the calling member.
    #[inline(always)]
    unsafe fn from_recurrence<S: Simd>(
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

    /// The hidden state before a step.
    #[inline(always)]
    fn hidden_before<S: Simd>(&self, s: S, panel: usize, step: usize, place: usize) -> S::Vector {
        let column = panel * S::LANES;
        let (from, row) = self.before(step, place);
        let from = &from[row * self.sizes.hidden + column..];
        // SAFETY: there are as many numbers as the panel has units.
        unsafe { s.load_first(from.as_ptr(), self.sizes.units::<S>(panel)) }
    }

    /// Where the hidden state before a step stands: a matrix, and its row.
    #[inline(always)]
    fn before(&self, step: usize, place: usize) -> (&[f32], usize) {
        let plan = self.input.plan;
        match step {
            0 => (self.input.state.hidden, plan.order[place]),
            _ => (self.outputs, plan.source[plan.step(step - 1).start + place]),
        }
    }

    /// The memory cell before and after a step.
    #[inline(always)]
    fn memory_at<S: Simd>(
        &self,
        panel: usize,
        step: usize,
        place: usize,
    ) -> (*const f32, *const f32) {
        let plan = self.input.plan;
        let at = |step: usize| {
            self.memory
                .at((panel * plan.rows() + plan.step(step).start + place) * S::LANES)
        };
        let before = match step {
            0 => self
                .first_memory
                .at((panel * plan.batch() + place) * S::LANES),
            _ => at(step - 1),
        };
        (before, at(step))
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
            a: |r: usize| {
                self.kept
                    .at((rows.start + r) * row + row - depth)
                    .cast_const()
            },
            a_step: 1,
            a_segment: plan.rows() * row,
            w: self
                .recurrent
                .at(group.first * lanes * self.sizes.panels::<S>() * depth),
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

    /// Packs this member's share of the weights.
    #[inline(always)]
    fn pack<'g, S: Simd>(&self, _: S, own: impl Iterator<Item = &'g Group>, member: &Member<'_>) {
        let sizes = self.sizes;
        let depth = |gates: &[usize]| sizes.padded::<S>() * gates.len();
        for group in own {
            let gates = C::RECURRENT_GATES;
            let to = self.recurrent.at(group.first * S::LANES * depth(gates));
            let columns = Columns::of::<S>(*group, sizes.hidden);
            // SAFETY: this group is this member's alone.
            unsafe {
                pack_columns::<S>(
                    self.parameters.weight_hh,
                    sizes.hidden,
                    sizes,
                    gates,
                    columns,
                    to,
                )
            };
        }
        if self.d_inputs.is_some() {
            let gates = C::INPUT_GATES;
            let mine = Columns::all::<S>(sizes.input)
                .enumerate()
                .filter(|(at, _)| at % member.count == member.id);
            for (_, columns) in mine {
                let to = self.columns.at(columns.first * depth(gates));
                // SAFETY: these columns are this member's alone.
                unsafe {
                    pack_columns::<S>(
                        self.parameters.weight_ih,
                        sizes.input,
                        sizes,
                        gates,
                        columns,
                        to,
                    )
                };
            }
        }
    }

    /// The gradients of the weights of this member's gates.
    #[inline(always)]
    fn weights<'g, S: Simd>(
        &self,
        s: S,
        member: &Member<'_>,
        own: impl Iterator<Item = &'g Group> + Clone,
    ) {
        let rows = self.input.plan.rows();
        let block = (CACHED / (self.sizes.padded::<S>() * C::KEPT)).clamp(FEWEST_ROWS, MOST_ROWS);
        for first in (0..rows).step_by(block) {
            let block = first..(first + block).min(rows);
            for side in [Side::Input, Side::Recurrent] {
                let width = self.width(side);
                for columns in Columns::all::<S>(width) {
                    let scratch = self.scratch.at(member.id * MOST_ROWS * 4 * S::LANES);
                    s.run(Copy {
                        pass: self,
                        side,
                        columns,
                        rows: block.clone(),
                        scratch,
                    });
                    for group in own.clone() {
                        for panel in group.first..group.first + group.panels {
                            self.weights_of(s, side, columns, panel, block.clone(), scratch);
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

    /// What a block of rows adds to the gradient of some columns of the weights of one panel's gates.
    #[inline(always)]
    fn weights_of<S: Simd>(
        &self,
        s: S,
        side: Side,
        columns: Columns,
        panel: usize,
        rows: Range<usize>,
        scratch: *const f32,
    ) {
        let (sizes, lanes) = (self.sizes, S::LANES);
        let (units, width, row) = (sizes.units::<S>(panel), self.width(side), C::KEPT * lanes);
        let (gates, skip, gradient) = match side {
            Side::Input => (C::INPUT_GATES, 0, self.d_weight_ih),
            Side::Recurrent => (
                C::RECURRENT_GATES,
                C::KEPT - C::RECURRENT_GATES.len(),
                self.d_weight_hh,
            ),
        };
        let kept = (panel * self.input.plan.rows() + rows.start) * row + skip * lanes;
        let product = Product {
            count: gates.len() * units,
            vectors: columns.vectors,
            segments: 1,
            depth: rows.len(),
            a: |at: usize| {
                self.kept
                    .at(kept + at / units * lanes + at % units)
                    .cast_const()
            },
            a_step: row,
            a_segment: 0,
            w: scratch,
            result: |at: usize| {
                let unit = gates[at / units] * sizes.hidden + panel * lanes + at % units;
                gradient.at(unit * width + columns.first)
            },
            result_step: lanes,
            last: columns.last::<S>(),
            start: if rows.start == 0 {
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
    fn inputs<S: Simd>(&self, s: S, member: &Member<'_>) {
        let Some(d_inputs) = self.d_inputs else {
            return;
        };
        let (plan, sizes, lanes) = (self.input.plan, self.sizes, S::LANES);
        let (row, depth) = (C::KEPT * lanes, C::INPUT_GATES.len() * lanes);
        let border = |id: usize| id * plan.rows() / member.count;
        let first = border(member.id);
        for columns in Columns::all::<S>(sizes.input) {
            let product = Product {
                count: border(member.id + 1) - first,
                vectors: columns.vectors,
                segments: sizes.panels::<S>(),
                depth,
                a: |r: usize| self.kept.at((first + r) * row).cast_const(),
                a_step: 1,
                a_segment: plan.rows() * row,
                w: self
                    .columns
                    .at(columns.first * sizes.padded::<S>() * C::INPUT_GATES.len()),
                result: |r: usize| {
                    d_inputs.at(plan.source[first + r] * sizes.input + columns.first)
                },
                result_step: lanes,
                last: columns.last::<S>(),
                start: Start::Zero,
            };
            // SAFETY: all gates' gradients are done, and these rows are this member's alone.
            unsafe { product.compute(s) };
        }
    }
}

/// Which weights.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Input,
    Recurrent,
}

/// Copies some columns of what the weights saw at some rows to `[rows][vectors * LANES]`, with zeros to the right.
struct Copy<'a, C> {
    pass: &'a Pass<'a, C>,
    side: Side,
    columns: Columns,
    rows: Range<usize>,
    scratch: *mut f32,
}

impl<C: Pointwise> Task for Copy<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self {
            pass,
            side,
            columns,
            rows,
            scratch,
        } = self;
        let plan = pass.input.plan;
        let width = columns.vectors * S::LANES;
        let mut step = plan.step_of(rows.start);
        for (to, row) in rows.enumerate() {
            while plan.step(step).end <= row {
                step += 1;
            }
            let place = row - plan.step(step).start;
            let (from, source) = match side {
                Side::Input => (pass.input.inputs, plan.source[row]),
                Side::Recurrent => pass.before(step, place),
            };
            let from = &from[source * pass.width(side) + columns.first..][..columns.count];
            let mask = match side {
                Side::Input => None,
                Side::Recurrent => pass.mask.map(|[mask, _]| mask),
            };
            for vector in 0..columns.vectors {
                let count = (columns.count - vector * S::LANES).min(S::LANES);
                // SAFETY: the scratch is this member's alone, and has room for the block; the mask is only read.
                unsafe {
                    let mut seen = s.load_first(from.as_ptr().add(vector * S::LANES), count);
                    if let Some(mask) = mask {
                        let panel = columns.first / S::LANES + vector;
                        seen = s.mul(
                            seen,
                            s.load(mask.at((panel * plan.batch() + place) * S::LANES)),
                        );
                    }
                    s.store(scratch.add(to * width + vector * S::LANES), seen);
                }
            }
        }
    }
}

impl Backward<'_> {
    /// Runs backpropagation through the cell `C`.
    pub(super) fn compute<S: Simd, C: Pointwise>(self, s: S) {
        let Self {
            input,
            sizes,
            parameters,
            trace,
            outputs,
            received,
            mut gradients,
            threads,
            ..
        } = self;
        let (plan, panels, lanes) = (input.plan, sizes.panels::<S>(), S::LANES);
        let state = panels * plan.batch() * lanes;
        let spread_out = |rows: &[f32]| {
            let mut buffer = Buffer::take(state);
            spread::<S>(rows, plan, sizes, &mut buffer);
            buffer
        };
        let with_memory = |rows: &[f32]| {
            if C::MEMORY {
                spread_out(rows)
            } else {
                Buffer::take(0)
            }
        };
        let mut d_hidden = spread_out(received.last.hidden);
        let mut d_memory = with_memory(received.last.memory);
        let mut first_memory = with_memory(input.state.memory);
        let mut d_recurrent = Buffer::zeros(state);
        let mut masks = input
            .mask
            .map(|mask| [spread_out(mask), Buffer::zeros(state)]);
        let mut sums = Buffer::zeros(panels * (C::KEPT + C::EXTRA) * lanes);
        let column = sizes.padded::<S>() * C::INPUT_GATES.len();
        let mut recurrent = Buffer::take(column * sizes.padded::<S>());
        let width = sizes.input.next_multiple_of(lanes);
        let mut columns = Buffer::take(if gradients.inputs.is_some() {
            column * width
        } else {
            0
        });
        let team = Team::gather(threads.min(panels));
        let mut scratch = Buffer::take(team.count() * MOST_ROWS * 4 * lanes);
        let pass = Pass::<C> {
            input,
            sizes,
            parameters,
            shares: share_out(panels, 4, threads.min(panels)),
            kept: Shared::new(&mut trace.kept),
            memory: Shared::new(&mut trace.memory),
            first_memory: Shared::new(&mut first_memory),
            outputs,
            d_outputs: received.outputs,
            d_hidden: Shared::new(&mut d_hidden),
            d_recurrent: Shared::new(&mut d_recurrent),
            d_memory: Shared::new(&mut d_memory),
            mask: masks
                .as_mut()
                .map(|masks| masks.each_mut().map(|mask| Shared::new(mask))),
            sums: Shared::new(&mut sums),
            recurrent: Shared::new(&mut recurrent),
            columns: Shared::new(&mut columns),
            d_inputs: gradients.inputs.as_mut().map(|inputs| Shared::new(inputs)),
            d_weight_ih: Shared::new(gradients.weight_ih),
            d_weight_hh: Shared::new(gradients.weight_hh),
            scratch: Shared::new(&mut scratch),
            cell: PhantomData,
        };
        team.run(&|member| s.run(Run(&pass, member)));
        drop(pass);
        if plan.rows() == 0 {
            gradients.weight_ih.fill(0.0);
            gradients.weight_hh.fill(0.0);
        }
        finish_recurrence::<S>(input, sizes, &d_recurrent, masks.as_mut(), &mut d_hidden);
        gather::<S>(&d_hidden, plan, sizes, gradients.hidden);
        if C::MEMORY {
            gather::<S>(&d_memory, plan, sizes, gradients.memory);
        }
        if let (Some([_, d_mask]), Some(to)) = (&masks, gradients.mask) {
            gather::<S>(d_mask, plan, sizes, to);
        }
        collect::<S, C>(&sums, sizes, gradients.bias, gradients.extra);
    }
}

/// Adds what came back through the recurrent weights from the first step to the gradient of the initial state.
fn finish_recurrence<S: Simd>(
    input: Input<'_>,
    sizes: Sizes,
    d_recurrent: &[f32],
    masks: Option<&mut [Buffer; 2]>,
    d_hidden: &mut [f32],
) {
    let Some([mask, d_mask]) = masks else {
        let pairs = d_hidden.iter_mut().zip(d_recurrent);
        return pairs.for_each(|(d, seen)| *d += seen);
    };
    let mut hidden = Buffer::take(d_hidden.len());
    spread::<S>(input.state.hidden, input.plan, sizes, &mut hidden);
    for (at, seen) in d_recurrent.iter().enumerate() {
        d_hidden[at] += seen * mask[at];
        d_mask[at] += seen * hidden[at];
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
            to[gate * sizes.hidden + panel * S::LANES..][..units]
                .copy_from_slice(&sums[from * S::LANES..][..units]);
        };
        for (at, &gate) in C::INPUT_GATES.iter().enumerate() {
            copy(at, gate, bias);
        }
        for at in 0..C::EXTRA {
            copy(C::KEPT + at, at, extra);
        }
    }
}
