//! Losses on logits `[N, V]`.

use burn::tensor::{Int, Tensor, activation};
use serde::{Deserialize, Serialize};

use super::{assert_same_shape, row_mean, row_sum};
use crate::Error;

/// How [`hinton_loss`] weighs labels against the teacher.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hinton {
    /// The share of the labels, in `[0, 1]`.
    pub alpha: f64,
    /// `T`, which softens both sides' probabilities; positive and finite.
    pub temperature: f64,
}

impl Hinton {
    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    /// [`Error::Config`] with the field.
    pub fn validate(&self) -> Result<(), Error> {
        if !(0.0..=1.0).contains(&self.alpha) {
            return Err(Error::config("alpha", "in [0, 1]", self.alpha));
        }
        match is_temperature(self.temperature) {
            true => Ok(()),
            false => Err(Error::config("temperature", TEMPERATURE, self.temperature)),
        }
    }
}

const TEMPERATURE: &str = "positive and finite";

fn is_temperature(temperature: f64) -> bool {
    temperature > 0.0 && temperature.is_finite()
}

/// Distillation with labels (Hinton et al. 2015), for logits `[N, V]` and labels `[N]`: `[N]`.
///
/// ```text
/// alpha * CE(labels, softmax(s)) + (1 - alpha) * T^2 * KL(softmax(t / T) || softmax(s / T))
/// ```
///
/// Softening divides the gradient of the second part by `T^2`; the factor takes that back, so that `alpha` means the same
/// at every temperature. The paper has the cross-entropy with the softened teacher, which differs by the teacher's entropy
/// and has the same gradient.
///
/// # Panics
/// If the configuration is out of its range, or the shapes do not fit each other. A label must be below `V`: the CPU devices
/// panic on another, a GPU reads anything.
pub fn hinton_loss(
    student: Tensor<2>,
    teacher: Tensor<2>,
    labels: Tensor<1, Int>,
    hinton: &Hinton,
) -> Tensor<1> {
    if let Err(error) = hinton.validate() {
        panic!("{error}");
    }
    let Hinton { alpha, temperature } = *hinton;
    let hard = label_cross_entropy(student.clone(), labels);
    let soft = soft_divergence(student, teacher, temperature) * temperature.powi(2);
    hard * alpha + soft * (1.0 - alpha)
}

/// `KL(softmax(t / T) || softmax(s / T))` of logits `[N, V]`, in nats and without the factor `T^2`: `[N]`.
///
/// # Panics
/// If the temperature is not positive and finite, or the shapes differ.
pub fn soft_divergence(student: Tensor<2>, teacher: Tensor<2>, temperature: f64) -> Tensor<1> {
    assert!(
        is_temperature(temperature),
        "temperature must be {TEMPERATURE}, got {temperature}"
    );
    assert_same_shape(&student, &teacher);
    let student = activation::log_softmax(student / temperature, 1);
    let teacher = activation::log_softmax(teacher.detach() / temperature, 1);
    row_sum(teacher.clone().exp() * (teacher - student))
}

/// The cross-entropy of logits `[N, V]` against labels `[N]`, in nats: `[N]`.
///
/// # Panics
/// If there are not as many labels as rows. A label must be below `V`: the CPU devices panic on another, a GPU reads
/// anything.
pub fn label_cross_entropy(student: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    let ([rows, classes], [count]) = (student.dims(), labels.dims());
    assert_eq!(
        count, rows,
        "the labels are [{count}], but the logits are [{rows}, {classes}]"
    );
    let nats = activation::log_softmax(student, 1);
    -nats.gather(1, labels.unsqueeze_dim(1)).squeeze_dim::<1>(1)
}

/// The mean square of `s - t` over the classes of logits `[N, V]` (Tang et al. 2019): `[N]`.
///
/// Unlike the losses on probabilities it asks for the teacher's very logits, and is not the same when a constant is added
/// to them.
///
/// # Panics
/// If the shapes differ.
pub fn logit_mse(student: Tensor<2>, teacher: Tensor<2>) -> Tensor<1> {
    assert_same_shape(&student, &teacher);
    row_mean((student - teacher.detach()).square())
}
