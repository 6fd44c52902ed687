//! What a student is trained by, as pure functions of its outputs and the teacher's.
//!
//! | loss | of | paper |
//! | --- | --- | --- |
//! | [`hinton_loss`] | labels and softened probabilities, [`soft_divergence`] | Hinton et al. 2015 |
//! | [`logit_mse`] | logits | Tang et al. 2019 |
//! | [`hidden_cosine`], [`hidden_mse`] | hidden states, through a [`HiddenProjection`] | Sun et al. 2019 |
//! | [`label_cross_entropy`] of [`pseudo_labels`] | the teacher's hard decisions | Lee 2013 |
//!
//! Each gives one number a row, `[N]`: rows are texts, or the valid tokens of texts, which [`valid_tokens`] brings together.
//! The loss of a batch is their mean, or, where the teacher's confidence is to count, the [`weighted_mean`] by
//! [`Confidence::weights`]. No gradient reaches the teacher.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use recurra_cells::Lengths;
//! use recurra_distill::{Confidence, Hinton, hinton_loss, logit_mse, valid_tokens, weighted_mean};
//!
//! let device = Device::default();
//! let student = Tensor::<2>::from_data([[0.2, 0.1], [1.0, -1.0]], &device);
//! let teacher = Tensor::<2>::from_data([[2.0, -2.0], [0.5, 0.4]], &device);
//! let labels = Tensor::from_data([0, 1], &device);
//! let hinton = Hinton { alpha: 0.5, temperature: 2.0 };
//! let rows = hinton_loss(student, teacher.clone(), labels, &hinton);
//! let loss = weighted_mean(rows, Confidence::Probability.weights(teacher));
//! assert_eq!(loss.dims(), [1]);
//!
//! // A tagger's logits [B, T, V]: the mean over the valid tokens.
//! let (student, teacher) = (Tensor::<3>::zeros([2, 3, 4], &device), Tensor::<3>::ones([2, 3, 4], &device));
//! let lengths = Lengths::new(vec![3, 1], 3)?;
//! let rows = logit_mse(valid_tokens(student, &lengths), valid_tokens(teacher, &lengths));
//! assert_eq!(rows.dims(), [4]);
//! # Ok::<(), recurra_cells::Error>(())
//! ```

mod confidence;
mod hidden;
mod logits;
mod tokens;

pub use confidence::{Confidence, pseudo_labels, weighted_mean};
pub use hidden::{HiddenProjection, hidden_cosine, hidden_mse};
pub use logits::{Hinton, hinton_loss, label_cross_entropy, logit_mse, soft_divergence};
pub use tokens::{valid_token_labels, valid_tokens};

use burn::tensor::Tensor;

/// # Panics
/// If the two are not of one shape.
fn assert_same_shape(student: &Tensor<2>, teacher: &Tensor<2>) {
    let (own, other) = (student.dims(), teacher.dims());
    assert_eq!(
        own, other,
        "the student's are {own:?}, but the teacher's are {other:?}"
    );
}

/// The mean over the columns of `[N, V]`, `[N]`.
fn row_mean(values: Tensor<2>) -> Tensor<1> {
    values.mean_dim(1).squeeze_dim(1)
}

/// The sum over the columns of `[N, V]`, `[N]`.
fn row_sum(values: Tensor<2>) -> Tensor<1> {
    values.sum_dim(1).squeeze_dim(1)
}
