//! What a teacher says of texts, on the host.

use burn::tensor::{Device, Tensor, TensorData};

use crate::Error;

/// A teacher's logits for each of `N` texts and `V` classes. They are finite.
///
/// Where a teacher gives probabilities, these are their logarithms: logits up to a constant, with the same probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftLabels {
    classes: usize,
    logits: Vec<f32>,
}

impl SoftLabels {
    /// The least probability that is kept: the logarithm of 0 is no number.
    pub const LEAST_PROBABILITY: f64 = 1e-7;

    /// Logits `[N, V]` in row-major order.
    ///
    /// # Errors
    /// [`Error::NotFinite`] with the row and class.
    ///
    /// # Panics
    /// If there is no class, or the logits are not a multiple of the classes.
    pub fn new(classes: usize, logits: Vec<f32>) -> Result<Self, Error> {
        assert!(
            classes > 0 && logits.len().is_multiple_of(classes),
            "{} logits are no rows of {classes} classes",
            logits.len()
        );
        match logits.iter().position(|logit| !logit.is_finite()) {
            Some(at) => Err(Error::NotFinite {
                row: at / classes,
                class: at % classes,
                value: logits[at],
            }),
            None => Ok(Self { classes, logits }),
        }
    }

    /// The logits of rows of probabilities `[N, V]`, of which those below [`LEAST_PROBABILITY`](Self::LEAST_PROBABILITY)
    /// count as that.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a probability that is none.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn from_probabilities(classes: usize, probabilities: &[f64]) -> Result<Self, Error> {
        let logits = probabilities.iter().map(|&p| logit(p)).collect();
        Self::new(classes, logits)
    }

    /// Adds the texts of others behind these.
    ///
    /// # Panics
    /// If they are of another number of classes.
    pub fn extend(&mut self, others: &Self) {
        assert_eq!(
            others.classes, self.classes,
            "soft labels of {} classes are added to those of {}",
            others.classes, self.classes
        );
        self.logits.extend_from_slice(&others.logits);
    }

    /// `N`.
    pub fn len(&self) -> usize {
        self.logits.len() / self.classes
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.logits.is_empty()
    }

    /// `V`.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The logits `[V]` of each text.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.logits.chunks_exact(self.classes)
    }

    /// The logits `[V]` of a text.
    ///
    /// # Panics
    /// If there are not as many texts.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.logits[index * self.classes..(index + 1) * self.classes]
    }

    /// The probabilities `[V]` of each text.
    pub fn probabilities(&self) -> impl ExactSizeIterator<Item = Vec<f64>> {
        self.rows().map(softmax)
    }

    /// The class of each text's highest logit.
    pub fn decisions(&self) -> Vec<usize> {
        let highest = |row: &[f32]| {
            let classes = row.iter().enumerate();
            // Of equal ones the first, as on a device.
            let best = classes.rev().max_by(|(_, a), (_, b)| a.total_cmp(b));
            best.map_or(0, |(class, _)| class)
        };
        self.rows().map(highest).collect()
    }

    /// The logits of these texts, `[indices.len(), V]`.
    ///
    /// # Panics
    /// If there is no such text.
    pub fn select(&self, indices: &[usize], device: &Device) -> Tensor<2> {
        let logits: Vec<f32> = indices
            .iter()
            .flat_map(|&index| self.row(index).iter().copied())
            .collect();
        let shape = [indices.len(), self.classes];
        Tensor::from_data(TensorData::new(logits, shape), device)
    }
}

/// The logarithm of a probability; NaN stays.
pub(super) fn logit(probability: f64) -> f32 {
    match probability < SoftLabels::LEAST_PROBABILITY {
        true => SoftLabels::LEAST_PROBABILITY.ln() as f32,
        false => probability.ln() as f32,
    }
}

/// The probabilities of logits.
pub(super) fn softmax(logits: &[f32]) -> Vec<f64> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exp: Vec<f64> = logits
        .iter()
        .map(|&logit| f64::from(logit - highest).exp())
        .collect();
    let sum: f64 = exp.iter().sum();
    exp.into_iter().map(|value| value / sum).collect()
}
