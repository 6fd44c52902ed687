//! How a language model goes on from a line.

use std::path::Path;

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_datasets::{END_OF_LINE, Unit, Vocabulary};
use recurra_train::{LanguageModel, LanguageModelConfig, load, sample};
use serde_json::json;

use super::{Prediction, Predictor};
use crate::error::Error;

/// The most tokens of a continuation, which ends with its line.
const LONGEST: usize = 200;

/// More careful than the model's own distribution.
const TEMPERATURE: f64 = 0.8;

/// The same line goes on in the same way.
const SEED: u64 = 1;

struct Writer {
    model: LanguageModel<AnyCell>,
    vocabulary: Vocabulary,
    unit: Unit,
}

pub fn read(folder: &Path, device: &Device) -> Result<Box<dyn Predictor>, Error> {
    let (_, model) = load::<LanguageModelConfig<AnyCellConfig>>(folder, device)?;
    let vocabulary = Vocabulary::read(folder.join("vocabulary.json"))?;
    // Only words have a word for the end of a line.
    let unit = match vocabulary.id(END_OF_LINE) {
        Some(_) => Unit::Word,
        None => Unit::Char,
    };
    Ok(Box::new(Writer {
        model,
        vocabulary,
        unit,
    }))
}

impl Predictor for Writer {
    fn predict(&self, line: &str) -> Result<Prediction, Error> {
        let prompt = self.vocabulary.encode(self.unit.tokens(line))?;
        let end = match self.unit {
            Unit::Char => "\n",
            Unit::Word => END_OF_LINE,
        };
        let end = self.vocabulary.id(end);
        let drawn = sample(&self.model, &prompt, TEMPERATURE, SeededRng::new(SEED))?;
        let drawn = drawn.take(LONGEST).take_while(|&token| Some(token) != end);
        let drawn: Vec<u32> = drawn.collect();
        let all = [prompt, drawn.clone()].concat();
        let text = self.unit.join(self.vocabulary.decode(&all)?);
        let continuation = self.unit.join(self.vocabulary.decode(&drawn)?);
        Ok(Prediction {
            text,
            json: json!({"text": line, "continuation": continuation}),
        })
    }
}
