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
pub use weight_drop::drop_recurrent_weights;
pub use zoneout::ZoneoutRates;

use crate::Error;

/// A probability of dropping, which must leave something.
fn check_probability(field: &'static str, probability: f64) -> Result<(), Error> {
    match (0.0..1.0).contains(&probability) {
        true => Ok(()),
        false => Err(Error::config(field, "in [0, 1)", probability)),
    }
}
