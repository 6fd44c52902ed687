//! Training one cell, and what that comes to.

use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_train::checkpoint::Best;
use recurra_train::{CtcBatch, CtcRecognizer, CtcRecognizerConfig};
use strsim::generic_levenshtein;

use super::config::Config;
use super::data::{Data, Example, Parts};
use super::results::{Heard, Outcome};
use crate::cells::{CellKind, NetworkShape};
use crate::error::Error;
use crate::training::{Epochs, Lesson, Measures, Trainer};

/// The digits.
const SYMBOLS: usize = 10;

/// How many recordings are read at a time where nothing is learned.
const READ: usize = 64;

/// Trains a cell under a seed and tests it; and, if a speaker is to be left out, another without that one.
pub fn train(
    config: &Config,
    data: &Data,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Outcome, Error> {
    let strings = |parts, variant| Strings {
        width: data.features.width(),
        parts,
        model: model_config(config, cell, data.features.width()),
        variant,
    };
    let task = Epochs::new(strings(&data.seen, ""), cell, &config.training);
    let (model, trained) = trainer.train(&task, seed)?;
    let heard = task.lesson.hear(&model, &data.seen.test);
    let unseen = match &data.unseen {
        None => None,
        Some((speaker, parts)) => {
            let task = Epochs::new(strings(parts, "unseen"), cell, &config.training);
            let (model, _) = trainer.train(&task, seed)?;
            let heard = task.lesson.hear(&model, &parts.test);
            Some((speaker.clone(), word_error(&heard)))
        }
    };
    Ok(Outcome {
        trained,
        model_config: task.lesson.model,
        model,
        test_wer: word_error(&heard),
        heard,
        unseen,
    })
}

/// The recogniser of `kind`, whose network has as many parameters as that of an LSTM.
fn model_config(
    config: &Config,
    kind: CellKind,
    inputs: usize,
) -> CtcRecognizerConfig<AnyCellConfig> {
    let shape = NetworkShape {
        hidden_size: config.hidden_size,
        num_layers: config.num_layers,
        direction: config.direction,
    };
    let network = kind.network_like_lstms(inputs, shape);
    CtcRecognizerConfig::new(inputs, SYMBOLS, network)
}

/// Strings of spoken digits, to be written down.
struct Strings<'a> {
    width: usize,
    parts: &'a Parts,
    model: CtcRecognizerConfig<AnyCellConfig>,
    variant: &'static str,
}

impl Strings<'_> {
    fn frames(&self, example: &Example) -> usize {
        example.frames.len() / self.width
    }

    fn of<'a>(&self, examples: impl Iterator<Item = &'a Example> + Clone) -> CtcBatch {
        let frames: Vec<&[f32]> = examples.clone().map(|it| it.frames.as_slice()).collect();
        let digits = examples.map(|it| it.digits.clone());
        CtcBatch::padded(&frames, self.width, digits.collect())
    }

    /// What the model makes of recordings, beside what is said.
    fn hear(&self, model: &CtcRecognizer<AnyCell>, part: &[Example]) -> Vec<Heard> {
        let model = model.valid();
        let mut heard = Vec::with_capacity(part.len());
        for examples in part.chunks(READ) {
            let batch = self.of(examples.iter());
            let features = batch.features(&model.device());
            let said = examples.iter().map(|it| it.digits.clone());
            let recognised = model.greedy(features, Some(batch.lengths()));
            heard.extend(said.zip(recognised));
        }
        heard
    }
}

/// Insertions, deletions and substitutions, in percent of what is said.
fn word_error(heard: &[Heard]) -> f64 {
    let edits = heard
        .iter()
        .map(|(said, recognised)| generic_levenshtein(said, recognised));
    let said: usize = heard.iter().map(|(said, _)| said.len()).sum();
    100.0 * edits.sum::<usize>() as f64 / said as f64
}

impl Lesson for Strings<'_> {
    type Model = CtcRecognizer<AnyCell>;

    const MEASURES: Measures = Measures {
        train: "train_loss",
        valid: "valid_wer",
        unit: "% word error",
        best: Best::Lowest,
        rate: "recordings_per_second",
        counted: "recordings",
    };

    fn variant(&self) -> &str {
        self.variant
    }

    fn lengths(&self) -> Vec<usize> {
        self.parts.train.iter().map(|it| self.frames(it)).collect()
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> CtcRecognizer<AnyCell> {
        self.model.init(device, rng)
    }

    fn batch(&self, rows: &[usize]) -> Result<CtcBatch, Error> {
        Ok(self.of(rows.iter().map(|&row| &self.parts.train[row])))
    }

    fn validate(&self, model: &CtcRecognizer<AnyCell>) -> Result<f64, Error> {
        Ok(word_error(&self.hear(model, &self.parts.valid)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_over_all_that_is_said() {
        let heard = [(vec![1, 2, 3], vec![1, 3]), (vec![4], vec![5, 4])];
        assert_eq!(word_error(&heard), 50.0);
    }
}
