//! One step of the recurrence: the recurrent product, and the cell's function on its sums.

use super::pass::Pass;
use crate::kernel::core::cells::{Pair, Pointwise};
use crate::kernel::core::pack::Group;
use crate::kernel::core::simd::{Simd, Task};
use crate::kernel::core::tile::{Rows, by_rows, multiply};

/// One group of panels at one step.
pub(super) struct Step<'a, C> {
    pub pass: &'a Pass<'a, C>,
    pub group: Group,
    pub step: usize,
    /// The packed row that `kept` begins with.
    pub base: usize,
}

impl<C: Pointwise> Task for Step<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let rows = self.pass.input.plan.step(self.step).len();
        // SAFETY: the group's panels are this member's alone, and the tile has as many vectors as the group.
        unsafe {
            match self.group.panels * C::RECURRENT_GATES.len() {
                1 => by_rows(s, rows, &mut Tile::<_, 1>(&self)),
                2 => by_rows(s, rows, &mut Tile::<_, 2>(&self)),
                3 => by_rows(s, rows, &mut Tile::<_, 3>(&self)),
                _ => by_rows(s, rows, &mut Tile::<_, 4>(&self)),
            }
        }
    }
}

/// A step whose tile has `V` vectors.
struct Tile<'a, C, const V: usize>(&'a Step<'a, C>);

impl<S: Simd, C: Pointwise, const V: usize> Rows<S> for Tile<'_, C, V> {
    const VECTORS: usize = V;

    #[inline(always)]
    unsafe fn rows<const R: usize>(&mut self, s: S, first: usize) {
        let Self(step) = self;
        let gates = C::RECURRENT_GATES.len();
        if !V.is_multiple_of(gates) {
            // Compiled for every width, called for those that whole panels fill.
            return;
        }
        let sizes = step.pass.packed.sizes;
        let a: [_; R] = std::array::from_fn(|r| step.recurrent::<S>(0, first + r).cast_const());
        let column = step.group.first * gates * S::LANES;
        let w = step.pass.matrices.recurrent.at(column * sizes.hidden);
        let mut sums = [[s.splat(0.0); V]; R];
        // SAFETY: the caller's.
        unsafe {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    let panel = step.group.first + v / gates;
                    let kept = step.kept::<S>(panel, first + r);
                    *sum = C::start(s, v % gates, kept, step.extra::<S>(panel));
                }
            }
            multiply::<S, R, V>(s, sizes.hidden, a, 1, w, &mut sums);
            for (r, sums) in sums.iter().enumerate() {
                for (panel, sums) in sums.chunks_exact(gates).enumerate() {
                    step.finish(s, step.group.first + panel, first + r, sums);
                }
            }
        }
    }
}

impl<C: Pointwise> Step<'_, C> {
    /// What the recurrent weights see of the row at `place`, `ahead` steps from here.
    #[inline(always)]
    fn recurrent<S: Simd>(&self, ahead: usize, place: usize) -> *mut f32 {
        let row = (self.step + ahead) % 2 * self.pass.input.plan.batch() + place;
        let width = self.pass.packed.sizes.padded::<S>();
        self.pass.recurrent.at(row * width)
    }

    #[inline(always)]
    fn kept<S: Simd>(&self, panel: usize, place: usize) -> *mut f32 {
        let row = self.pass.input.plan.step(self.step).start + place - self.base;
        let at = (panel * self.pass.kept.room + row) * C::KEPT * S::LANES;
        self.pass.kept.gates.at(at)
    }

    #[inline(always)]
    fn extra<S: Simd>(&self, panel: usize) -> *const f32 {
        let all = self.pass.packed.extra.as_ptr();
        all.wrapping_add(panel * C::EXTRA * S::LANES)
    }

    /// The state before the step.
    ///
    /// # Safety
    /// The panel must be the calling member's, and the place of a row of this step.
    #[inline(always)]
    unsafe fn before<S: Simd>(&self, s: S, panel: usize, place: usize) -> Pair<S::Vector> {
        let at = (panel * self.pass.input.plan.batch() + place) * S::LANES;
        let (memory, _) = self.pass.memory_at::<S>(panel, self.step, place);
        let seen = self.recurrent::<S>(0, place).wrapping_add(panel * S::LANES);
        // SAFETY: the caller's.
        unsafe {
            Pair {
                hidden: match (C::LOOKS_BACK, self.pass.masked) {
                    (false, _) => s.splat(0.0),
                    (true, None) => s.load(seen),
                    (true, Some(masked)) => s.load(masked.hidden.at(at)),
                },
                memory: match C::MEMORY {
                    true => s.load(memory),
                    false => s.splat(0.0),
                },
            }
        }
    }

    /// The cell's function, for one panel of one row whose sums are known.
    ///
    /// # Safety
    /// The panel must be the calling member's, and the place of a row of this step.
    #[inline(always)]
    unsafe fn finish<S: Simd>(&self, s: S, panel: usize, place: usize, sums: &[S::Vector]) {
        let (pass, sizes) = (self.pass, self.pass.packed.sizes);
        let source = pass.input.plan.source[pass.input.plan.step(self.step).start + place];
        let output = pass.outputs.at(source * sizes.hidden + panel * S::LANES);
        let kept = self.kept::<S>(panel, place);
        let next_seen = self.recurrent::<S>(1, place).wrapping_add(panel * S::LANES);
        let (_, memory) = pass.memory_at::<S>(panel, self.step, place);
        // SAFETY: the caller's.
        unsafe {
            let before = self.before(s, panel, place);
            let (after, keep) = C::forward(s, sums, before, kept, self.extra::<S>(panel));
            s.store_first(output, after.hidden, sizes.units::<S>(panel));
            let mut seen = after.hidden;
            if let Some(masked) = pass.masked {
                let at = (panel * pass.input.plan.batch() + place) * S::LANES;
                s.store(masked.hidden.at(at), after.hidden);
                seen = s.mul(seen, s.load(masked.mask.at(at)));
            }
            s.store(next_seen, seen);
            if C::MEMORY {
                s.store(memory, after.memory);
            }
            if pass.kept.all {
                for (at, vector) in keep[..C::KEPT].iter().enumerate() {
                    s.store(kept.add(at * S::LANES), *vector);
                }
            }
        }
    }
}
