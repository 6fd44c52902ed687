//! A recurrent language model against counting.

use recurra_train::DropoutRates;

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{Finding, Verdict};
use super::super::language::{MARGIN, lowest};
use crate::error::Error;
use crate::texts::{BestNGrams, LONGEST};

/// An LSTM and n-grams on the same text.
pub fn measure(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let corpus = with.corpus()?;
    let counted = BestNGrams::of(&corpus);
    let model = with.language_model(&corpus);
    let nats = with.read((model, DropoutRates::uniform(0.2)), &corpus, |model| model)?;
    let learned = lowest(&nats);
    let figures = [
        ("lstm_nats", learned),
        ("n_grams_nats", counted.valid),
        ("n_grams_order", counted.order as f64),
    ];
    Ok(Finding::new(
        Claim::NGrams,
        "A recurrent language model predicts a text better than n-grams, which see only the last few characters.",
        figures.map(|(name, value)| (name.to_owned(), value)).into(),
        Verdict::of(learned <= counted.valid - MARGIN),
        format!(
            "Holds if the best validation of an LSTM (variational dropout at 0.2, {} readings) is at least {MARGIN} nats per character \
             below that of n-grams with the smoothing of Witten and Bell, of the order that validation chooses, up to \
             {LONGEST}; {} characters of generated text.",
            with.config.readings, with.config.characters
        ),
    ))
}
