//! What a teacher decides, and how sure it is.

use burn::tensor::{Int, Tensor, activation};
use serde::{Deserialize, Serialize};

use super::row_sum;

/// The teacher's hard decisions, the highest of logits `[N, V]`: `[N]` (pseudo-labels; Lee 2013).
pub fn pseudo_labels(teacher: Tensor<2>) -> Tensor<1, Int> {
    teacher.detach().argmax(1).squeeze_dim(1)
}

/// How much a row counts for how sure the teacher is of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The probability of its decision, in `[1/V, 1]`.
    Probability,
    /// One minus its entropy as a share of the largest, `ln V`, in `[0, 1]`; 1 for a single class.
    Entropy,
    /// 1 where the probability of its decision is at least this, in `[0, 1]`, and 0 elsewhere (Sohn et al. 2020).
    Threshold(f64),
}

impl Confidence {
    /// The weights `[N]` of rows with the teacher's logits `[N, V]`. They have no gradient.
    pub fn weights(self, teacher: Tensor<2>) -> Tensor<1> {
        let [_, classes] = teacher.dims();
        let nats = activation::log_softmax(teacher.detach(), 1);
        let probabilities = nats.clone().exp();
        let highest = probabilities.clone().max_dim(1).squeeze_dim::<1>(1);
        match self {
            Self::Probability => highest,
            Self::Entropy if classes == 1 => highest.ones_like(),
            Self::Entropy => row_sum(probabilities * nats) / (classes as f64).ln() + 1.0,
            Self::Threshold(least) => highest.greater_equal_elem(least).float(),
        }
    }
}

/// The mean of `rows [N]` by `weights [N]`, `sum(w r) / sum(w)`: `[1]`. Without any weight it is 0.
///
/// # Panics
/// If there are not as many weights as rows.
pub fn weighted_mean(rows: Tensor<1>, weights: Tensor<1>) -> Tensor<1> {
    let (own, other) = (rows.dims(), weights.dims());
    assert_eq!(
        own, other,
        "the rows are {own:?}, but the weights are {other:?}"
    );
    let total = weights
        .clone()
        .sum()
        .clamp_min(f64::from(f32::MIN_POSITIVE));
    (rows * weights).sum() / total
}
