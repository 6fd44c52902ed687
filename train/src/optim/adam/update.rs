//! The update of one parameter, twice: on slices and on tensors. `g`, `m`, `v` and `p` are those of
//! [`ClippedAdam`](super::ClippedAdam).

use burn::tensor::Tensor;

use super::AdamMoments;
use crate::optim::host::{self, values, values_mut};

/// What the update of a parameter multiplies by in one step, in double precision.
#[derive(Clone, Copy)]
pub(super) struct Coefficients {
    /// `min(1, max_norm / (norm + 1e-6))` over the scale of the gradients.
    pub multiplier: f64,
    pub beta_1: f64,
    pub beta_2: f64,
    /// `learning_rate / (1 - beta_1^t)`.
    pub step: f64,
    /// `1 / sqrt(1 - beta_2^t)`.
    pub root: f64,
    pub epsilon: f64,
    /// `1 - learning_rate * weight_decay`; 1 changes no bit.
    pub keep: f64,
}

impl Coefficients {
    /// One pass over single-precision numbers on the host. `parameter` and `gradient` have one shape.
    pub fn on_host<const D: usize>(
        self,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        moments: AdamMoments,
    ) -> (Tensor<D>, AdamMoments) {
        let device = parameter.device();
        // Saved moments may come from another device or in another number type.
        let moment = |moment: Tensor<1>| moment.into_data().convert::<f32>();
        let (mut first, mut second) = (moment(moments.first), moment(moments.second));
        let (mut parameter, gradient) = (parameter.into_data(), gradient.into_data());
        self.update(
            values_mut(&mut parameter),
            values(&gradient),
            values_mut(&mut first),
            values_mut(&mut second),
        );
        let moments = AdamMoments {
            steps: moments.steps,
            first: host::tensor(first, &device),
            second: host::tensor(second, &device),
        };
        (host::tensor(parameter, &device), moments)
    }

    /// Slices of one length. The compiler works on several numbers at a time, as nothing here depends on a neighbour; a
    /// second thread costs more to start than it saves below a million numbers.
    fn update(self, p: &mut [f32], gradient: &[f32], m: &mut [f32], v: &mut [f32]) {
        let [multiplier, step, root, epsilon, keep] = [
            self.multiplier,
            self.step,
            self.root,
            self.epsilon,
            self.keep,
        ]
        .map(|x| x as f32);
        let [beta_1, rest_1, beta_2, rest_2] = [
            self.beta_1,
            1.0 - self.beta_1,
            self.beta_2,
            1.0 - self.beta_2,
        ]
        .map(|x| x as f32);
        for (((p, gradient), m), v) in p.iter_mut().zip(gradient).zip(m).zip(v) {
            let g = gradient * multiplier;
            *m = beta_1 * *m + rest_1 * g;
            *v = beta_2 * *v + rest_2 * g * g;
            *p = keep * *p - step * *m / (v.sqrt() * root + epsilon);
        }
    }

    /// Tensor operations, on any device and in any number type. `parameter` and `gradient` have one shape.
    pub fn on_device<const D: usize>(
        self,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        moments: AdamMoments,
    ) -> (Tensor<D>, AdamMoments) {
        let (shape, device, dtype) = (parameter.shape(), parameter.device(), parameter.dtype());
        let moment = |moment: Tensor<1>| moment.to_device(&device).cast(dtype);
        let g = gradient.reshape([shape.num_elements()]) * self.multiplier;
        let m = moment(moments.first) * self.beta_1 + g.clone() * (1.0 - self.beta_1);
        let v = moment(moments.second) * self.beta_2 + g.square() * (1.0 - self.beta_2);
        let change = m.clone() * self.step / (v.clone().sqrt() * self.root + self.epsilon);
        let moments = AdamMoments {
            steps: moments.steps,
            first: m,
            second: v,
        };
        let kept = match self.keep {
            1.0 => parameter,
            keep => parameter * keep,
        };
        (kept - change.reshape(shape), moments)
    }
}
