//! What a student is trained by.

use burn::tensor::{DType, Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    Confidence, Error, Hinton, hinton_loss, label_cross_entropy, logit_mse, weighted_mean,
};

const NO_TEACHER: &str = "a loss on a teacher's logits needs batches that have them";

/// A loss on whole batches. But for [`Labels`](Self::Labels) it needs batches with a teacher.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// [`label_cross_entropy`]: labels alone, be they given or a teacher's decisions.
    Labels,
    /// [`logit_mse`], as Tang et al. (2019) distil.
    LogitMse,
    /// [`hinton_loss`].
    Hinton(Hinton),
    /// [`logit_mse`] of rows that count as much as the teacher is sure of them.
    ConfidentLogitMse(Confidence),
}

impl Objective {
    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the field.
    pub fn validate(&self) -> Result<(), Error> {
        match self {
            Self::Hinton(hinton) => hinton.validate(),
            Self::ConfidentLogitMse(Confidence::Threshold(least))
                if !(0.0..=1.0).contains(least) =>
            {
                Err(Error::config("threshold", "in [0, 1]", least))
            }
            Self::Labels | Self::LogitMse | Self::ConfidentLogitMse(_) => Ok(()),
        }
    }

    pub(super) fn assert_valid(&self) {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
    }

    /// The loss of a student's logits `[B, V]`, `[1]` and in single precision, given `labels [B]` and the teacher's logits
    /// `[B, V]`.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit each other, or there is no teacher where one is needed.
    pub fn loss(
        self,
        student: Tensor<2>,
        labels: Tensor<1, Int>,
        teacher: Option<Tensor<2>>,
    ) -> Tensor<1> {
        // Squares and logarithms of half-precision logits lose what they are about.
        let student = student.cast(DType::F32);
        let teacher = || teacher.expect(NO_TEACHER);
        match self {
            Self::Labels => label_cross_entropy(student, labels).mean(),
            Self::LogitMse => logit_mse(student, teacher()).mean(),
            Self::Hinton(hinton) => hinton_loss(student, teacher(), labels, &hinton).mean(),
            Self::ConfidentLogitMse(confidence) => {
                let teacher = teacher();
                let weights = confidence.weights(teacher.clone());
                weighted_mean(logit_mse(student, teacher), weights)
            }
        }
    }
}
