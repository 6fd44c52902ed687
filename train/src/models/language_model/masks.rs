//! What is dropped in one window of training.

use burn::tensor::Tensor;
use recurra_cells::{LayerMasks, LayerZoneout, RecurrentCell, SeededRng};

use super::LanguageModel;
use crate::DropoutRates;
use crate::regularize::{layer_masks, some_mask};

/// The masks of one window. All but the zoneout are the same at every step (variational dropout; Gal and Ghahramani 2016).
#[derive(Clone, Debug)]
pub struct LanguageModelMasks {
    /// Multiplies the embedding of each word, `[V, 1]`.
    pub words: Option<Tensor<2>>,
    /// What each layer reads and what its recurrent weights see.
    pub layers: Vec<LayerMasks>,
    /// Multiplies what the output layer reads, `[B, H]`.
    pub output: Option<Tensor<2>>,
    /// What the state of each layer keeps at each step.
    pub zoneout: Option<Vec<LayerZoneout>>,
}

impl<C: RecurrentCell> LanguageModel<C> {
    /// Masks for a window `[B, T]` of training: dropout by `rates`, and the model's own zoneout. A probability of 0 gives
    /// no mask and draws nothing.
    ///
    /// Recurrent weights are dropped in the model itself, by
    /// [`drop_recurrent_weights`](crate::drop_recurrent_weights).
    ///
    /// # Panics
    ///
    /// If a probability is outside `[0, 1)`.
    pub fn sample_masks(
        &self,
        [batch, steps]: [usize; 2],
        rates: &DropoutRates,
        rng: &mut SeededRng,
    ) -> LanguageModelMasks {
        let (device, dtype) = (self.device(), self.embedding.weight.dtype());
        let layers = layer_masks(&self.network, batch, rates, (&device, dtype), rng);
        let hidden = self.network.hidden_size();
        let mut mask = |shape, rate| some_mask(shape, rate, (&device, dtype), rng);
        LanguageModelMasks {
            layers,
            output: mask([batch, hidden], rates.output),
            words: mask([self.vocabulary_size(), 1], rates.words),
            zoneout: self
                .zoneout
                .sample(&self.network, [batch, steps], &device, rng),
        }
    }

    /// Nothing dropped, and of the zoneout its expectation.
    pub(super) fn evaluation_masks(&self) -> LanguageModelMasks {
        LanguageModelMasks {
            words: None,
            layers: vec![LayerMasks::default(); self.network.num_layers()],
            output: None,
            zoneout: self.zoneout.expectation(&self.network, &self.device()),
        }
    }
}
