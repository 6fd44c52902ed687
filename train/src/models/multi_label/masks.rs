//! Variational dropout of a [`MultiLabelPredictor`].

use burn::tensor::Tensor;
use recurra_cells::{LayerMasks, RecurrentCell, SeededRng};

use super::MultiLabelPredictor;
use crate::DropoutRates;
use crate::regularize::{layer_masks, some_mask};

/// The masks of one batch, each the same at every step (variational dropout; Gal and Ghahramani 2016).
#[derive(Clone, Debug)]
pub struct MultiLabelMasks {
    /// What each layer reads and what its recurrent weights see.
    pub layers: Vec<LayerMasks>,
    /// What the output layer reads, `[B, H]`; none where nothing is dropped.
    pub output: Option<Tensor<2>>,
}

impl<C: RecurrentCell> MultiLabelPredictor<C> {
    /// Masks for a batch of `batch_size` rows; `rates.input` is of whole labels `[B, V]`. Where a probability is 0 there is
    /// no mask, and nothing is drawn. There are no words here to drop, and recurrent weights are dropped by
    /// [`drop_recurrent_weights`](crate::drop_recurrent_weights).
    ///
    /// # Panics
    ///
    /// If a probability is outside `[0, 1)`.
    pub fn sample_masks(
        &self,
        batch_size: usize,
        rates: &DropoutRates,
        rng: &mut SeededRng,
    ) -> MultiLabelMasks {
        let (device, dtype) = (self.device(), self.output.weight.dtype());
        let options = (&device, dtype);
        let shape = [batch_size, self.network.hidden_size()];
        MultiLabelMasks {
            layers: layer_masks(&self.network, batch_size, rates, options, rng),
            output: some_mask(shape, rates.output, options, rng),
        }
    }
}
