//! The large products: input projection, gradients of the state, of the weights and of the inputs.

use std::marker::PhantomData;

use super::simd::{Simd, Task};
use super::tile::{Rows, by_rows, multiply};

/// What a product starts from.
#[derive(Clone, Copy)]
pub(super) enum Start {
    Zero,
    /// What stands where the result goes.
    Result,
    /// The same vectors for every row.
    Bias(*const f32),
}

/// `count` rows times packed weights, `vectors` vectors wide.
///
/// The depth is made of `segments` of equal length, so that a row of `a` may lie in pieces.
#[derive(Clone, Copy)]
pub(super) struct Product<A, C> {
    pub count: usize,
    /// 1 to 4.
    pub vectors: usize,
    pub segments: usize,
    /// The depth of a segment.
    pub depth: usize,
    /// Where row `r` of the left side begins.
    pub a: A,
    /// From one element of a row of `a` to the next.
    pub a_step: usize,
    /// From one segment of a row of `a` to the next.
    pub a_segment: usize,
    /// Packed: `[segments][depth][vectors][LANES]`.
    pub w: *const f32,
    /// Where row `r` of the result begins.
    pub result: C,
    /// From one vector of the result to the next.
    pub result_step: usize,
    /// How many numbers of the last vector there are.
    pub last: usize,
    pub start: Start,
}

impl<A, C> Product<A, C>
where
    A: Fn(usize) -> *const f32,
    C: Fn(usize) -> *mut f32,
{
    /// # Safety
    /// `a` must be readable, and the result writable, for every row as described by the fields; nothing else may touch the
    /// result meanwhile.
    #[inline(always)]
    pub(super) unsafe fn compute<S: Simd>(self, s: S) {
        s.run(Compute(self));
    }
}

/// A [`Product`] whose pointers were vouched for.
struct Compute<A, C>(Product<A, C>);

impl<A, C> Task for Compute<A, C>
where
    A: Fn(usize) -> *const f32,
    C: Fn(usize) -> *mut f32,
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let count = self.0.count;
        // SAFETY: whoever made the product vouched for its pointers.
        unsafe {
            match self.0.vectors {
                1 => by_rows(s, count, &mut Wide::<_, _, 1>(&self.0, PhantomData)),
                2 => by_rows(s, count, &mut Wide::<_, _, 2>(&self.0, PhantomData)),
                3 => by_rows(s, count, &mut Wide::<_, _, 3>(&self.0, PhantomData)),
                _ => by_rows(s, count, &mut Wide::<_, _, 4>(&self.0, PhantomData)),
            }
        }
    }
}

/// A product of `V` vectors.
struct Wide<'a, A, C, const V: usize>(&'a Product<A, C>, PhantomData<[(); V]>);

impl<S, A, C, const V: usize> Rows<S> for Wide<'_, A, C, V>
where
    S: Simd,
    A: Fn(usize) -> *const f32,
    C: Fn(usize) -> *mut f32,
{
    const VECTORS: usize = V;

    #[inline(always)]
    unsafe fn rows<const R: usize>(&mut self, s: S, first: usize) {
        let p = self.0;
        let mut a: [_; R] = std::array::from_fn(|r| (p.a)(first + r));
        let results: [_; R] = std::array::from_fn(|r| (p.result)(first + r));
        let count = |v: usize| if v + 1 == V { p.last } else { S::LANES };
        let mut sums = [[s.splat(0.0); V]; R];
        // SAFETY: whoever made the product vouched for its pointers.
        unsafe {
            for (sums, result) in sums.iter_mut().zip(results) {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = match p.start {
                        Start::Zero => s.splat(0.0),
                        Start::Result => s.load_first(result.add(v * p.result_step), count(v)),
                        Start::Bias(bias) => s.load(bias.add(v * S::LANES)),
                    };
                }
            }
            for segment in 0..p.segments {
                let w = p.w.add(segment * p.depth * V * S::LANES);
                multiply::<S, R, V>(s, p.depth, a, p.a_step, w, &mut sums);
                a = a.map(|a| a.wrapping_add(p.a_segment));
            }
            for (sums, result) in sums.iter().zip(results) {
                for (v, sum) in sums.iter().enumerate() {
                    s.store_first(result.add(v * p.result_step), *sum, count(v));
                }
            }
        }
    }
}
