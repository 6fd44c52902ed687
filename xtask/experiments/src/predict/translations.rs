//! What a translator makes of a sentence whose words are parted by blanks, as those were that it learned from.

use std::path::Path;

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig};
use recurra_train::{BeamSearchConfig, SearchLimits, Seq2Seq, Seq2SeqConfig, load};
use serde_json::json;

use super::{Prediction, Predictor};
use crate::error::Error;
use crate::translation::{MARKS, SOURCE, Subwords, TARGET};

/// As in the experiment's test.
const BEAM: usize = 5;

/// How many subwords a translation has for each of the source's, at most, and beside them.
const LONGER: (usize, usize) = (2, 10);

struct Translator {
    model: Seq2Seq<AnyCell>,
    source: Subwords,
    target: Subwords,
}

pub fn read(folder: &Path, device: &Device) -> Result<Box<dyn Predictor>, Error> {
    let (_, model) = load::<Seq2SeqConfig<AnyCellConfig>>(folder, device)?;
    Ok(Box::new(Translator {
        model,
        source: Subwords::read(&folder.join(SOURCE))?,
        target: Subwords::read(&folder.join(TARGET))?,
    }))
}

impl Predictor for Translator {
    fn predict(&self, line: &str) -> Result<Prediction, Error> {
        let source = self.source.encode(line)?;
        let search = BeamSearchConfig {
            width: BEAM,
            length_penalty: 1.0,
            limits: SearchLimits {
                marks: MARKS,
                max_length: LONGER.0 * source.len() + LONGER.1,
            },
        };
        let best = self.model.beam_search(&[source], search)?;
        let best = best[0].first().expect("a search finds at least one");
        let translation = self.target.decode(&best.tokens)?;
        Ok(Prediction {
            json: json!({
                "text": line,
                "translation": translation,
                "log_probability": best.log_probability,
            }),
            text: translation,
        })
    }
}
