//! What a classifier of texts says: class, probability and text.

use std::path::Path;

use burn::tensor::Device;
use recurra_distill::Teacher;
use serde_json::{Map, Value, json};

use super::{Prediction, Predictor};
use crate::error::Error;
use crate::texts::Model;

pub fn read(folder: &Path, device: &Device) -> Result<Box<dyn Predictor>, Error> {
    Ok(Box::new(Model::read(folder, device)?))
}

impl Predictor for Model {
    fn predict(&self, text: &str) -> Result<Prediction, Error> {
        let soft = self.label(&[text])?;
        let decided = soft.decisions()[0];
        let probabilities = soft.probabilities().next();
        let probabilities = probabilities.expect("one text was asked for");
        let classes = self.classes();
        Ok(prediction(classes, text, decided, &probabilities))
    }
}

fn prediction(classes: &[String], text: &str, decided: usize, probabilities: &[f64]) -> Prediction {
    let pairs = classes.iter().zip(probabilities);
    let all: Map<String, Value> = pairs
        .map(|(class, &probability)| (class.clone(), json!(probability)))
        .collect();
    let (class, probability) = (&classes[decided], probabilities[decided]);
    Prediction {
        text: format!("{class}\t{probability:.4}\t{text}"),
        json: json!({"text": text, "class": class, "probabilities": all}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_is_a_line_of_text_or_of_json() {
        let classes = ["bad", "good"].map(str::to_owned);
        let good = prediction(&classes, "a film", 1, &[0.25, 0.75]);
        assert_eq!(good.text, "good\t0.7500\ta film");
        let bad = prediction(&classes, "a \"film\"", 0, &[0.75, 0.25]);
        let expected = json!({
            "text": "a \"film\"",
            "class": "bad",
            "probabilities": {"bad": 0.75, "good": 0.25},
        });
        assert_eq!(bad.json, expected);
    }
}
