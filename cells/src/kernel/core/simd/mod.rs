//! One vector of `f32`, as wide as the machine has them: what the kernels are written in.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

#[cfg(target_arch = "aarch64")]
pub(super) use neon::Neon;
pub(super) use portable::Portable;
#[cfg(target_arch = "x86_64")]
pub(super) use {avx2::Avx2, avx512::Avx512};

/// A vector unit. A value of it proves that the machine has it, so that its methods need no check of their own.
///
/// Everything here is inlined into the body of a [`Task`], which [`run`](Self::run) compiles for the unit.
pub(super) trait Simd: Copy + Send + Sync + 'static {
    /// [`LANES`](Self::LANES) numbers.
    type Vector: Copy;

    /// How many numbers a vector has, at most [`MAX_LANES`].
    const LANES: usize;

    /// The largest number of rows of a tile of 1, 2, 3 and 4 vectors whose sums fit into the registers, each at least 3.
    const ROWS: [usize; 4];

    /// How many partial sums a tile of a single row keeps, so that one addition need not wait for the one before.
    const STREAMS: usize;

    /// Runs `task`, compiled for this unit.
    fn run<T: Task>(self, task: T) -> T::Output;

    /// The same number in every lane.
    fn splat(self, value: f32) -> Self::Vector;

    /// # Safety
    /// `from` must be readable for [`LANES`](Self::LANES) numbers.
    unsafe fn load(self, from: *const f32) -> Self::Vector;

    /// # Safety
    /// `to` must be writable for [`LANES`](Self::LANES) numbers.
    unsafe fn store(self, to: *mut f32, vector: Self::Vector);

    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// `a * b + c`.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;

    /// `c - a * b`.
    fn mul_sub_from(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;

    /// The larger of the two; `b` where either is not a number.
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// The smaller of the two; `b` where either is not a number.
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// To the nearest whole number.
    fn round(self, a: Self::Vector) -> Self::Vector;

    /// `2^n` for whole numbers `n` in `-126..=127`.
    fn power_of_two(self, n: Self::Vector) -> Self::Vector;

    /// `a` where `x > 0`, else 0.
    fn where_positive(self, x: Self::Vector, a: Self::Vector) -> Self::Vector;

    /// Says that the numbers at `from` will soon be read; any address will do.
    #[inline(always)]
    fn prefetch(self, _from: *const f32) {}

    /// The first `count` numbers, and zeros.
    ///
    /// # Safety
    /// `from` must be readable for `count` numbers.
    #[inline(always)]
    unsafe fn load_first(self, from: *const f32, count: usize) -> Self::Vector {
        // SAFETY: the caller's; the buffer has room for every lane.
        unsafe {
            if count >= Self::LANES {
                return self.load(from);
            }
            let mut lanes = [0.0; MAX_LANES];
            std::ptr::copy_nonoverlapping(from, lanes.as_mut_ptr(), count);
            self.load(lanes.as_ptr())
        }
    }

    /// Stores the first `count` numbers.
    ///
    /// # Safety
    /// `to` must be writable for `count` numbers.
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, vector: Self::Vector, count: usize) {
        // SAFETY: the caller's; the buffer has room for every lane.
        unsafe {
            if count >= Self::LANES {
                return self.store(to, vector);
            }
            let mut lanes = [0.0; MAX_LANES];
            self.store(lanes.as_mut_ptr(), vector);
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), to, count);
        }
    }
}

/// The widest vector there is.
pub(super) const MAX_LANES: usize = 16;

/// Something to be compiled for a vector unit. `run` must be `#[inline(always)]`, as must all that it calls with vectors.
pub(super) trait Task {
    type Output;

    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Runs `task` on the widest vector unit that this machine has.
pub(super) fn widest<T: Task>(task: T) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(simd) = Avx512::detect() {
            return simd.run(task);
        }
        if let Some(simd) = Avx2::detect() {
            return simd.run(task);
        }
    }
    #[cfg(target_arch = "aarch64")]
    return Neon::detect().run(task);
    #[cfg(not(target_arch = "aarch64"))]
    Portable.run(task)
}
