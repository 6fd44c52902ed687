//! Metrics of several cells and seeds as one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::training::Trained;

/// A figure by its name.
pub type Metric = (Cow<'static, str>, f64);

/// What training a cell under a seed came to.
pub trait Outcome {
    /// What every training comes to.
    fn trained(&self) -> &Trained;

    /// Metrics of this experiment, besides those of every training.
    fn metrics(&self) -> Vec<Metric>;
}

/// The outcome with the best validation; of equal ones, the first.
pub fn best<'a, O: Outcome>(outcomes: impl IntoIterator<Item = &'a O>) -> Option<&'a O> {
    let valid = |outcome: &O| outcome.trained().valid;
    let outcomes = outcomes.into_iter().filter(|it| !valid(it).is_nan());
    outcomes.reduce(|best, outcome| {
        let measures = &outcome.trained().measures;
        match measures.is_better(valid(outcome), valid(best)) {
            true => outcome,
            false => best,
        }
    })
}

/// The metrics of a run: those of the best cell under their plain names, and of each cell of several under its own.
///
/// With several seeds each metric is the mean over them, and `NAME_std` its standard deviation.
pub fn summary<O: Outcome>(seeds: &[Vec<O>]) -> BTreeMap<String, f64> {
    over_seeds(seeds.iter().map(|outcomes| of_one_seed(outcomes)))
}

fn of_one_seed<O: Outcome>(outcomes: &[O]) -> Vec<(String, f64)> {
    let of_best = best(outcomes).into_iter().flat_map(of_outcome);
    let mut metrics: Vec<(String, f64)> = of_best
        .map(|(name, value)| (name.into_owned(), value))
        .collect();
    if outcomes.len() > 1 {
        for outcome in outcomes {
            let cell = outcome.trained().cell.name();
            let own = of_outcome(outcome).into_iter();
            metrics.extend(own.map(|(name, value)| (format!("{cell}_{name}"), value)));
        }
    }
    metrics
}

fn of_outcome<O: Outcome>(outcome: &O) -> Vec<Metric> {
    let mut metrics = outcome.metrics();
    let of_training = outcome.trained().metrics().into_iter();
    metrics.extend(of_training.map(|(name, value)| (name.into(), value)));
    metrics
}

/// For each metric its mean over the seeds that have it, and with several seeds `NAME_std`, its sample standard deviation.
pub fn over_seeds(
    seeds: impl ExactSizeIterator<Item = Vec<(String, f64)>>,
) -> BTreeMap<String, f64> {
    let several = seeds.len() > 1;
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (name, value) in seeds.flatten() {
        values.entry(name).or_default().push(value);
    }
    let mut summary = BTreeMap::new();
    for (name, values) in values {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        if several {
            summary.insert(format!("{name}_std"), deviation(&values, mean));
        }
        summary.insert(name, mean);
    }
    summary
}

/// The sample standard deviation; 0 for a single value, as after an early Ctrl-C.
fn deviation(values: &[f64], mean: f64) -> f64 {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() - 1).max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(value: f64) -> Vec<(String, f64)> {
        vec![("nll".to_owned(), value)]
    }

    #[test]
    fn one_seed_stands_for_itself_and_several_for_their_mean() {
        let one = over_seeds(vec![seed(3.0)].into_iter());
        assert_eq!(one, BTreeMap::from([("nll".to_owned(), 3.0)]));
        let three = over_seeds(vec![seed(1.0), seed(2.0), seed(3.0)].into_iter());
        let expected = [("nll".to_owned(), 2.0), ("nll_std".to_owned(), 1.0)];
        assert_eq!(three, BTreeMap::from(expected));
        let interrupted = over_seeds(vec![seed(1.0), vec![]].into_iter());
        assert_eq!(interrupted["nll_std"], 0.0);
    }
}
