//! The likeliest labels of a chain, on the host (Viterbi 1967).
//!
//! ```text
//! best_1    = start + e_1
//! best_t[j] = max_i (best_(t-1)[i] + transitions[i, j]) + e_t[j]
//! ```

use burn::tensor::Tensor;
use recurra_cells::Lengths;

use super::LinearChainCrf;

/// The scores of a field, on the host.
struct Scores {
    /// `[V, V]`, row by row.
    transitions: Vec<f64>,
    start: Vec<f64>,
    end: Vec<f64>,
}

impl LinearChainCrf {
    /// The likeliest labels of each row of `emissions [B, T, V]`, of which the first `lengths[b]` steps are valid, or all: a
    /// list for each row, as long as the row. Of equally likely ones those with the lower last label, then the lower last but
    /// one, and so on.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit each other.
    pub fn decode(
        &self,
        emissions: Tensor<3>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Vec<Vec<u32>> {
        let dims = emissions.dims();
        let lengths = self.lengths(dims, lengths.into());
        let [_, steps, classes] = dims;
        let scores = Scores {
            transitions: values(self.transitions.val()),
            start: values(self.start.val()),
            end: values(self.end.val()),
        };
        values(emissions)
            .chunks(steps * classes)
            .zip(lengths.as_slice())
            .map(|(row, &length)| scores.likeliest(&row[..length * classes]))
            .collect()
    }
}

impl Scores {
    /// The likeliest labels of emissions `[T, V]`.
    fn likeliest(&self, emissions: &[f64]) -> Vec<u32> {
        let classes = self.start.len();
        let mut steps = emissions.chunks(classes);
        let Some(first) = steps.next() else {
            return Vec::new();
        };
        let mut best = sums(&self.start, first);
        // For each step but the first, the label that the best way to each label comes from.
        let mut origins: Vec<Vec<usize>> = Vec::new();
        for emission in steps {
            let came = |to: usize| {
                let ways = self.transitions.iter().skip(to).step_by(classes);
                highest(ways.zip(&best).map(|(way, best)| way + best))
            };
            let (from, reached): (Vec<usize>, Vec<f64>) = (0..classes).map(came).unzip();
            best = sums(&reached, emission);
            origins.push(from);
        }
        let (mut label, _) = highest(sums(&best, &self.end));
        let mut labels = vec![label as u32];
        for from in origins.iter().rev() {
            label = from[label];
            labels.push(label as u32);
        }
        labels.reverse();
        labels
    }
}

fn sums(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// The first of the highest numbers' places, and the number.
fn highest(values: impl IntoIterator<Item = f64>) -> (usize, f64) {
    let places = values.into_iter().enumerate();
    let best = places.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.expect("a field has at least one class")
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}
