//! What seeds come to together.

use std::collections::BTreeMap;

use super::arm::Arm;
use super::latency::Latency;
use super::protocol::{Count, Seed};
use crate::report::over_seeds;

/// The quantiles at 97.5 % of Student's distribution with 1 to 10 degrees of freedom; that of the normal beyond.
const QUANTILES: [f64; 10] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
];
const NORMAL: f64 = 1.960;

/// The metrics by name: those of the first number of labels, and `NAME_at_N` of the others.
pub fn results(seeds: &[&Seed]) -> BTreeMap<String, f64> {
    let mut results = over_seeds(seeds.iter().map(|seed| of_seed(seed)));
    if let Some(gain) = gain(seeds, Arm::Student, Arm::Distilled) {
        results.insert("distilled_gain_points".to_owned(), gain.mean);
        if let Some(half) = gain.half_width {
            results.insert("distilled_gain_points_ci95".to_owned(), half);
        }
    }
    results
}

fn of_seed(seed: &Seed) -> Vec<(String, f64)> {
    let mut metrics = Vec::new();
    for (index, count) in seed.counts.iter().enumerate() {
        let own = accuracies(count).into_iter();
        metrics.extend(own.map(|(name, value)| match index {
            0 => (name.to_owned(), value),
            _ => (format!("{name}_at_{}", count.labels), value),
        }));
    }
    metrics.extend(seed.latencies.iter().flat_map(Latency::metrics));
    if let Some(count) = seed.counts.first() {
        let parameters = count.students.first().map_or(0, |it| it.parameters);
        metrics.push(("student_parameters".to_owned(), parameters as f64));
        let parameters = count.teacher.0.parameters as f64;
        metrics.push(("teacher_parameters".to_owned(), parameters));
    }
    metrics
}

fn accuracies(count: &Count) -> Vec<(&'static str, f64)> {
    let students = count.students.iter();
    let mut named: Vec<_> = students
        .map(|it| (it.arm.metric(), it.judged.accuracy))
        .collect();
    named.push(("teacher_accuracy", count.teacher.1.accuracy));
    named.push(("bag_of_words_accuracy", count.bag_of_words));
    named
}

/// How many points more one arm has than another, at the first number of labels.
pub struct Gain {
    pub mean: f64,
    /// Half of the confidence interval at 95 %, of the differences within each seed; none for one seed.
    pub half_width: Option<f64>,
}

/// Pairs the arms of each seed that has both.
pub fn gain(seeds: &[&Seed], from: Arm, to: Arm) -> Option<Gain> {
    let accuracy = |seed: &Seed, arm| {
        let students = &seed.counts.first()?.students;
        let student = students.iter().find(|it| it.arm == arm)?;
        Some(student.judged.accuracy)
    };
    let pairs = seeds.iter();
    let gains: Vec<f64> = pairs
        .filter_map(|seed| Some(accuracy(seed, to)? - accuracy(seed, from)?))
        .collect();
    (!gains.is_empty()).then(|| interval(&gains))
}

fn interval(gains: &[f64]) -> Gain {
    let count = gains.len() as f64;
    let mean = gains.iter().sum::<f64>() / count;
    let squares: f64 = gains.iter().map(|gain| (gain - mean).powi(2)).sum();
    let half_width = (gains.len() > 1).then(|| {
        let quantile = QUANTILES.get(gains.len() - 2).copied().unwrap_or(NORMAL);
        quantile * (squares / (count - 1.0) / count).sqrt()
    });
    Gain { mean, half_width }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_paired_differences() {
        // scipy.stats.t.interval(0.95, 4, loc=3, scale=scipy.stats.sem([1, 2, 3, 4, 5])) is (1.0368, 4.9632).
        let gain = interval(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(gain.mean, 3.0);
        assert!((gain.half_width.unwrap() - 1.9632).abs() < 1e-3);
        assert!(interval(&[2.0]).half_width.is_none());
    }
}
