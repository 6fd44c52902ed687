//! Which notes sound next in a piece of music.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData, activation};
use recurra_cells::{AnyCell, AnyCellConfig};
use recurra_datasets::{DatasetError, PianoRoll};
use recurra_train::{MultiLabelPredictor, MultiLabelPredictorConfig, load};
use serde_json::json;

use super::{Prediction, Predictor};
use crate::error::Error;
use crate::music::{self, NOTES};
use crate::run_folder::RunFolder;

/// How probable a note is that is said to sound.
const PROBABLE: f32 = 0.5;

struct Musician {
    model: MultiLabelPredictor<AnyCell>,
    /// The MIDI number of each label.
    notes: Vec<u8>,
}

pub fn read(folder: &Path, device: &Device) -> Result<Box<dyn Predictor>, Error> {
    let (_, model) = load::<MultiLabelPredictorConfig<AnyCellConfig>>(folder, device)?;
    let notes: Vec<u8> = RunFolder::at(folder).read(NOTES)?;
    if notes != music::notes() || model.num_labels() != notes.len() {
        let error = DatasetError::InvalidContent {
            path: folder.join(NOTES),
            place: "whole file".to_owned(),
            expected: "a piano's notes, as the model has labels".to_owned(),
            got: format!("{} numbers", notes.len()),
        };
        return Err(error.into());
    }
    Ok(Box::new(Musician { model, notes }))
}

impl Predictor for Musician {
    /// The notes behind the last step of a piece such as `[[60, 64, 67], [62, 65]]`.
    fn predict(&self, line: &str) -> Result<Prediction, Error> {
        let piece = PianoRoll::from_json("line", line)?;
        let probabilities = self.next(&piece);
        let named = || self.notes.iter().zip(&probabilities);
        let next = named().filter(|(_, probability)| **probability >= PROBABLE);
        let next: Vec<u8> = next.map(|(note, _)| *note).collect();
        let text: Vec<String> = next.iter().map(u8::to_string).collect();
        let all = named().map(|(note, probability)| (note.to_string(), json!(probability)));
        let all: serde_json::Map<_, _> = all.collect();
        Ok(Prediction {
            text: text.join(" "),
            json: json!({"next": next, "probabilities": all}),
        })
    }
}

impl Musician {
    /// How probable each label is in the step behind the last one.
    fn next(&self, piece: &PianoRoll) -> Vec<f32> {
        let (steps, width) = (piece.len(), self.notes.len());
        let mut values = vec![0.0_f32; steps * width];
        for (step, keys) in piece.steps().iter().enumerate() {
            keys.iter().for_each(|key| values[step * width + key] = 1.0);
        }
        let values = TensorData::new(values, [1, steps, width]);
        let values = Tensor::from_data(values, &self.model.device());
        let logits = self.model.forward(values, None).narrow(1, steps - 1, 1);
        let probabilities = activation::sigmoid(logits).into_data();
        probabilities.iter::<f32>().collect()
    }
}
