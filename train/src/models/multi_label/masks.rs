//! Variational dropout of a [`MultiLabelPredictor`].

use burn::tensor::Tensor;
use recurra_cells::{LayerMasks, RecurrentCell, SeededRng};

use super::MultiLabelPredictor;
use crate::{DropoutRates, dropout_mask};

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
        let hidden = self.network.hidden_size();
        let mut mask = |width, probability| {
            (probability != 0.0)
                .then(|| dropout_mask([batch_size, width], probability, (&device, dtype), rng))
        };
        let layers = (0..self.network.num_layers())
            .map(|layer| LayerMasks {
                input: match layer {
                    0 => mask(self.network.input_size(), rates.input),
                    _ => mask(hidden, rates.between),
                },
                forward_recurrent: mask(hidden, rates.recurrent),
                backward_recurrent: None,
            })
            .collect();
        MultiLabelMasks {
            layers,
            output: mask(hidden, rates.output),
        }
    }
}
