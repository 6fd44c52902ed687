//! The forward pass over a whole sequence.

use std::marker::PhantomData;
use std::ops::Range;

use super::buffer::Buffer;
use super::cells::{Pair, Pointwise};
use super::pack::{Group, Sizes, pack_gates, share_out};
use super::plan::Plan;
use super::product::{Product, Start};
use super::shared::Shared;
use super::simd::{Simd, Task};
use super::team::{Member, Team};
use super::tile::{Rows, by_rows, multiply};

/// A cell's parameters, as the cell has them: `[G*H, D]`, `[G*H, H]`, `[G*H]`, and what else there is, `[EXTRA*H]`.
#[derive(Clone, Copy)]
pub(crate) struct Parameters<'a> {
    pub weight_ih: &'a [f32],
    pub weight_hh: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub extra: Option<&'a [f32]>,
}

/// A state or its gradient, `[B, H]` each; the memory cell is empty for cells without.
#[derive(Clone, Copy)]
pub(crate) struct State<'a> {
    pub hidden: &'a [f32],
    pub memory: &'a [f32],
}

/// A state that is written to.
pub(crate) struct StateMut<'a> {
    pub hidden: &'a mut [f32],
    pub memory: &'a mut [f32],
}

/// Weights and biases in the kernels' order, for a number of shares of the work.
pub(crate) struct Packed {
    pub(super) sizes: Sizes,
    /// The groups of each share.
    pub(super) shares: Vec<Vec<Group>>,
    /// For each group in turn `[D][panels][gates][LANES]`.
    input: Buffer,
    /// For each group in turn `[H][panels][gates][LANES]`.
    recurrent: Buffer,
    /// `[panels][gates][LANES]`.
    bias: Buffer,
    /// `[panels][EXTRA][LANES]`.
    extra: Buffer,
}

/// How many panels of this cell make a tile: as many as its gates leave vectors for.
pub(super) fn panels_of_a_tile<C: Pointwise>() -> usize {
    4 / C::RECURRENT_GATES.len()
}

impl Packed {
    /// Room for the weights of a cell, its work dealt out to `shares` shares.
    pub(super) fn room<S: Simd, C: Pointwise>(sizes: Sizes, shares: usize) -> Self {
        let panels = sizes.panels::<S>();
        let column = sizes.padded::<S>() * C::INPUT_GATES.len();
        Self {
            sizes,
            shares: share_out(panels, panels_of_a_tile::<C>(), shares.min(panels)),
            input: Buffer::take(column * sizes.input),
            recurrent: Buffer::take(column * sizes.hidden),
            bias: Buffer::zeros(column),
            extra: Buffer::zeros(sizes.padded::<S>() * C::EXTRA),
        }
    }

    /// Biases and extra parameters, which are few.
    pub(super) fn pack_vectors<S: Simd, C: Pointwise>(&mut self, parameters: Parameters<'_>) {
        let (sizes, lanes) = (self.sizes, S::LANES);
        let copy =
            |from: Option<&[f32]>, to: &mut [f32], gates: usize, which: &dyn Fn(usize) -> usize| {
                let Some(from) = from else { return };
                for (at, to) in to.chunks_exact_mut(lanes).enumerate() {
                    let (panel, gate) = (at / gates, at % gates);
                    let units = sizes.units::<S>(panel);
                    let first = which(gate) * sizes.hidden + panel * lanes;
                    to[..units].copy_from_slice(&from[first..first + units]);
                }
            };
        copy(
            parameters.bias,
            &mut self.bias,
            C::INPUT_GATES.len(),
            &|gate| C::INPUT_GATES[gate],
        );
        if C::EXTRA > 0 {
            copy(parameters.extra, &mut self.extra, C::EXTRA, &|gate| gate);
        }
    }

    /// The weights of one share.
    ///
    /// # Safety
    /// Every share may be packed by one thread only.
    #[inline(always)]
    unsafe fn pack_share<S: Simd, C: Pointwise>(
        &self,
        share: usize,
        parameters: Parameters<'_>,
        [input, recurrent]: [Shared; 2],
    ) {
        let (sizes, column) = (self.sizes, C::INPUT_GATES.len() * S::LANES);
        for &group in &self.shares[share] {
            // SAFETY: groups do not overlap, and there is room for all of them.
            unsafe {
                let to = input.at(group.first * column * sizes.input);
                let gates = C::INPUT_GATES;
                pack_gates::<S>(parameters.weight_ih, sizes.input, sizes, gates, group, to);
                let to = recurrent.at(group.first * column * sizes.hidden);
                let gates = C::RECURRENT_GATES;
                pack_gates::<S>(parameters.weight_hh, sizes.hidden, sizes, gates, group, to);
            }
        }
    }

    /// Packs everything, on this thread.
    pub(super) fn pack<S: Simd, C: Pointwise>(&mut self, parameters: Parameters<'_>) {
        self.pack_vectors::<S, C>(parameters);
        let to = [
            Shared::new(&mut self.input),
            Shared::new(&mut self.recurrent),
        ];
        for share in 0..self.shares.len() {
            // SAFETY: one thread.
            unsafe { self.pack_share::<S, C>(share, parameters, to) };
        }
    }
}

/// What a forward pass leaves for the backward pass.
#[derive(Debug)]
pub(crate) struct Trace {
    /// `[panels][rows][KEPT][LANES]`.
    pub(super) kept: Buffer,
    /// `[panels][rows][LANES]`, of cells that have a memory.
    pub(super) memory: Buffer,
}

/// Buffers that a forward pass without a trace needs, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    kept: Option<Buffer>,
    memory: Option<Buffer>,
    recurrent: Option<Buffer>,
    hidden: Option<Buffer>,
    mask: Option<Buffer>,
}

/// A buffer of `len` numbers in `slot`, the one that is there if it is large enough.
fn reuse(slot: &mut Option<Buffer>, len: usize) -> &mut Buffer {
    match slot {
        Some(buffer) if buffer.len() >= len => {}
        _ => *slot = Some(Buffer::take(len)),
    }
    slot.as_mut().expect("the slot was just filled")
}

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

/// How the weights come.
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

/// The pass as the members of a team see it.
struct Pass<'a, C> {
    plan: &'a Plan,
    packed: &'a Packed,
    weights: Weights<'a>,
    /// The packed weights of the input and of the recurrence.
    packing: [Shared; 2],
    inputs: &'a [f32],
    /// `[panels][room][KEPT][LANES]`.
    kept: Shared,
    /// The packed rows that `kept` has room for.
    room: usize,
    /// Whether `kept` and `memory` keep every row.
    trace: bool,
    /// With a trace `[panels][rows][LANES]`, else `[panels][B][LANES]`, which begins as the initial state.
    memory: Shared,
    /// The initial memory cell `[panels][B][LANES]`.
    first_memory: Shared,
    /// What the recurrent weights see, before and after a step: `[2][B][padded H]`.
    recurrent: Shared,
    /// With a mask, the hidden state itself `[panels][B][LANES]`.
    hidden: Shared,
    /// `[panels][B][LANES]`.
    mask: Option<Shared>,
    /// `[B, T, H]`.
    outputs: Shared,
    cell: PhantomData<C>,
}

struct Run<'a, C>(&'a Pass<'a, C>, Member<'a>);

impl<C: Pointwise> Task for Run<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self(pass, member) = self;
        let own = || (member.id..pass.packed.shares.len()).step_by(member.count);
        if let Weights::Plain(parameters) = &pass.weights {
            for share in own() {
                // SAFETY: each share is one member's.
                unsafe {
                    pass.packed
                        .pack_share::<S, C>(share, *parameters, pass.packing)
                };
            }
        }
        let steps = pass.plan.steps();
        let mut step = 0;
        while step < steps {
            let chunk = pass.chunk(step);
            let first = pass.plan.step(chunk.start).start;
            let rows = first..pass.plan.step(chunk.end - 1).end;
            let base = if pass.trace { 0 } else { first };
            for group in own().flat_map(|share| &pass.packed.shares[share]) {
                pass.project(s, *group, rows.clone(), base);
            }
            for step in chunk.clone() {
                for group in own().flat_map(|share| &pass.packed.shares[share]) {
                    s.run(Step {
                        pass,
                        group: *group,
                        step,
                        base,
                    });
                }
                member.wait();
            }
            step = chunk.end;
        }
    }
}

impl<C: Pointwise> Pass<'_, C> {
    /// The steps from `step` on whose rows are projected at once.
    fn chunk(&self, step: usize) -> Range<usize> {
        let first = self.plan.step(step).start;
        let fits = |&step: &usize| self.plan.step(step).end - first <= self.room;
        step..(step + 1..self.plan.steps())
            .take_while(fits)
            .last()
            .unwrap_or(step)
            + 1
    }

    /// The input's half of the gates of some packed rows.
    #[inline(always)]
    fn project<S: Simd>(&self, s: S, group: Group, rows: Range<usize>, base: usize) {
        let (sizes, gates) = (self.packed.sizes, C::INPUT_GATES.len());
        let row = C::KEPT * S::LANES;
        let panel = self.room * row;
        let vectors = group.panels * gates;
        // Gates of one panel lie side by side; a group of panels has but one gate.
        let result_step = if group.panels == 1 { S::LANES } else { panel };
        let product = Product {
            count: rows.len(),
            vectors,
            segments: 1,
            depth: sizes.input,
            a: |r: usize| self.inputs[self.plan.source[rows.start + r] * sizes.input..].as_ptr(),
            a_step: 1,
            a_segment: 0,
            w: self.packing[0].at(group.first * gates * S::LANES * sizes.input),
            result: |r: usize| {
                self.kept
                    .at(group.first * panel + (rows.start + r - base) * row)
            },
            result_step,
            last: S::LANES,
            start: Start::Bias(self.packed.bias[group.first * gates * S::LANES..].as_ptr()),
        };
        // SAFETY: these rows and panels are this member's alone until the next step, and lie within the buffers.
        unsafe { product.compute(s) };
    }
}

/// One group of panels at one step.
struct Step<'a, C> {
    pass: &'a Pass<'a, C>,
    group: Group,
    step: usize,
    base: usize,
}

impl<C: Pointwise> Task for Step<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let rows = self.pass.plan.step(self.step).len();
        // SAFETY: the group's panels are this member's alone; what the others read of them lies behind a barrier.
        unsafe {
            match self.group.panels * C::RECURRENT_GATES.len() {
                1 => by_rows(s, rows, &mut Tile::<_, 1>(&mut self)),
                2 => by_rows(s, rows, &mut Tile::<_, 2>(&mut self)),
                3 => by_rows(s, rows, &mut Tile::<_, 3>(&mut self)),
                _ => by_rows(s, rows, &mut Tile::<_, 4>(&mut self)),
            }
        }
    }
}

/// A step whose tile has `V` vectors.
struct Tile<T, const V: usize>(T);

impl<S: Simd, C: Pointwise, const V: usize> Rows<S> for Tile<&mut Step<'_, C>, V> {
    const VECTORS: usize = V;

    #[inline(always)]
    unsafe fn rows<const R: usize>(&mut self, s: S, first: usize) {
        let Step {
            pass,
            group,
            step,
            base,
        } = *self.0;
        let (gates, lanes) = (C::RECURRENT_GATES.len(), S::LANES);
        if V % gates != 0 {
            return;
        }
        let sizes = pass.packed.sizes;
        let (batch, width) = (pass.plan.batch(), sizes.padded::<S>());
        let packed_row = pass.plan.step(step).start + first;
        let before = pass.recurrent.at((step % 2 * batch + first) * width);
        let after = pass.recurrent.at(((step + 1) % 2 * batch + first) * width);
        let kept = |panel: usize, r: usize| {
            pass.kept
                .at(((group.first + panel) * pass.room + packed_row - base + r) * C::KEPT * lanes)
        };
        let extra = |panel: usize| {
            pass.packed
                .extra
                .as_ptr()
                .wrapping_add((group.first + panel) * C::EXTRA * lanes)
        };
        let a: [_; R] = std::array::from_fn(|r| before.wrapping_add(r * width).cast_const());
        let w = pass.packing[1].at(group.first * gates * lanes * sizes.hidden);
        let mut sums = [[s.splat(0.0); V]; R];
        // SAFETY: the caller's; all offsets are of this group's panels and of this step's rows.
        unsafe {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = C::start(s, v % gates, kept(v / gates, r), extra(v / gates));
                }
            }
            multiply::<S, R, V>(s, sizes.hidden, a, 1, w, &mut sums);
            for (r, sums) in sums.iter().enumerate() {
                let output = pass
                    .outputs
                    .at(pass.plan.source[packed_row + r] * sizes.hidden);
                for panel in 0..V / gates {
                    let at = group.first + panel;
                    let state = (at * batch + first + r) * lanes;
                    let column = r * width + at * lanes;
                    let (memory_before, memory_after) = pass.memory_at::<S>(at, step, first + r);
                    let previous = Pair {
                        hidden: match (C::LOOKS_BACK, pass.mask) {
                            (false, _) => s.splat(0.0),
                            (true, None) => s.load(before.add(column)),
                            (true, Some(_)) => s.load(pass.hidden.at(state)),
                        },
                        memory: match C::MEMORY {
                            true => s.load(memory_before),
                            false => s.splat(0.0),
                        },
                    };
                    let (next, keep) = C::forward(
                        s,
                        &sums[panel * gates..][..gates],
                        previous,
                        kept(panel, r),
                        extra(panel),
                    );
                    s.store_first(output.add(at * lanes), next.hidden, sizes.units::<S>(at));
                    let seen = match pass.mask {
                        None => next.hidden,
                        Some(mask) => {
                            s.store(pass.hidden.at(state), next.hidden);
                            s.mul(next.hidden, s.load(mask.at(state)))
                        }
                    };
                    s.store(after.add(column), seen);
                    if C::MEMORY {
                        s.store(memory_after, next.memory);
                    }
                    if pass.trace {
                        for (at, vector) in keep[..C::KEPT].iter().enumerate() {
                            s.store(kept(panel, r).add(at * lanes), *vector);
                        }
                    }
                }
            }
        }
    }
}

impl<C: Pointwise> Pass<'_, C> {
    /// Where the memory cell of a row is read and written at a step.
    #[inline(always)]
    fn memory_at<S: Simd>(&self, panel: usize, step: usize, row: usize) -> (*mut f32, *mut f32) {
        let lanes = S::LANES;
        let at_first = (panel * self.plan.batch() + row) * lanes;
        if !self.trace {
            let at = self.memory.at(at_first);
            return (at, at);
        }
        let at = |step: usize| {
            self.memory
                .at((panel * self.room + self.plan.step(step).start + row) * lanes)
        };
        match step {
            0 => (self.first_memory.at(at_first), at(0)),
            _ => (at(step - 1), at(step)),
        }
    }
}

/// `rows [B, H]` in the plan's order as `[panels][B][LANES]`.
pub(super) fn spread<S: Simd>(rows: &[f32], plan: &Plan, sizes: Sizes, to: &mut [f32]) {
    to.fill(0.0);
    for panel in 0..sizes.panels::<S>() {
        for (place, &row) in plan.order.iter().enumerate() {
            let units = sizes.units::<S>(panel);
            let from = row * sizes.hidden + panel * S::LANES;
            to[(panel * plan.batch() + place) * S::LANES..][..units]
                .copy_from_slice(&rows[from..from + units]);
        }
    }
}

/// The opposite of [`spread`].
pub(super) fn gather<S: Simd>(from: &[f32], plan: &Plan, sizes: Sizes, to: &mut [f32]) {
    for panel in 0..sizes.panels::<S>() {
        for (place, &row) in plan.order.iter().enumerate() {
            let units = sizes.units::<S>(panel);
            to[row * sizes.hidden + panel * S::LANES..][..units]
                .copy_from_slice(&from[(panel * plan.batch() + place) * S::LANES..][..units]);
        }
    }
}

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
        let Self {
            input,
            packed,
            weights,
            keep,
            workspace,
        } = self;
        let (plan, sizes) = (input.plan, packed.sizes);
        let (panels, lanes, batch) = (sizes.panels::<S>(), S::LANES, plan.batch());
        let state = panels * batch * lanes;
        if let Weights::Plain(parameters) = &weights {
            packed.pack_vectors::<S, C>(*parameters);
        }
        let Workspace {
            kept,
            memory,
            recurrent,
            hidden,
            mask,
        } = workspace;
        let memory = reuse(memory, if C::MEMORY { state } else { 0 });
        if C::MEMORY {
            spread::<S>(input.state.memory, plan, sizes, &mut memory[..state]);
        }
        let recurrent = reuse(recurrent, 2 * state);
        start_recurrent::<S>(input, sizes, recurrent);
        let masked = input.mask.map(|rows| {
            let (mask, hidden) = (reuse(mask, state), reuse(hidden, state));
            spread::<S>(rows, plan, sizes, &mut mask[..state]);
            spread::<S>(input.state.hidden, plan, sizes, &mut hidden[..state]);
            (Shared::new(mask), Shared::new(hidden))
        });
        let first_memory = Shared::new(memory);
        let (room, kept, memory, trace) = match keep {
            Keep::Trace(trace) => {
                let Trace { kept, memory } = trace;
                (plan.rows(), Shared::new(kept), Shared::new(memory), true)
            }
            Keep::Nothing => {
                let room = ROWS_OF_A_PROJECTION.max(batch).min(plan.rows());
                let kept = reuse(kept, panels * room * C::KEPT * lanes);
                (room, Shared::new(kept), first_memory, false)
            }
        };
        let packing = [
            Shared::new(&mut packed.input),
            Shared::new(&mut packed.recurrent),
        ];
        let pass = Pass::<C> {
            plan,
            packed,
            weights,
            packing,
            inputs: input.inputs,
            kept,
            room,
            trace,
            memory,
            first_memory,
            recurrent: Shared::new(recurrent),
            hidden: masked.map_or(first_memory, |(_, hidden)| hidden),
            mask: masked.map(|(mask, _)| mask),
            outputs: Shared::new(outputs),
            cell: PhantomData,
        };
        Team::gather(threads.min(packed.shares.len())).run(&|member| s.run(Run(&pass, member)));
        pass.finish::<S>(input.state, outputs, last);
    }
}

impl<C: Pointwise> Pass<'_, C> {
    /// Writes down the state after each row's last step.
    fn finish<S: Simd>(&self, first: State<'_>, outputs: &[f32], last: StateMut<'_>) {
        let (plan, sizes) = (self.plan, self.packed.sizes);
        for (place, (&row, &length)) in plan.order.iter().zip(&plan.lengths).enumerate() {
            let own = row * sizes.hidden..(row + 1) * sizes.hidden;
            let Some(step) = length.checked_sub(1) else {
                last.hidden[own.clone()].copy_from_slice(&first.hidden[own.clone()]);
                if C::MEMORY {
                    last.memory[own.clone()].copy_from_slice(&first.memory[own]);
                }
                continue;
            };
            let source = plan.source[plan.step(step).start + place] * sizes.hidden;
            last.hidden[own.clone()].copy_from_slice(&outputs[source..source + sizes.hidden]);
            if C::MEMORY {
                for (panel, to) in last.memory[own].chunks_mut(S::LANES).enumerate() {
                    let (_, from) = self.memory_at::<S>(panel, step, place);
                    // SAFETY: every thread is done, and a panel has room for its units.
                    unsafe { std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) };
                }
            }
        }
    }
}

/// What the recurrent weights see at the first step.
fn start_recurrent<S: Simd>(input: Input<'_>, sizes: Sizes, recurrent: &mut [f32]) {
    let width = sizes.padded::<S>();
    for (to, &row) in recurrent.chunks_exact_mut(width).zip(&input.plan.order) {
        let rows = row * sizes.hidden..(row + 1) * sizes.hidden;
        to.fill(0.0);
        to[..sizes.hidden].copy_from_slice(&input.state.hidden[rows.clone()]);
        if let Some(mask) = input.mask {
            let seen = to.iter_mut().zip(&mask[rows]);
            seen.for_each(|(hidden, mask)| *hidden *= mask);
        }
    }
}
