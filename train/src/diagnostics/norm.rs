//! The Euclidean norm, in double precision: squares of small gradients are no longer numbers in single.

/// The root of the sum of the squares; 0 of nothing.
pub(super) fn euclidean(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}
