//! Dropout with masks of the project's own generator, so that a seed drops the same units on every device.

use burn::tensor::Tensor;
use recurra_cells::SeededRng;
use recurra_train::dropout_mask;

/// Whether units are dropped.
pub(super) enum Dropout<'a> {
    /// In evaluation, and wherever no gradient is wanted.
    Off,
    /// In training, with masks from this generator.
    On(&'a mut SeededRng),
}

impl Dropout<'_> {
    /// `values` with this share of them dropped, and the others scaled so that the mean stays.
    pub fn apply<const D: usize>(&mut self, values: Tensor<D>, probability: f64) -> Tensor<D> {
        match self {
            Self::On(rng) if probability > 0.0 => {
                let (dims, options) = (values.dims(), (&values.device(), values.dtype()));
                let width = dims[D - 1];
                let rows = dims.iter().product::<usize>() / width;
                let mask = dropout_mask([rows, width], probability, options, rng);
                values * mask.reshape(dims)
            }
            _ => values,
        }
    }
}
