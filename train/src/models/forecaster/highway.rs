//! The linear map that stands beside a forecaster's network.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::Lengths;

/// A map of `inputs` values to as many forecasts that says nothing before it learns.
pub(super) fn silent([inputs, outputs]: [usize; 2], device: &Device) -> Linear {
    Linear {
        weight: Param::from_tensor(Tensor::zeros([inputs, outputs], device)),
        bias: None,
    }
}

/// The last `steps` valid steps of each row of `inputs [B, T, D]`, one behind the other, `[B, steps * D]`; zeros stand for those
/// before its first.
pub(super) fn last_steps(inputs: Tensor<3>, lengths: Option<&Lengths>, steps: usize) -> Tensor<2> {
    let [rows, time, width] = inputs.dims();
    let before = Tensor::zeros([rows, steps, width], (&inputs.device(), inputs.dtype()));
    let all = Tensor::cat(vec![before, inputs], 1);
    let last = match lengths {
        None => all.narrow(1, time, steps),
        Some(lengths) => {
            // In `all` a row's last valid step is the one in place `steps + length - 1`.
            let starts = lengths.as_slice().iter().enumerate();
            let places = starts.flat_map(|(row, length)| {
                let start = row * (steps + time) + length;
                (start..start + steps).map(|place| place as i64)
            });
            let places = TensorData::new(places.collect::<Vec<i64>>(), [rows * steps]);
            let places = Tensor::<1, Int>::from_data(places, &all.device());
            all.reshape([rows * (steps + time), width])
                .select(0, places)
                .reshape([rows, steps, width])
        }
    };
    last.reshape([rows, steps * width])
}
