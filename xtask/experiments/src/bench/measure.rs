//! Times of two or more ways to do the same thing, taken in turn, so that the machine's mood counts for all alike.

use std::time::{Duration, Instant};

use crate::error::Error;

/// Does something so many times and says how many milliseconds a call took, on average.
pub type Timed<'a> = Box<dyn FnMut(usize) -> Result<f64, Error> + 'a>;

/// How often each way is run.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds that are not counted, first.
    pub warm_up: usize,
    /// Counted rounds, whatever they take; at least 1.
    pub at_least: usize,
    /// Counted rounds, however little they take.
    pub at_most: usize,
    /// Counted rounds end after this time, once there are enough.
    pub budget: Duration,
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

/// Times something that runs in this process, after a call that is not timed: caches, threads and clock are then those of
/// steady work, and not as another way left them.
pub fn here<'a>(mut way: Box<dyn FnMut() + 'a>) -> Timed<'a> {
    Box::new(move |calls| {
        way();
        let start = Instant::now();
        (0..calls).for_each(|_| way());
        Ok(start.elapsed().as_secs_f64() * 1e3 / calls as f64)
    })
}

/// Takes one sample of `calls` calls from every way in each round, and returns the times of each.
///
/// # Errors
///
/// The first that a way reports.
pub fn in_turn(effort: Effort, calls: usize, ways: &mut [Timed<'_>]) -> Result<Vec<Times>, Error> {
    let mut times = vec![Times::default(); ways.len()];
    for _ in 0..effort.warm_up {
        for way in ways.iter_mut() {
            way(calls)?;
        }
    }
    let start = Instant::now();
    for round in 0..effort.at_most.max(effort.at_least) {
        if round >= effort.at_least && start.elapsed() > effort.budget {
            break;
        }
        for (way, times) in ways.iter_mut().zip(&mut times) {
            times.0.push(way(calls)?);
        }
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFORT: Effort = Effort {
        warm_up: 1,
        at_least: 3,
        at_most: 5,
        budget: Duration::from_secs(60),
    };

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
        let mut calls = [0, 0];
        let [first, second] = &mut calls;
        let mut ways = [
            here(Box::new(|| *first += 1)),
            here(Box::new(|| *second += 1)),
        ];
        let times = in_turn(EFFORT, 2, &mut ways).expect("nothing fails");
        drop(ways);
        // Six rounds, each of one call that is not timed and two that are.
        assert_eq!(calls, [18, 18]);
        assert!(times.iter().all(|times| times.runs() == 5));
    }

    #[test]
    fn the_budget_ends_the_rounds_once_there_are_enough() {
        let effort = Effort {
            budget: Duration::ZERO,
            ..EFFORT
        };
        let times = in_turn(effort, 1, &mut [here(Box::new(|| {}))]).expect("nothing fails");
        assert_eq!(times[0].runs(), 3);
    }

    #[test]
    fn the_first_error_ends_it() {
        let fails: Timed<'_> = Box::new(|_| Err(Error::CommandLine("no".to_owned())));
        assert!(in_turn(EFFORT, 1, &mut [fails]).is_err());
    }
}
