//! What a tagger says of words that are parted by blanks: each with its tag.

use std::path::Path;

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig};
use recurra_train::{SpelledRows, WordTagger, WordTaggerConfig, load};
use serde_json::json;

use super::{Prediction, Predictor};
use crate::error::Error;
use crate::tagging::Reader;

struct Tagger {
    model: WordTagger<AnyCell>,
    reader: Reader,
}

pub fn read(folder: &Path, device: &Device) -> Result<Box<dyn Predictor>, Error> {
    let (_, model) = load::<WordTaggerConfig<AnyCellConfig>>(folder, device)?;
    let reader = Reader::read(folder)?;
    Ok(Box::new(Tagger { model, reader }))
}

impl Predictor for Tagger {
    fn predict(&self, line: &str) -> Result<Prediction, Error> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let rows = SpelledRows::new(&[self.reader.row(&words)?]);
        let tags = self.model.predict(&rows).swap_remove(0);
        let tags = tags
            .iter()
            .map(|&tag| self.reader.tags[tag as usize].as_str());
        let tags: Vec<&str> = tags.collect();
        let pairs = words.iter().zip(&tags);
        let pairs: Vec<String> = pairs.map(|(word, tag)| format!("{word}/{tag}")).collect();
        Ok(Prediction {
            text: pairs.join(" "),
            json: json!({"words": words, "tags": tags}),
        })
    }
}
