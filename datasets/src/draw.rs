//! Random choices that come out the same on every platform.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// A source of random choices, decided by its seed alone.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The choices of another purpose, or another example, under the same seed, so that drawing more
    /// for one never moves the other.
    pub(crate) fn for_stream(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// A number in `0..bound`, each equally likely; `bound` must not be 0.
    ///
    /// The remainder of a 32-bit draw would favour small numbers, because 2^32 is not a multiple of
    /// every bound. Draws from the largest multiple on are therefore thrown away. It counts in
    /// `u32`, as a `usize` differs by platform.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let fair = u32::MAX - u32::MAX % bound;
        loop {
            let draw = self.0.next_u32();
            if draw < fair {
                return draw % bound;
            }
        }
    }

    /// True once in `times` draws, on average.
    pub(crate) fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// A place in a list of `length` items, each equally likely; `length` must not be 0.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        let length = u32::try_from(length).expect("a list has fewer than 2^32 items");
        self.below(length) as usize
    }

    /// One of the choices, each equally likely.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// A number in `[0, 1)`, with 53 random bits: as many as a double's digits can tell apart.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with this probability, which is in `[0, 1]`.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Brings the items in an order in which each is equally likely at each place (Fisher and
    /// Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.index(place + 1));
        }
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
    fn a_shuffled_list_has_each_item_at_each_place_equally_often() {
        const DRAWS: u32 = 4000;
        let mut draw = Draw::new(1);
        let mut counts = [[0u32; 4]; 4];
        for _ in 0..DRAWS {
            let mut items = [0, 1, 2, 3];
            draw.shuffle(&mut items);
            for (place, item) in items.into_iter().enumerate() {
                counts[place][item] += 1;
            }
        }
        let mut counts = counts.as_flattened().iter();
        assert!(counts.all(|count| count.abs_diff(DRAWS / 4) < 140));
    }

    #[test]
    fn chances_come_true_as_often_as_they_say() {
        let mut draw = Draw::new(1);
        let came_true = (0..4000).filter(|_| draw.chance(0.3)).count();
        assert!(came_true.abs_diff(1200) < 150, "{came_true}");
        assert!((0..100).all(|_| draw.chance(1.0) && !draw.chance(0.0)));
    }

    #[test]
    fn streams_of_one_seed_differ() {
        let bits = |mut draw: Draw| -> Vec<u32> { (0..8).map(|_| draw.below(1000)).collect() };
        assert_ne!(bits(Draw::for_stream(1, 1)), bits(Draw::for_stream(1, 2)));
        assert_eq!(bits(Draw::for_stream(1, 0)), bits(Draw::new(1)));
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
