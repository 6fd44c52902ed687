//! Exponential, sigmoid and hyperbolic tangent on vectors.
//!
//! Relative error at most 4e-7 (`exp` and `sigmoid` over `[-87, 88]`, `tanh` everywhere); NaN gives NaN. `exp` is flat
//! outside of `[-87.3, 88.3]`, so that `sigmoid` ends at about 1e-38 and at 1.

use super::simd::Simd;

/// The constants of `exp(r) - 1 - r` over `[-ln 2 / 2, ln 2 / 2]`, divided by `r^2`, from the highest power on
/// (Cephes, `expf`).
const EXP: [f32; 6] = [
    1.987_569_1e-4,
    1.398_199_9e-3,
    8.333_452e-3,
    4.166_579_6e-2,
    1.666_666_5e-1,
    5e-1,
];

/// `ln 2` in two parts, the first of few bits, so that its multiples are exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// `x` as `n * ln 2 + r`: `2^n`, and `exp(r) - 1`.
#[inline(always)]
fn reduce<S: Simd>(s: S, x: S::Vector) -> (S::Vector, S::Vector) {
    let n = s.round(s.mul(x, s.splat(std::f32::consts::LOG2_E)));
    let r = s.mul_sub_from(n, s.splat(LN_2[0]), x);
    let r = s.mul_sub_from(n, s.splat(LN_2[1]), r);
    let mut series = s.splat(EXP[0]);
    for constant in &EXP[1..] {
        series = s.mul_add(series, r, s.splat(*constant));
    }
    (s.power_of_two(n), s.mul_add(series, s.mul(r, r), r))
}

/// `x` within `[low, high]`; NaN stays.
#[inline(always)]
fn clamp<S: Simd>(s: S, x: S::Vector, low: f32, high: f32) -> S::Vector {
    s.min(s.splat(high), s.max(s.splat(low), x))
}

/// `exp(x)`.
#[inline(always)]
pub(super) fn exp<S: Simd>(s: S, x: S::Vector) -> S::Vector {
    let (power, rest) = reduce(s, clamp(s, x, -87.3, 88.3));
    s.mul_add(power, rest, power)
}

/// `1 / (1 + exp(-x))`.
#[inline(always)]
pub(super) fn sigmoid<S: Simd>(s: S, x: S::Vector) -> S::Vector {
    let one = s.splat(1.0);
    s.div(one, s.add(one, exp(s, s.sub(s.splat(0.0), x))))
}

/// `(exp(2x) - 1) / (exp(2x) + 1)`, of which the numerator is found without cancellation.
#[inline(always)]
pub(super) fn tanh<S: Simd>(s: S, x: S::Vector) -> S::Vector {
    let (power, rest) = reduce(s, clamp(s, s.add(x, x), -20.0, 20.0));
    let numerator = s.mul_add(power, rest, s.sub(power, s.splat(1.0)));
    s.div(numerator, s.add(numerator, s.splat(2.0)))
}
