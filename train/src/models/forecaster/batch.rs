//! Windows of series on the host, each beside what follows it.

use burn::tensor::{Device, Tensor, TensorData};

use crate::SequenceWindow;

/// `B` windows of `T` steps of `D` series, and the steps of each that are to be predicted, for a
/// [`Forecaster`](crate::Forecaster).
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastBatch {
    inputs: Vec<f32>,
    /// `[B, T, D]`.
    input_shape: [usize; 3],
    targets: Vec<f32>,
    /// `[B, horizon, outputs]`.
    target_shape: [usize; 3],
}

impl ForecastBatch {
    /// `inputs [B, T, D]` and `targets [B, horizon, outputs]`, both row-major.
    ///
    /// # Panics
    ///
    /// If either has not as many values as its shape, the shapes have another `B`, or one of them has no value at all.
    pub fn new(
        (inputs, input_shape): (Vec<f32>, [usize; 3]),
        (targets, target_shape): (Vec<f32>, [usize; 3]),
    ) -> Self {
        assert_fills("inputs", &inputs, input_shape);
        assert_fills("targets", &targets, target_shape);
        assert_eq!(
            target_shape[0], input_shape[0],
            "the targets are {target_shape:?}, but the inputs are {input_shape:?}"
        );
        Self {
            inputs,
            input_shape,
            targets,
            target_shape,
        }
    }

    /// What is read, `[B, T, D]`.
    pub fn inputs(&self, device: &Device) -> Tensor<3> {
        let data = TensorData::new(self.inputs.clone(), self.input_shape);
        Tensor::from_data(data, device)
    }

    /// What follows, `[B, horizon, outputs]`.
    pub fn targets(&self, device: &Device) -> Tensor<3> {
        let data = TensorData::new(self.targets.clone(), self.target_shape);
        Tensor::from_data(data, device)
    }

    /// # Panics
    /// If the inputs are not `[B, T, width]`, or the targets not `[B, horizon, outputs]`.
    pub(super) fn assert_fits(&self, width: usize, [horizon, outputs]: [usize; 2]) {
        let (inputs, targets) = (self.input_shape, self.target_shape);
        assert_eq!(
            inputs[2], width,
            "the inputs are [B, T, D] = {inputs:?}, but the forecaster reads {width} series"
        );
        assert_eq!(
            targets[1..],
            [horizon, outputs],
            "the targets are {targets:?}, but forecasts are [B, {horizon}, {outputs}]"
        );
    }
}

/// Each row is a window of its own, and counts as one.
impl SequenceWindow for ForecastBatch {
    fn batch_size(&self) -> usize {
        self.input_shape[0]
    }

    fn valid_steps(&self) -> usize {
        self.input_shape[0]
    }
}

fn assert_fills(name: &str, values: &[f32], shape: [usize; 3]) {
    let (count, expected): (usize, usize) = (values.len(), shape.iter().product());
    assert!(
        count > 0 && count == expected,
        "{count} {name} do not fill {shape:?}, which must have at least one value"
    );
}
