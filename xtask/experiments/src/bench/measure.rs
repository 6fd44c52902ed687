//! Times of two or more ways to do the same thing, taken in turn, so that the machine's mood counts for all alike.

use std::time::{Duration, Instant};

/// How often each way is run.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds that are not counted, first.
    pub warm_up: usize,
    /// Counted rounds, at least 1.
    pub rounds: usize,
    /// Counted rounds end after this time, once there are five.
    pub at_most: Duration,
}

/// The times of one way, in milliseconds, in the order they were taken.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<f64>);

impl Times {
    /// The number of counted rounds.
    pub fn runs(&self) -> usize {
        self.0.len()
    }

    /// The time that `share` of the rounds stayed within, in milliseconds.
    pub fn quantile(&self, share: f64) -> f64 {
        quantile(self.0.clone(), share)
    }

    /// The median, over the rounds, of this way's time divided by `other`'s in the same round.
    pub fn ratio(&self, other: &Self) -> f64 {
        quantile(
            self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect(),
            0.5,
        )
    }
}

fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = share * (values.len() - 1) as f64;
    let (below, above) = (values[rank.floor() as usize], values[rank.ceil() as usize]);
    below + (above - below) * rank.fract()
}

/// Runs every way once a round, and returns the times of each.
pub fn in_turn(effort: Effort, ways: &mut [Box<dyn FnMut() + '_>]) -> Vec<Times> {
    let mut times = vec![Times::default(); ways.len()];
    (0..effort.warm_up).for_each(|_| ways.iter_mut().for_each(|way| way()));
    let start = Instant::now();
    for round in 0..effort.rounds {
        if round >= 5 && start.elapsed() > effort.at_most {
            break;
        }
        for (way, times) in ways.iter_mut().zip(&mut times) {
            let start = Instant::now();
            way();
            times.0.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_between_its_neighbours() {
        assert_eq!(quantile(vec![3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(quantile(vec![1.0, 2.0], 0.5), 1.5);
        assert_eq!(quantile(vec![4.0], 0.9), 4.0);
    }

    #[test]
    fn a_ratio_is_taken_round_by_round() {
        let slow_then_fast = [Times(vec![10.0, 1.0, 4.0]), Times(vec![20.0, 2.0, 8.0])];
        assert_eq!(slow_then_fast[0].ratio(&slow_then_fast[1]), 0.5);
    }

    #[test]
    fn every_way_runs_in_every_round() {
        let effort = Effort {
            warm_up: 1,
            rounds: 3,
            at_most: Duration::from_secs(60),
        };
        let mut calls = [0, 0];
        let [first, second] = &mut calls;
        let times = in_turn(
            effort,
            &mut [Box::new(|| *first += 1), Box::new(|| *second += 1)],
        );
        assert_eq!(calls, [4, 4]);
        assert!(times.iter().all(|times| times.runs() == 3));
    }
}
