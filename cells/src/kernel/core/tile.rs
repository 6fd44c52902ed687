//! The multiply-add loop: a few rows times a few vectors of packed weights, every sum in a register.

use super::simd::Simd;

/// Adds to `sums[r][v]` the sum over `k` of `a[r][k]` times the vector `v` of row `k` of `w`.
///
/// A single row keeps partial sums, and is the only one to: how many rows a tile has may then depend on the number of
/// threads without a sum's rounding depending on it.
///
/// # Safety
/// `a[r]` must be readable at `k * step` for every `k` below `depth`, and `w` for `depth * V` vectors.
#[inline(always)]
pub(super) unsafe fn multiply<S: Simd, const R: usize, const V: usize>(
    s: S,
    depth: usize,
    a: [*const f32; R],
    step: usize,
    w: *const f32,
    sums: &mut [[S::Vector; V]; R],
) {
    // SAFETY: the caller's.
    unsafe {
        if R == 1 {
            return multiply_row(s, depth, a[0], step, w, &mut sums[0]);
        }
        for k in 0..depth {
            // The shorter side waits in registers while the longer one passes by: AVX2 has just enough of them for that.
            if R < V {
                let a = a.map(|a| s.splat(*a.add(k * step)));
                for v in 0..V {
                    let weight = s.load(w.add((k * V + v) * S::LANES));
                    for (sums, a) in sums.iter_mut().zip(a) {
                        sums[v] = s.mul_add(a, weight, sums[v]);
                    }
                }
            } else {
                let weights = row::<S, V>(s, w, k);
                for (sums, a) in sums.iter_mut().zip(a) {
                    let a = s.splat(*a.add(k * step));
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum = s.mul_add(a, weight, *sum);
                    }
                }
            }
        }
    }
}

/// The most partial sums that a single row keeps.
const MAX_STREAMS: usize = 4;

/// [`multiply`] for a single row.
///
/// # Safety
/// As [`multiply`].
#[inline(always)]
unsafe fn multiply_row<S: Simd, const V: usize>(
    s: S,
    depth: usize,
    a: *const f32,
    step: usize,
    w: *const f32,
    sums: &mut [S::Vector; V],
) {
    let mut streams = [[s.splat(0.0); V]; MAX_STREAMS];
    let mut add = |k: usize, stream: usize| {
        // SAFETY: the caller's, for every `k` below `depth`.
        let (a, weights) = unsafe { (s.splat(*a.add(k * step)), row::<S, V>(s, w, k)) };
        for (sum, weight) in streams[stream].iter_mut().zip(weights) {
            *sum = s.mul_add(a, weight, *sum);
        }
    };
    let whole = depth - depth % S::STREAMS;
    let mut k = 0;
    while k < whole {
        for stream in 0..S::STREAMS {
            add(k + stream, stream);
        }
        k += S::STREAMS;
    }
    while k < depth {
        add(k, 0);
        k += 1;
    }
    for stream in &streams[..S::STREAMS] {
        for (sum, part) in sums.iter_mut().zip(stream) {
            *sum = s.add(*sum, *part);
        }
    }
}

/// The vectors of row `k` of `w`.
///
/// # Safety
/// The row must be readable.
#[inline(always)]
unsafe fn row<S: Simd, const V: usize>(s: S, w: *const f32, k: usize) -> [S::Vector; V] {
    // SAFETY: the caller's.
    std::array::from_fn(|v| unsafe { s.load(w.add((k * V + v) * S::LANES)) })
}

/// Something done to a few neighbouring rows at once.
pub(super) trait Rows<S: Simd> {
    /// The number of vectors of its tile, which bounds the number of rows.
    const VECTORS: usize;

    /// # Safety
    /// The rows `first..first + R` must be within what the value was made for.
    unsafe fn rows<const R: usize>(&mut self, s: S, first: usize);
}

/// Does `work` to the rows `0..count`, in blocks as even as they can be.
///
/// # Safety
/// `work` must be fit for these rows.
#[inline(always)]
pub(super) unsafe fn by_rows<S: Simd, W: Rows<S>>(s: S, count: usize, work: &mut W) {
    let mut blocks = count.div_ceil(S::ROWS[W::VECTORS - 1]);
    let mut first = 0;
    while first < count {
        let rows = (count - first).div_ceil(blocks);
        // SAFETY: the caller's; the blocks make up `0..count`.
        unsafe {
            match rows {
                1 => work.rows::<1>(s, first),
                2 => work.rows::<2>(s, first),
                3 => work.rows::<3>(s, first),
                4 => work.rows::<4>(s, first),
                5 => work.rows::<5>(s, first),
                6 => work.rows::<6>(s, first),
                // Fewer rows fit where a tile is wide: then these must not be compiled at all.
                7 if S::ROWS[W::VECTORS - 1] >= 7 => work.rows::<7>(s, first),
                8 if S::ROWS[W::VECTORS - 1] >= 8 => work.rows::<8>(s, first),
                _ => unreachable!("a block has at most as many rows as fit"),
            }
        }
        first += rows;
        blocks -= 1;
    }
}
