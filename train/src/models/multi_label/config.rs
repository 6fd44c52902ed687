//! What a [`MultiLabelPredictor`] is built from.

use burn::tensor::Device;
use recurra_cells::{CellConfig, Direction, RecurrentConfig, SeededRng};
use serde::{Deserialize, Serialize};

use super::super::weights::linear;
use super::MultiLabelPredictor;
use crate::Error;

/// Configuration of a [`MultiLabelPredictor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiLabelPredictorConfig<C> {
    /// `V`, the width of inputs and logits, at least 1.
    pub num_labels: usize,
    /// The network; it must run forward, because the other direction would see the step it is to predict.
    pub network: RecurrentConfig<C>,
}

impl<C: CellConfig> MultiLabelPredictorConfig<C> {
    /// A model of `num_labels` labels.
    pub fn new(num_labels: usize, network: RecurrentConfig<C>) -> Self {
        Self {
            num_labels,
            network,
        }
    }

    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// Those of the network, or the field, its range and its value.
    pub fn validate(&self) -> Result<(), Error> {
        self.network.validate()?;
        if self.num_labels == 0 {
            return Err(Error::config("num_labels", "at least 1", self.num_labels));
        }
        match self.network.direction {
            Direction::Forward => Ok(()),
            other => Err(Error::config(
                "direction",
                "forward",
                format!("{other:?}").to_lowercase(),
            )),
        }
    }

    /// Builds the model with weights drawn from `rng`: the network's own, and an output layer `U(-1/sqrt(H), 1/sqrt(H))`
    /// with a zero bias.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> MultiLabelPredictor<C::Cell> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        let network = self.network.init(self.num_labels, device, rng);
        let output = linear([network.output_size(), self.num_labels], device, rng);
        MultiLabelPredictor { network, output }
    }
}
