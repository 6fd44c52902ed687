//! The LSTM, with peepholes and without: `i f g o`, `c = f * c + i * g`, `h = o * tanh(c)`.

use super::{Derivative, MAX_EXTRA, MAX_KEPT, Pair, Pointwise, sigmoid_slope, tanh_slope};
use crate::kernel::core::math::{sigmoid, tanh};
use crate::kernel::core::simd::Simd;

/// With peepholes, the gates see the memory cell; its extra parameters are those of `i`, `f` and `o`.
#[derive(Clone, Copy)]
pub(in super::super) struct Lstm<const PEEPHOLES: bool>;

/// `sum`, with what peephole `hole` sees of `memory`.
///
/// # Safety
/// With open holes, `extra` must be readable for all of them.
#[inline(always)]
unsafe fn peep<S: Simd, const OPEN: bool>(
    s: S,
    sum: S::Vector,
    memory: S::Vector,
    extra: *const f32,
    hole: usize,
) -> S::Vector {
    match OPEN {
        // SAFETY: the caller's.
        true => s.mul_add(unsafe { s.load(extra.add(hole * S::LANES)) }, memory, sum),
        false => sum,
    }
}

impl<const OPEN: bool> Pointwise for Lstm<OPEN> {
    const INPUT_GATES: &'static [usize] = &[0, 1, 2, 3];
    const RECURRENT_GATES: &'static [usize] = &[0, 1, 2, 3];
    const KEPT: usize = 4;
    const EXTRA: usize = if OPEN { 3 } else { 0 };
    const MEMORY: bool = true;
    const LOOKS_BACK: bool = false;

    #[inline(always)]
    unsafe fn start<S: Simd>(s: S, gate: usize, kept: *const f32, _extra: *const f32) -> S::Vector {
        // SAFETY: the caller's.
        unsafe { s.load(kept.add(gate * S::LANES)) }
    }

    #[inline(always)]
    unsafe fn forward<S: Simd>(
        s: S,
        sums: &[S::Vector],
        before: Pair<S::Vector>,
        _kept: *const f32,
        extra: *const f32,
    ) -> (Pair<S::Vector>, [S::Vector; MAX_KEPT]) {
        // SAFETY: the caller's.
        let peep = |sum, memory, hole| unsafe { peep::<S, OPEN>(s, sum, memory, extra, hole) };
        let i = sigmoid(s, peep(sums[0], before.memory, 0));
        let f = sigmoid(s, peep(sums[1], before.memory, 1));
        let g = tanh(s, sums[2]);
        let memory = s.mul_add(f, before.memory, s.mul(i, g));
        let o = sigmoid(s, peep(sums[3], memory, 2));
        let hidden = s.mul(o, tanh(s, memory));
        (Pair { hidden, memory }, [i, f, g, o])
    }

    #[inline(always)]
    unsafe fn backward<S: Simd>(
        s: S,
        [i, f, g, o]: [S::Vector; MAX_KEPT],
        before: Pair<S::Vector>,
        after: Pair<S::Vector>,
        gradient: Pair<S::Vector>,
        extra: *const f32,
        extra_sums: &mut [S::Vector; MAX_EXTRA],
    ) -> Derivative<S::Vector> {
        // SAFETY: the caller's.
        let peep = |sum, d, hole| unsafe { peep::<S, OPEN>(s, sum, d, extra, hole) };
        let squashed = tanh(s, after.memory);
        let d_o = s.mul(s.mul(gradient.hidden, squashed), sigmoid_slope(s, o));
        let through = s.mul(gradient.hidden, s.mul(o, tanh_slope(s, squashed)));
        let d_memory = peep(s.add(gradient.memory, through), d_o, 2);
        let d_i = s.mul(s.mul(d_memory, g), sigmoid_slope(s, i));
        let d_f = s.mul(s.mul(d_memory, before.memory), sigmoid_slope(s, f));
        let d_g = s.mul(s.mul(d_memory, i), tanh_slope(s, g));
        let d_before = peep(peep(s.mul(d_memory, f), d_i, 0), d_f, 1);
        if OPEN {
            let seen = [
                (d_i, before.memory),
                (d_f, before.memory),
                (d_o, after.memory),
            ];
            for (sum, (d, memory)) in extra_sums.iter_mut().zip(seen) {
                *sum = s.mul_add(d, memory, *sum);
            }
        }
        let before = Pair {
            hidden: s.splat(0.0),
            memory: d_before,
        };
        Derivative {
            kept: [d_i, d_f, d_g, d_o],
            before,
        }
    }
}
