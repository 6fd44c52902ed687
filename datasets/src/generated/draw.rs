//! Random choices that come out the same on every platform.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// A source of random choices, decided by its seed alone.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number in `0..bound`, each equally likely; `bound` must not be 0.
    ///
    /// The remainder of a 32-bit draw would favour small numbers, because 2^32 is not a multiple of
    /// every bound. Draws from the largest multiple on are therefore thrown away. It counts in
    /// `u32`, as a `usize` differs by platform.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let fair = u32::MAX - u32::MAX % bound;
        loop {
            let draw = self.0.next_u32();
            if draw < fair {
                return draw % bound;
            }
        }
    }

    /// True once in `times` draws, on average.
    pub(super) fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// One of the choices, each equally likely.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let count = u32::try_from(choices.len()).expect("a list of words is short");
        choices[self.below(count) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_below_the_bound_and_about_equally_frequent() {
        const DRAWS: u32 = 7000;
        let mut draw = Draw::new(1);
        let mut counts = [0u32; 7];
        for _ in 0..DRAWS {
            counts[draw.below(7) as usize] += 1;
        }
        // Five standard deviations of a count around its mean of 1000.
        assert!(
            counts.iter().all(|count| count.abs_diff(DRAWS / 7) < 150),
            "{counts:?}"
        );
    }

    #[test]
    fn a_bound_near_the_largest_draw_favours_no_small_numbers() {
        // The remainder alone would make the lowest third as frequent as the other two together.
        const THIRD: u32 = 1 << 30;
        const DRAWS: usize = 3000;
        let mut draw = Draw::new(1);
        let low = (0..DRAWS).filter(|_| draw.below(3 * THIRD) < THIRD).count();
        assert!(low.abs_diff(DRAWS / 3) < 150, "{low} of {DRAWS}");
    }
}
