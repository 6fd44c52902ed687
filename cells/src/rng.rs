//! The project's own seeded generator.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

/// A seeded generator whose draws are the same on every device, and whose state can be stored and restored.
///
/// burn's CPU backends share one generator for the whole process, which neither parallel tests nor an exact resume can
/// live with. Weights and masks are therefore drawn here, on the host, and uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeededRng(ChaCha8Rng);

impl SeededRng {
    /// A generator for this seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The generator of another purpose under the same seed (weights, masks, shuffling), so that drawing more of one
    /// never moves the other.
    pub fn for_stream(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// A uniform draw from `[0, 1)`, with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A uniform draw from `[low, high)`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A standard normal draw (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        // 1 - u lies in (0, 1], where the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A uniform draw from `0..bound`, by rejection, so that no value is favoured.
    ///
    /// # Panics
    /// If `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "a draw below 0 does not exist");
        let bound = bound as u64;
        let limit = u64::MAX - u64::MAX % bound;
        loop {
            let draw = self.0.next_u64();
            if draw < limit {
                return (draw % bound) as usize;
            }
        }
    }

    /// Brings the items in an order, of which each is equally likely (Fisher and Yates 1938).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.below(place + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_generator_continues_where_the_stored_one_stood() {
        let mut generator = SeededRng::new(7);
        generator.unit();
        let stored = serde_json::to_string(&generator).expect("a generator serialises");
        let mut restored: SeededRng = serde_json::from_str(&stored).expect("and comes back");
        assert_eq!(generator.normal(), restored.normal());
    }

    #[test]
    fn streams_of_one_seed_differ() {
        assert_ne!(
            SeededRng::for_stream(7, 0).unit(),
            SeededRng::for_stream(7, 1).unit()
        );
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let mut generator = SeededRng::new(1);
        let draws: Vec<f64> = (0..20_000).map(|_| generator.normal()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(
            mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05,
            "{mean} {variance}"
        );
        let mut counts = [0usize; 3];
        (0..9_000).for_each(|_| counts[generator.below(3)] += 1);
        assert!(
            counts.iter().all(|count| (2_700..3_300).contains(count)),
            "{counts:?}"
        );
    }
}
