//! The plain recurrent network: `h = f(a)`.

use super::{Derivative, MAX_EXTRA, MAX_KEPT, Pair, Pointwise, tanh_slope};
use crate::kernel::core::math::tanh;
use crate::kernel::core::simd::Simd;

/// `max(0, a)`, or the hyperbolic tangent.
#[derive(Clone, Copy)]
pub(in super::super) struct Rnn<const RELU: bool>;

impl<const RELU: bool> Pointwise for Rnn<RELU> {
    const INPUT_GATES: &'static [usize] = &[0];
    const RECURRENT_GATES: &'static [usize] = &[0];
    const KEPT: usize = 1;
    const EXTRA: usize = 0;
    const MEMORY: bool = false;
    const LOOKS_BACK: bool = false;

    #[inline(always)]
    unsafe fn start<S: Simd>(
        s: S,
        _gate: usize,
        kept: *const f32,
        _extra: *const f32,
    ) -> S::Vector {
        // SAFETY: the caller's.
        unsafe { s.load(kept) }
    }

    #[inline(always)]
    unsafe fn forward<S: Simd>(
        s: S,
        sums: &[S::Vector],
        before: Pair<S::Vector>,
        _kept: *const f32,
        _extra: *const f32,
    ) -> (Pair<S::Vector>, [S::Vector; MAX_KEPT]) {
        let hidden = match RELU {
            true => s.max(s.splat(0.0), sums[0]),
            false => tanh(s, sums[0]),
        };
        let memory = before.memory;
        (Pair { hidden, memory }, [hidden; MAX_KEPT])
    }

    #[inline(always)]
    unsafe fn backward<S: Simd>(
        s: S,
        kept: [S::Vector; MAX_KEPT],
        _before: Pair<S::Vector>,
        _after: Pair<S::Vector>,
        gradient: Pair<S::Vector>,
        _extra: *const f32,
        _extra_sums: &mut [S::Vector; MAX_EXTRA],
    ) -> Derivative<S::Vector> {
        let zero = s.splat(0.0);
        let mut gradients = [zero; MAX_KEPT];
        gradients[0] = match RELU {
            true => s.where_positive(kept[0], gradient.hidden),
            false => s.mul(gradient.hidden, tanh_slope(s, kept[0])),
        };
        let before = Pair {
            hidden: zero,
            memory: zero,
        };
        Derivative {
            kept: gradients,
            before,
        }
    }
}
