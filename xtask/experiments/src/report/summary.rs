//! Metrics of several seeds as one.

use std::collections::BTreeMap;

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
