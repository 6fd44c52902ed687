//! What keeps a network from learning its text by heart: masks of many kinds, and penalties on its outputs.
//!
//! | what | where | paper |
//! | --- | --- | --- |
//! | variational dropout | [`DropoutRates`], the same mask at every step | Gal and Ghahramani 2016 |
//! | word dropout | [`DropoutRates::words`], whole words of the vocabulary | Gal and Ghahramani 2016 |
//! | weight drop | [`drop_recurrent_weights`], the same mask for a window | Merity et al. 2018 |
//! | zoneout | [`ZoneoutRates`], units that keep their state for a step | Krueger et al. 2017 |
//! | activation regularisation | [`activation_penalty`], [`temporal_activation_penalty`] | Merity et al. 2017 |
//! | weight decay | [`ClippedAdamConfig`](crate::ClippedAdamConfig), [`ClippedSgdConfig`](crate::ClippedSgdConfig) | Loshchilov and Hutter 2019 |
//!
//! A probability of 0 draws nothing from the generator and changes no bit of the result.

mod activation;
mod dropout;
mod weight_drop;
mod zoneout;

pub use activation::{activation_penalty, temporal_activation_penalty};
pub use dropout::{DropoutRates, dropout_mask};
pub(crate) use dropout::{dropped, layer_masks, masked, some_mask, words_dropped};
pub use weight_drop::drop_recurrent_weights;
pub use zoneout::ZoneoutRates;

use burn::tensor::Tensor;
use recurra_cells::Lengths;
use serde::{Deserialize, Serialize};

use crate::Error;

/// What a training does to its model's passes, and adds to its losses, so that it does not learn its text by heart. By
/// default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Regularization {
    /// What is dropped in each window, and how probably.
    pub dropout: DropoutRates,
    /// The factor of [`activation_penalty`], at least 0 and finite; AWD-LSTM takes 2.
    pub activation: f64,
    /// The factor of [`temporal_activation_penalty`], at least 0 and finite; AWD-LSTM takes 1.
    pub temporal_activation: f64,
}

impl Regularization {
    /// None at all.
    pub const NONE: Self = Self {
        dropout: DropoutRates::NONE,
        activation: 0.0,
        temporal_activation: 0.0,
    };

    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// If a probability is outside of `[0, 1)`, or a factor is negative or not finite.
    pub fn validate(&self) -> Result<(), Error> {
        self.dropout.validate()?;
        for (field, factor) in [
            ("activation", self.activation),
            ("temporal_activation", self.temporal_activation),
        ] {
            if !(factor.is_finite() && factor >= 0.0) {
                return Err(Error::config(field, "at least 0 and finite", factor));
            }
        }
        Ok(())
    }

    /// The penalties on a network's outputs, each `[B, T, H]`: those that the output layer reads, dropout included, and those
    /// before dropout. None where both factors are 0.
    pub fn penalty(
        &self,
        dropped: Tensor<3>,
        outputs: Tensor<3>,
        lengths: Option<&Lengths>,
    ) -> Option<Tensor<1>> {
        let activation =
            (self.activation > 0.0).then(|| activation_penalty(dropped, lengths) * self.activation);
        let temporal = (self.temporal_activation > 0.0)
            .then(|| temporal_activation_penalty(outputs, lengths) * self.temporal_activation);
        match (activation, temporal) {
            (Some(activation), Some(temporal)) => Some(activation + temporal),
            (one, other) => one.or(other),
        }
    }
}

/// [`DropoutRates`] alone.
impl From<DropoutRates> for Regularization {
    fn from(dropout: DropoutRates) -> Self {
        Self {
            dropout,
            ..Self::NONE
        }
    }
}

/// A probability of dropping, which must leave something.
fn check_probability(field: &'static str, probability: f64) -> Result<(), Error> {
    match (0.0..1.0).contains(&probability) {
        true => Ok(()),
        false => Err(Error::config(field, "in [0, 1)", probability)),
    }
}
