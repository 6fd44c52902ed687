//! How good logits are on texts whose labels are known.

use recurra_distill::SoftLabels;
use serde::{Deserialize, Serialize};

/// Into how many ranges of confidence texts are sorted.
const BINS: usize = 10;

/// Logits on the texts that all are judged by, and how right they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// In percent.
    pub accuracy: f64,
    /// The mean distance between confidence and accuracy, in percent: the expected calibration error (Guo et al. 2017).
    pub calibration_error: f64,
    /// For each range of confidence that has texts: mean confidence and accuracy, in percent.
    pub reliability: Vec<(f64, f64)>,
    /// The class of each text's highest logit.
    pub decisions: Vec<usize>,
    /// The probability of each of them, in percent.
    pub confidences: Vec<f64>,
}

impl Judged {
    /// Compares logits with `labels`.
    pub fn new(logits: &SoftLabels, labels: &[usize]) -> Self {
        let decisions = logits.decisions();
        let confidences: Vec<f64> = logits
            .probabilities()
            .zip(&decisions)
            .map(|(probabilities, &decision)| 100.0 * probabilities[decision])
            .collect();
        let hits = |index: usize| f64::from(u8::from(decisions[index] == labels[index]));
        let count = labels.len().max(1) as f64;
        let mut bins = vec![(0.0, 0.0, 0.0); BINS];
        for (index, confidence) in confidences.iter().enumerate() {
            let bin = ((confidence / 100.0 * BINS as f64) as usize).min(BINS - 1);
            let (texts, sum, right) = &mut bins[bin];
            *texts += 1.0;
            *sum += confidence;
            *right += 100.0 * hits(index);
        }
        let filled = || bins.iter().filter(|bin| bin.0 > 0.0);
        let error = filled().map(|(_, sum, right)| (sum - right).abs());
        Self {
            accuracy: 100.0 * (0..labels.len()).map(hits).sum::<f64>() / count,
            calibration_error: error.sum::<f64>() / count,
            reliability: filled()
                .map(|(texts, sum, right)| (sum / texts, right / texts))
                .collect(),
            decisions,
            confidences,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_compared_with_accuracy() {
        // Two texts at 0.95, one of them wrong; two at 0.65, both right.
        let probabilities = [0.95, 0.05, 0.05, 0.95, 0.65, 0.35, 0.35, 0.65];
        let logits = SoftLabels::from_probabilities(2, &probabilities).unwrap();
        let judged = Judged::new(&logits, &[0, 0, 0, 1]);
        assert_eq!(judged.accuracy, 75.0);
        assert_eq!(judged.decisions, [0, 1, 0, 1]);
        assert!((judged.calibration_error - (45.0 + 35.0) / 2.0).abs() < 1e-4);
        let (low, high) = (judged.reliability[0], judged.reliability[1]);
        assert!((low.0 - 65.0).abs() < 1e-4 && (high.0 - 95.0).abs() < 1e-4);
        assert_eq!((low.1, high.1), (100.0, 50.0));
    }
}
