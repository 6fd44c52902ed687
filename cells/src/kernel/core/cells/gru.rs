//! The GRU with its reset gate after the product: `h = (1 - z) * n + z * h`, `n = tanh(a_n + r * q)`.

use super::{Derivative, MAX_EXTRA, MAX_KEPT, Pair, Pointwise, sigmoid_slope, tanh_slope};
use crate::kernel::core::math::{sigmoid, tanh};
use crate::kernel::core::simd::Simd;

/// Kept are `n r z q`, so that both the input's gates `n r z` and the recurrent gates `r z q` lie side by side; `q` is the
/// candidate's recurrent product. Its extra parameter is the bias of `q`.
#[derive(Clone, Copy)]
pub(in super::super) struct Gru;

impl Pointwise for Gru {
    const INPUT_GATES: &'static [usize] = &[2, 0, 1];
    const RECURRENT_GATES: &'static [usize] = &[0, 1, 2];
    const KEPT: usize = 4;
    const EXTRA: usize = 1;
    const MEMORY: bool = false;
    const LOOKS_BACK: bool = true;

    #[inline(always)]
    unsafe fn start<S: Simd>(s: S, gate: usize, kept: *const f32, extra: *const f32) -> S::Vector {
        // SAFETY: the caller's.
        unsafe {
            match gate {
                2 => s.load(extra),
                _ => s.load(kept.add((gate + 1) * S::LANES)),
            }
        }
    }

    #[inline(always)]
    unsafe fn forward<S: Simd>(
        s: S,
        sums: &[S::Vector],
        before: Pair<S::Vector>,
        kept: *const f32,
        _extra: *const f32,
    ) -> (Pair<S::Vector>, [S::Vector; MAX_KEPT]) {
        let (r, z, q) = (sigmoid(s, sums[0]), sigmoid(s, sums[1]), sums[2]);
        // SAFETY: the caller's.
        let n = tanh(s, s.mul_add(r, q, unsafe { s.load(kept) }));
        let hidden = s.mul_add(z, s.sub(before.hidden, n), n);
        let memory = before.memory;
        (Pair { hidden, memory }, [n, r, z, q])
    }

    #[inline(always)]
    unsafe fn backward<S: Simd>(
        s: S,
        [n, r, z, q]: [S::Vector; MAX_KEPT],
        before: Pair<S::Vector>,
        _after: Pair<S::Vector>,
        gradient: Pair<S::Vector>,
        _extra: *const f32,
        extra_sums: &mut [S::Vector; MAX_EXTRA],
    ) -> Derivative<S::Vector> {
        let d = gradient.hidden;
        let d_before = s.mul(d, z);
        let d_z = s.mul(s.mul(d, s.sub(before.hidden, n)), sigmoid_slope(s, z));
        let d_n = s.mul(s.sub(d, d_before), tanh_slope(s, n));
        let d_r = s.mul(s.mul(d_n, q), sigmoid_slope(s, r));
        let d_q = s.mul(d_n, r);
        extra_sums[0] = s.add(extra_sums[0], d_q);
        let before = Pair {
            hidden: d_before,
            memory: s.splat(0.0),
        };
        Derivative {
            kept: [d_n, d_r, d_z, d_q],
            before,
        }
    }
}
