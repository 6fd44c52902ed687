//! The vector units of this machine, as values.

use std::fmt;

#[cfg(target_arch = "aarch64")]
use crate::kernel::core::simd::Neon;
#[cfg(target_arch = "x86_64")]
use crate::kernel::core::simd::{Avx2, Avx512};
use crate::kernel::core::simd::{Portable, Simd, Task};

#[derive(Clone, Copy)]
pub(super) enum Unit {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

impl Unit {
    /// Every unit that this machine has, the portable one first.
    pub(super) fn all() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        let wider = [
            Avx2::detect().map(Self::Avx2),
            Avx512::detect().map(Self::Avx512),
        ];
        #[cfg(target_arch = "aarch64")]
        let wider = [Some(Self::Neon(Neon::detect()))];
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let wider = [None];
        let wider = wider.into_iter().flatten();
        std::iter::once(Self::Portable).chain(wider).collect()
    }

    pub(super) fn run<T: Task>(self, task: T) -> T::Output {
        match self {
            Self::Portable => Portable.run(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(unit) => unit.run(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(unit) => unit.run(task),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(unit) => unit.run(task),
        }
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "AVX-512",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "NEON",
        })
    }
}
