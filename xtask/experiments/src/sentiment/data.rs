//! The texts: a corpus from disk, or one that the project writes itself.

use std::collections::BTreeMap;
use std::path::Path;

use recurra_datasets::labelled::{
    Difficulty, HeldOut, LabelledCorpus, LabelledParts, LabelledSource, LabelledText, Split,
    SplitSizes,
};

use super::config::Config;
use crate::comparison::StudyData;
use crate::error::Error;
use crate::report::Expected;
use crate::texts::{Reader, bag_of_words};

/// How many texts test, where there is no file of them.
const TEST: usize = 2000;

/// Texts in three parts that have none in common, and what reads them.
pub struct Data {
    pub name: String,
    pub classes: Vec<String>,
    pub train: Vec<LabelledText>,
    pub valid: Vec<LabelledText>,
    pub test: Vec<LabelledText>,
    /// Knows the words of the training part.
    pub reader: Reader,
    /// In percent of the test: the commonest class, and naive Bayes on words.
    pub majority: f64,
    pub bag_of_words: f64,
}

impl StudyData for Data {
    fn name(&self) -> &str {
        &self.name
    }

    fn baselines(&self) -> BTreeMap<String, f64> {
        let baselines = [
            ("majority_accuracy", self.majority),
            ("bag_of_words_accuracy", self.bag_of_words),
        ];
        baselines
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }
}

impl Data {
    /// Reads the corpus at `path`, or generates one from `seed`, which also draws the parts that have no file.
    pub fn read(path: Option<&Path>, config: &Config, seed: u64) -> Result<Self, Error> {
        let Some(path) = path else {
            let (reviews, split) = generated(config, seed)?;
            return Self::new(
                "generated reviews".to_owned(),
                reviews.classes,
                split,
                config,
            );
        };
        let (name, parts) = read(path)?;
        let classes = parts.train.classes.clone();
        let split = split(parts, config.validation, seed)?;
        Self::new(name, classes, split, config)
    }

    fn new(
        name: String,
        classes: Vec<String>,
        split: Split,
        config: &Config,
    ) -> Result<Self, Error> {
        let (train, valid) = (split.pool.examples, split.development.examples);
        let test = split.test.examples;
        let texts = train.iter().map(|it| it.text.as_str());
        let reader = Reader::new(texts, config.min_count, &config.vectors)?;
        Ok(Self {
            bag_of_words: bag_of_words(&reader, &train, &test, classes.len())?,
            majority: majority(&train, &test, classes.len()),
            name,
            classes,
            train,
            valid,
            test,
            reader,
        })
    }

    /// Texts as the network reads them.
    pub fn rows(&self, part: &[LabelledText]) -> Result<Vec<Vec<u32>>, Error> {
        self.reader.rows(part.iter().map(|it| it.text.as_str()))
    }

    /// Published figures for this corpus.
    pub fn expected(&self) -> BTreeMap<&'static str, Expected> {
        let (value, source) = match self.name.as_str() {
            "sst2_glue" => (
                87.5,
                "Tai et al. 2015: a Bi-LSTM from GloVe vectors, on the test part",
            ),
            "sst2" => (
                83.5,
                "a CNN from random vectors: README of harvardnlp/sent-conv-torch",
            ),
            "ag_news" => (
                86.06,
                "Zhang et al. 2015: an LSTM, on 120,000 texts with titles",
            ),
            _ => return BTreeMap::new(),
        };
        [("test_accuracy", Expected { value, source })].into()
    }
}

fn read(path: &Path) -> Result<(String, LabelledParts), Error> {
    let source = LabelledSource::locate(path, Some("sst2_glue"))?;
    let folder = source.train.parent().filter(|_| path.is_dir());
    let name = folder.unwrap_or(&source.train).file_name();
    let name = name.unwrap_or_default().to_string_lossy().into_owned();
    Ok((name, source.read()?))
}

/// Reviews in which the order of the words decides; their parts are those of [`split`].
fn generated(config: &Config, seed: u64) -> Result<(LabelledCorpus, Split), Error> {
    let sizes = SplitSizes {
        labelled: 0,
        pool: Some(config.generated_texts),
        development: config.validation,
        test: TEST,
    };
    // Some are there already, and left out.
    let count = (config.generated_texts + config.validation + TEST) * 21 / 20 + 100;
    let reviews = LabelledCorpus::generated_reviews(seed, count, Difficulty::Nested);
    let split = Split::draw(&reviews, sizes, seed)?;
    Ok((reviews, split))
}

/// What is published for validation and test is taken, the rest drawn from the training part. A lone file of held-out texts
/// tests.
fn split(parts: LabelledParts, validation: usize, seed: u64) -> Result<Split, Error> {
    let (test, development) = match (&parts.test, &parts.dev) {
        (Some(test), development) => (Some(test), development.as_ref()),
        (None, only) => (only.as_ref(), None),
    };
    let sizes = SplitSizes {
        labelled: 0,
        pool: None,
        development: if development.is_some() { 0 } else { validation },
        test: 0,
    };
    let Some(test) = test else {
        let test = TEST.min(parts.train.examples.len() / 10).max(1);
        return Ok(Split::draw(
            &parts.train,
            SplitSizes { test, ..sizes },
            seed,
        )?);
    };
    Ok(Split::draw_beside(
        HeldOut { test, development },
        &parts.train,
        sizes,
        seed,
    )?)
}

/// How often the commonest class of `train` is right.
fn majority(train: &[LabelledText], test: &[LabelledText], classes: usize) -> f64 {
    let count = |class: usize| train.iter().filter(|it| it.label == class).count();
    let commonest = (0..classes).max_by_key(|&class| count(class));
    let hits = test.iter().filter(|it| Some(it.label) == commonest).count();
    100.0 * hits as f64 / test.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn generated_parts_are_disjoint_and_words_tell_nothing() {
        let config = Config::quick();
        let data = Data::read(None, &config, 1).unwrap();
        let parts = [&data.train, &data.valid, &data.test];
        let texts: HashSet<&str> = parts
            .iter()
            .flat_map(|part| part.iter().map(|it| it.text.as_str()))
            .collect();
        let count: usize = parts.iter().map(|part| part.len()).sum();
        assert_eq!(texts.len(), count);
        assert_eq!(data.train.len(), config.generated_texts);
        assert_eq!(
            (data.valid.len(), data.test.len()),
            (config.validation, TEST)
        );
        assert!(
            (data.bag_of_words - 50.0).abs() < 5.0,
            "{}",
            data.bag_of_words
        );
        assert!((data.majority - 50.0).abs() < 5.0, "{}", data.majority);
    }

    #[test]
    fn the_commonest_class_of_the_training_part_is_counted_in_the_test() {
        let texts = |labels: &[usize]| -> Vec<LabelledText> {
            let text = |&label| LabelledText {
                text: String::new(),
                label,
            };
            labels.iter().map(text).collect()
        };
        let found = majority(&texts(&[1, 1, 0]), &texts(&[0, 1, 1, 1, 2]), 3);
        assert_eq!(found, 60.0);
    }
}
