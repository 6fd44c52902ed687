//! Sentences of spelled words on the host, and the label of each word.

use std::collections::HashMap;

use burn::tensor::{Device, Int, Tensor};
use recurra_cells::Lengths;

use super::super::tagger::assert_labels_below;
use crate::window::upload;
use crate::{SequenceWindow, TokenRows};

/// A word of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpelledWord {
    /// Its number in the vocabulary, which words that are not in it may share.
    pub word: u32,
    /// Its characters, first to last.
    pub characters: Vec<u32>,
}

/// `B` sentences of at most `T` words each, padded, and the `N` distinct spellings of their words, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpelledRows {
    words: TokenRows,
    spellings: TokenRows,
    /// `[B, T]`: which spelling stands there.
    places: Vec<u32>,
}

impl SpelledRows {
    /// Sentences of any length, padded to the longest and to at least one word.
    ///
    /// # Panics
    ///
    /// If there is no sentence.
    pub fn new<R: AsRef<[SpelledWord]>>(sentences: &[R]) -> Self {
        let mut numbers: HashMap<&[u32], u32> = HashMap::new();
        let mut spellings: Vec<&[u32]> = Vec::new();
        let mut place = |spelling| {
            *numbers.entry(spelling).or_insert_with(|| {
                spellings.push(spelling);
                spellings.len() as u32 - 1
            })
        };
        let (mut words, mut places) = (Vec::new(), Vec::new());
        for sentence in sentences {
            let sentence = sentence.as_ref();
            words.push(sentence.iter().map(|it| it.word).collect::<Vec<_>>());
            let row = sentence.iter().map(|it| place(it.characters.as_slice()));
            places.push(row.collect::<Vec<_>>());
        }
        // Sentences without a word have a spelling all the same, of which their padding is.
        if spellings.is_empty() {
            spellings.push(&[]);
        }
        Self {
            words: TokenRows::padded(&words, 0),
            spellings: TokenRows::padded(&spellings, 0),
            places: TokenRows::padded(&places, 0).as_slice().to_vec(),
        }
    }

    /// `B`.
    pub fn batch_size(&self) -> usize {
        self.words.batch_size()
    }

    /// How many words of each sentence there are.
    pub fn lengths(&self) -> &Lengths {
        self.words.lengths()
    }

    /// The words `[B, T]`.
    pub fn words(&self) -> &TokenRows {
        &self.words
    }

    /// The characters `[N, L]` of each distinct spelling, in the order in which they come first.
    pub fn spellings(&self) -> &TokenRows {
        &self.spellings
    }

    /// Which of the spellings each word has, `[B, T]`.
    pub fn places(&self, device: &Device) -> Tensor<2, Int> {
        let shape = [self.batch_size(), self.lengths().steps()];
        upload(&self.places, shape, device)
    }
}

/// Sentences of spelled words with a label for each word, for a [`WordTagger`](crate::WordTagger).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordTaggerBatch {
    rows: SpelledRows,
    /// `[B, T]`.
    labels: Vec<u32>,
}

impl WordTaggerBatch {
    /// Sentences, and the labels of the words of each.
    ///
    /// # Panics
    ///
    /// If there are no words at all, or a sentence has not as many labels as words.
    pub fn new<L: AsRef<[u32]>>(rows: SpelledRows, labels: &[L]) -> Self {
        let own: Vec<usize> = labels.iter().map(|row| row.as_ref().len()).collect();
        let lengths = rows.lengths().as_slice();
        assert_eq!(
            own, lengths,
            "the labels of sentences of {lengths:?} words are {own:?}"
        );
        assert!(
            rows.lengths().longest() > 0,
            "a batch needs at least one word, but all its sentences are empty"
        );
        let labels = TokenRows::padded(labels, 0).as_slice().to_vec();
        Self { rows, labels }
    }

    /// The sentences.
    pub fn rows(&self) -> &SpelledRows {
        &self.rows
    }

    /// The labels `[B, T]`.
    pub fn labels(&self, device: &Device) -> Tensor<2, Int> {
        let shape = [self.rows.batch_size(), self.rows.lengths().steps()];
        upload(&self.labels, shape, device)
    }

    /// Panics if a label is not below `classes`: on the host, because a GPU would read anything.
    pub fn assert_labels_below(&self, classes: usize) {
        assert_labels_below(&self.labels, self.rows.lengths(), classes);
    }
}

/// Each row is a sentence of its own; every word counts.
impl SequenceWindow for WordTaggerBatch {
    fn batch_size(&self) -> usize {
        self.rows.batch_size()
    }

    fn valid_steps(&self) -> usize {
        self.rows.lengths().as_slice().iter().sum()
    }
}
