//! Losses on hidden states `[N, W]`, where student and teacher need not have the same width.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::SeededRng;

use super::{assert_same_shape, row_mean, row_sum};

/// A learned layer from the student's width to the teacher's. It is trained with the student, and left away after.
#[derive(Module, Debug)]
pub struct HiddenProjection {
    /// Weight `[W_student, W_teacher]`, bias `[W_teacher]`.
    pub linear: Linear,
}

impl HiddenProjection {
    /// A layer with weights `U(-1/sqrt(W_student), 1/sqrt(W_student))` drawn from `rng` and a zero bias.
    ///
    /// # Panics
    /// If a width is 0.
    pub fn new(student: usize, teacher: usize, device: &Device, rng: &mut SeededRng) -> Self {
        assert!(
            student > 0 && teacher > 0,
            "widths must be at least 1, got {student} and {teacher}"
        );
        let bound = (student as f64).sqrt().recip();
        let weight: Vec<f64> = (0..student * teacher)
            .map(|_| rng.uniform(-bound, bound))
            .collect();
        let weight = TensorData::new(weight, [student, teacher]);
        let linear = Linear {
            weight: Param::from_tensor(Tensor::from_data(weight, device)),
            bias: Some(Param::from_tensor(Tensor::zeros([teacher], device))),
        };
        Self { linear }
    }

    /// `[N, W_student]` to `[N, W_teacher]`.
    ///
    /// # Panics
    /// If the width does not fit.
    pub fn forward(&self, student: Tensor<2>) -> Tensor<2> {
        self.linear.forward(student)
    }
}

/// One minus the cosine of the angle between the rows of `[N, W]`: `[N]`, in `[0, 2]`.
///
/// Twice this is the loss of Patient Knowledge Distillation (Sun et al. 2019), `||s / ||s|| - t / ||t|| ||^2`.
///
/// # Panics
/// If the shapes differ.
pub fn hidden_cosine(student: Tensor<2>, teacher: Tensor<2>) -> Tensor<1> {
    assert_same_shape(&student, &teacher);
    let cosine = row_sum(unit(student) * unit(teacher.detach()));
    -cosine + 1.0
}

/// The mean square of `s - t` over the width of `[N, W]`: `[N]`.
///
/// # Panics
/// If the shapes differ.
pub fn hidden_mse(student: Tensor<2>, teacher: Tensor<2>) -> Tensor<1> {
    assert_same_shape(&student, &teacher);
    row_mean((student - teacher.detach()).square())
}

/// Rows of length 1. A row of zeros stays one, and has a gradient of zeros.
fn unit(rows: Tensor<2>) -> Tensor<2> {
    let squares = rows.clone().square().sum_dim(1);
    // Below the smallest length that a square can be told from zero in f32.
    rows / squares.clamp_min(1e-30).sqrt()
}
