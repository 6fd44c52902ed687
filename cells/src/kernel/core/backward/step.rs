//! The pointwise derivative of one step.

use super::pass::Pass;
use crate::kernel::core::cells::{MAX_EXTRA, MAX_KEPT, Pair, Pointwise};
use crate::kernel::core::simd::{Simd, Task};

/// One panel at one step: turns what the forward pass kept into its gradients.
pub(super) struct Step<'a, C> {
    pub pass: &'a Pass<'a, C>,
    pub panel: usize,
    pub step: usize,
}

/// What is added up over the rows of a step.
struct Sums<V> {
    kept: [V; MAX_KEPT],
    extra: [V; MAX_EXTRA],
}

impl<C: Pointwise> Task for Step<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let zero = s.splat(0.0);
        let mut sums = Sums {
            kept: [zero; MAX_KEPT],
            extra: [zero; MAX_EXTRA],
        };
        let extra = self.extra(s);
        for place in 0..self.pass.input.plan.step(self.step).len() {
            // SAFETY: this panel is this member's alone, and the place is of a row of the step.
            unsafe { self.row(s, place, extra.as_ptr().cast(), &mut sums) };
        }
        let totals = self
            .pass
            .sums
            .at(self.panel * (C::KEPT + C::EXTRA) * S::LANES);
        let all = sums.kept[..C::KEPT].iter().chain(&sums.extra[..C::EXTRA]);
        for (at, sum) in all.enumerate() {
            let total = totals.wrapping_add(at * S::LANES);
            // SAFETY: this panel is this member's alone.
            unsafe { s.store(total, s.add(s.load(total), *sum)) };
        }
    }
}

impl<C: Pointwise> Step<'_, C> {
    /// The extra parameters of the panel.
    #[inline(always)]
    fn extra<S: Simd>(&self, s: S) -> [S::Vector; MAX_EXTRA] {
        let sizes = self.pass.sizes;
        let mut extra = [s.splat(0.0); MAX_EXTRA];
        if let Some(all) = self.pass.parameters.extra {
            for (at, vector) in extra[..C::EXTRA].iter_mut().enumerate() {
                let from = &all[at * sizes.hidden + self.panel * S::LANES..];
                // SAFETY: there are as many numbers as the panel has units.
                *vector = unsafe { s.load_first(from.as_ptr(), sizes.units::<S>(self.panel)) };
            }
        }
        extra
    }

    /// # Safety
    /// The panel must be the calling member's, and the place of a row of the step.
    #[inline(always)]
    unsafe fn row<S: Simd>(
        &self,
        s: S,
        place: usize,
        extra: *const f32,
        sums: &mut Sums<S::Vector>,
    ) {
        let (pass, plan) = (self.pass, self.pass.input.plan);
        let row = plan.step(self.step).start + place;
        let kept = pass
            .kept
            .at((self.panel * plan.rows() + row) * C::KEPT * S::LANES);
        let state = (self.panel * plan.batch() + place) * S::LANES;
        // SAFETY: the caller's.
        unsafe {
            let gradient = self.received(s, row, state);
            let [before, after] = self.states(s, place);
            let mut activations = [s.splat(0.0); MAX_KEPT];
            for (at, activation) in activations[..C::KEPT].iter_mut().enumerate() {
                *activation = s.load(kept.add(at * S::LANES));
            }
            let back = C::backward(
                s,
                activations,
                before,
                after,
                gradient,
                extra,
                &mut sums.extra,
            );
            for (at, gradient) in back.kept[..C::KEPT].iter().enumerate() {
                s.store(kept.add(at * S::LANES), *gradient);
                sums.kept[at] = s.add(sums.kept[at], *gradient);
            }
            s.store(pass.d_hidden.at(state), back.before.hidden);
            if C::MEMORY {
                s.store(pass.d_memory.at(state), back.before.memory);
            }
        }
    }

    /// The gradient of the state after the step.
    ///
    /// # Safety
    /// As [`row`](Self::row); `row` is the packed row, and `state` its offset in a state.
    #[inline(always)]
    unsafe fn received<S: Simd>(&self, s: S, row: usize, state: usize) -> Pair<S::Vector> {
        let (pass, sizes) = (self.pass, self.pass.sizes);
        let units = sizes.units::<S>(self.panel);
        let column = self.panel * S::LANES;
        let source = pass.input.plan.source[row] * sizes.hidden + column;
        if let Some(step) = self.step.checked_sub(1) {
            // The rows of a step lie far apart in the user's tensors.
            let place = row - pass.input.plan.step(self.step).start;
            let next = pass.input.plan.source[pass.input.plan.step(step).start + place];
            s.prefetch(pass.d_outputs[next * sizes.hidden + column..].as_ptr());
        }
        // SAFETY: the caller's.
        unsafe {
            let recurrent = pass.through_recurrence(s, state, source, units);
            let hidden = s.add(s.load(pass.d_hidden.at(state)), recurrent);
            let output = s.load_first(pass.d_outputs.as_ptr().add(source), units);
            Pair {
                hidden: s.add(hidden, output),
                memory: match C::MEMORY {
                    true => s.load(pass.d_memory.at(state)),
                    false => s.splat(0.0),
                },
            }
        }
    }

    /// What the cell looks at of the states before and after the step.
    ///
    /// # Safety
    /// As [`row`](Self::row).
    #[inline(always)]
    unsafe fn states<S: Simd>(&self, s: S, place: usize) -> [Pair<S::Vector>; 2] {
        let (pass, zero) = (self.pass, s.splat(0.0));
        let (memory_before, memory_after) = pass.memory_at::<S>(self.panel, self.step, place);
        let mut states = [Pair {
            hidden: zero,
            memory: zero,
        }; 2];
        // SAFETY: the caller's.
        unsafe {
            if C::LOOKS_BACK {
                let (from, row) = pass.before(self.step, place);
                let from = &from[row * pass.sizes.hidden + self.panel * S::LANES..];
                states[0].hidden = s.load_first(from.as_ptr(), pass.sizes.units::<S>(self.panel));
            }
            if C::MEMORY {
                states[0].memory = s.load(memory_before);
                states[1].memory = s.load(memory_after);
            }
        }
        states
    }
}
