//! How long the windows of truncated backpropagation are.

use recurra_cells::SeededRng;
use serde::{Deserialize, Serialize};

use crate::Error;

/// How probable the usual base of a random window is; otherwise it is half of it.
const WHOLE_BASE: f64 = 0.95;
/// The deviation of a random window from its base, in steps.
const DEVIATION: f64 = 5.0;
/// The shortest random window, in steps.
const SHORTEST: usize = 5;

/// The lengths of the windows that a sequence is cut into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowLengths {
    /// Every window has `base` steps.
    #[default]
    Fixed,
    /// Windows of the AWD-LSTM (Merity et al. 2018), so that no token always stands at a border:
    ///
    /// ```text
    /// center = base with probability 0.95, else base / 2
    /// length = max(5, trunc(normal(center, 5)))
    /// ```
    ///
    /// Here also at most `2 * base`, and never above `base` while that is below 5, which bounds the memory of a step.
    Random,
}

impl WindowLengths {
    /// The length of the next window, at least 1.
    ///
    /// # Errors
    ///
    /// If `base` is 0.
    pub fn next(self, base: usize, rng: &mut SeededRng) -> Result<usize, Error> {
        if base == 0 {
            return Err(Error::config("window", "at least 1", base));
        }
        match self {
            Self::Fixed => Ok(base),
            Self::Random => {
                let center = match rng.unit() < WHOLE_BASE {
                    true => base as f64,
                    false => base as f64 / 2.0,
                };
                // A negative draw becomes 0.
                let drawn = (center + DEVIATION * rng.normal()) as usize;
                Ok(drawn.clamp(SHORTEST.min(base), (2 * base).max(SHORTEST.min(base))))
            }
        }
    }

    /// What the learning rate is multiplied by for a window of `length` steps: with random lengths `length / base`, so that
    /// a short window, whose gradient is a mean over fewer steps, does not count as much as a long one.
    pub fn rate_factor(self, length: usize, base: usize) -> f64 {
        match self {
            Self::Fixed => 1.0,
            Self::Random => length as f64 / base as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DRAWS: usize = 20_000;

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn random_windows_are_those_of_the_paper() {
        let mut rng = SeededRng::new(11);
        let lengths: Vec<f64> = (0..DRAWS)
            .map(|_| WindowLengths::Random.next(70, &mut rng).expect("a base") as f64)
            .collect();
        // Truncation takes half a step off the mean of 0.95 * 70 + 0.05 * 35.
        assert!((mean(&lengths) - 67.75).abs() < 0.25, "{}", mean(&lengths));
        let short: Vec<f64> = lengths.iter().copied().filter(|&l| l < 52.5).collect();
        let share = short.len() as f64 / DRAWS as f64;
        assert!((share - 0.05).abs() < 0.005, "{share}");
        assert!((mean(&short) - 34.5).abs() < 0.5, "{}", mean(&short));
    }

    #[test]
    fn an_empty_window_is_refused() {
        for lengths in [WindowLengths::Fixed, WindowLengths::Random] {
            let error = lengths
                .next(0, &mut SeededRng::new(1))
                .expect_err("no base");
            assert_eq!(error.to_string(), "window must be at least 1, got 0");
        }
    }

    proptest! {
        #[test]
        fn lengths_stay_in_their_range(base in 1usize..200, seed: u64) {
            let mut rng = SeededRng::new(seed);
            for _ in 0..50 {
                let length = WindowLengths::Random.next(base, &mut rng).expect("a base");
                prop_assert!((5.min(base)..=2 * base).contains(&length), "{length} of {base}");
            }
            prop_assert_eq!(WindowLengths::Fixed.next(base, &mut rng).expect("a base"), base);
        }

        #[test]
        fn a_window_of_the_base_keeps_the_rate(base in 1usize..200) {
            prop_assert_eq!(WindowLengths::Random.rate_factor(base, base), 1.0);
            prop_assert_eq!(WindowLengths::Fixed.rate_factor(1, base), 1.0);
        }
    }
}
