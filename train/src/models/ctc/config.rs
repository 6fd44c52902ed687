//! What a [`CtcRecognizer`] is built from.

use burn::tensor::Device;
use recurra_cells::{CellConfig, RecurrentConfig, SeededRng};
use serde::{Deserialize, Serialize};

use super::super::weights::linear;
use super::CtcRecognizer;
use crate::Error;

/// Configuration of a [`CtcRecognizer`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CtcRecognizerConfig<C> {
    /// `D`, the width of a frame, at least 1.
    pub input_size: usize,
    /// `V`, the number of symbols without the blank, at least 1.
    pub vocabulary_size: usize,
    /// The network, in whichever direction.
    pub network: RecurrentConfig<C>,
}

impl<C: CellConfig> CtcRecognizerConfig<C> {
    /// A model of `vocabulary_size` symbols in frames of `input_size` features.
    pub fn new(input_size: usize, vocabulary_size: usize, network: RecurrentConfig<C>) -> Self {
        Self {
            input_size,
            vocabulary_size,
            network,
        }
    }

    /// Says which field is out of its range, if one is.
    pub fn validate(&self) -> Result<(), Error> {
        self.network.validate()?;
        for (field, size) in [
            ("input_size", self.input_size),
            ("vocabulary_size", self.vocabulary_size),
        ] {
            if size == 0 {
                return Err(Error::config(field, "at least 1", size));
            }
        }
        Ok(())
    }

    /// Builds the model with weights drawn from `rng`: the network's own, and an output layer `U(-1/sqrt(O), 1/sqrt(O))`
    /// with a zero bias, where `O` is the width of the network's outputs.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> CtcRecognizer<C::Cell> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        let network = self.network.init(self.input_size, device, rng);
        let output = linear(
            [network.output_size(), self.vocabulary_size + 1],
            device,
            rng,
        );
        CtcRecognizer { network, output }
    }
}
