//! The sentences and their translations: Multi30k from disk, or a language that the project makes up.

use std::collections::BTreeMap;
use std::path::Path;

use recurra_datasets::parallel::{ParallelCorpus, ParallelText};

use super::bleu::bleu;
use super::config::Config;
use super::subwords::Subwords;
use super::word_by_word::Dictionary;
use crate::comparison::{StudyData, folder_of};
use crate::error::Error;
use crate::report::Expected;

/// The data set's name in a folder of several, and its languages.
const NAME: &str = "multi30k";
const LANGUAGES: [&str; 2] = ["en", "de"];

/// Sentences with their translations in three parts, and what cuts them into subwords.
pub struct Data {
    name: String,
    pub train: ParallelText,
    pub valid: ParallelText,
    pub test: ParallelText,
    /// Know the training part's words.
    pub source: Subwords,
    pub target: Subwords,
    /// The test's BLEU, word by word.
    pub word_by_word: f64,
}

impl Data {
    /// Reads the corpus at `path`, or generates one from `seed`.
    pub fn read(path: Option<&Path>, config: &Config, seed: u64) -> Result<Self, Error> {
        let (name, corpus) = match path {
            None => {
                let corpus = ParallelCorpus::generated(seed, config.generated_pairs);
                ("a generated language".to_owned(), corpus)
            }
            Some(path) => {
                let [source, target] = LANGUAGES;
                let corpus = ParallelCorpus::read(folder_of(NAME, path), source, target)?;
                (NAME.to_owned(), corpus)
            }
        };
        let train = first(corpus.train, config.pairs);
        let test = first(corpus.test, config.judged);
        let dictionary = Dictionary::learn(&train);
        let by_words = test.sources.iter().map(|it| dictionary.translate(it));
        let by_words: Vec<String> = by_words.collect();
        Ok(Self {
            name,
            source: Subwords::learn(&train.sources, config.subwords)?,
            target: Subwords::learn(&train.targets, config.subwords)?,
            word_by_word: bleu(&by_words, &test.targets),
            valid: first(corpus.valid, config.judged),
            train,
            test,
        })
    }

    /// Published figures for this corpus.
    pub fn expected(&self) -> BTreeMap<&'static str, Expected> {
        if self.name != NAME {
            return BTreeMap::new();
        }
        let source = "Caglayan et al. 2017: a GRU with attention, of texts alone";
        [("valid_bleu", 39.17), ("test_bleu", 39.0)]
            .map(|(name, value)| (name, Expected { value, source }))
            .into()
    }
}

impl StudyData for Data {
    fn name(&self) -> &str {
        &self.name
    }

    fn baselines(&self) -> BTreeMap<String, f64> {
        [("word_by_word_bleu".to_owned(), self.word_by_word)].into()
    }
}

/// The first pairs, at most `limit`; all for 0.
fn first(text: ParallelText, limit: usize) -> ParallelText {
    let limit = if limit == 0 { text.len() } else { limit };
    let pairs = text.sources.into_iter().zip(text.targets);
    pairs.take(limit).collect()
}
