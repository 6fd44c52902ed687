//! What a recogniser hears in a WAV file.

use std::path::Path;

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig};
use recurra_datasets::DatasetError;
use recurra_datasets::speech::Recording;
use recurra_train::{CtcBatch, CtcRecognizer, CtcRecognizerConfig, load};
use serde_json::json;

use super::{Prediction, Predictor};
use crate::error::Error;
use crate::speech::Features;

struct Recogniser {
    model: CtcRecognizer<AnyCell>,
    features: Features,
}

pub fn read(folder: &Path, device: &Device) -> Result<Box<dyn Predictor>, Error> {
    let (_, model) = load::<CtcRecognizerConfig<AnyCellConfig>>(folder, device)?;
    let features = Features::read(folder)?;
    Ok(Box::new(Recogniser { model, features }))
}

impl Predictor for Recogniser {
    fn predict(&self, line: &str) -> Result<Prediction, Error> {
        let recording = Recording::read(line)?;
        let expected = self.features.sample_rate;
        if recording.sample_rate != expected {
            let error = DatasetError::InvalidContent {
                path: line.into(),
                place: "header".to_owned(),
                expected: format!("{expected} samples a second, as the model learned from"),
                got: recording.sample_rate.to_string(),
            };
            return Err(error.into());
        }
        let frames = self.features.frames(&recording.samples);
        let batch = CtcBatch::padded(&[frames], self.features.width(), vec![Vec::new()]);
        let features = batch.features(&self.model.device());
        let digits = self.model.greedy(features, Some(batch.lengths()));
        let text: Vec<String> = digits[0].iter().map(u32::to_string).collect();
        Ok(Prediction {
            text: text.join(" "),
            json: json!({"file": line, "digits": digits[0]}),
        })
    }
}
