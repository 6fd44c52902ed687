//! Rows of tokens on the host, and the label of each.

use std::iter;

use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::Lengths;

use crate::SequenceWindow;
use crate::window::{assert_tokens_below, upload};

/// `B` rows of at most `T` tokens each, padded. It lives on the host; a model uploads it to its own device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRows {
    tokens: Vec<u32>,
    lengths: Lengths,
}

impl TokenRows {
    /// `tokens [B, T]` in row-major order, of which the first `lengths[b]` of row `b` are valid. In the padding may stand any
    /// token of the vocabulary.
    ///
    /// # Panics
    ///
    /// If there is no row, or the tokens are not as many as the lengths say.
    pub fn new(tokens: Vec<u32>, lengths: Lengths) -> Self {
        let shape = [lengths.as_slice().len(), lengths.steps()];
        assert!(shape[0] > 0, "a batch needs at least one row, got none");
        assert_eq!(
            tokens.len(),
            shape[0] * shape[1],
            "the tokens do not fill [B, T] = {shape:?}"
        );
        Self { tokens, lengths }
    }

    /// Rows of any length, padded with `padding` to the longest, and to at least one token.
    ///
    /// # Panics
    ///
    /// If there is no row.
    pub fn padded<R: AsRef<[u32]>>(rows: &[R], padding: u32) -> Self {
        let valid: Vec<usize> = rows.iter().map(|row| row.as_ref().len()).collect();
        let steps = valid.iter().copied().max().unwrap_or(0).max(1);
        let padded = rows.iter().flat_map(|row| {
            let tokens = row.as_ref().iter().copied();
            tokens.chain(iter::repeat(padding)).take(steps)
        });
        let lengths = Lengths::new(valid, steps).expect("no row is longer than the longest");
        Self::new(padded.collect(), lengths)
    }

    /// `B`.
    pub fn batch_size(&self) -> usize {
        self.lengths.as_slice().len()
    }

    /// How many tokens of each row are valid.
    pub fn lengths(&self) -> &Lengths {
        &self.lengths
    }

    /// The tokens `[B, T]`, row by row.
    pub fn as_slice(&self) -> &[u32] {
        &self.tokens
    }

    /// The tokens `[B, T]`.
    pub fn tokens(&self, device: &Device) -> Tensor<2, Int> {
        let shape = [self.batch_size(), self.lengths.steps()];
        upload(&self.tokens, shape, device)
    }

    /// Panics if a token is not below `vocabulary_size`: on the host, because a GPU would read beyond its table without a
    /// word.
    pub fn assert_below(&self, vocabulary_size: usize) {
        assert_tokens_below(&self.tokens, vocabulary_size);
    }
}

/// Rows of tokens with a label each, for a [`SequenceClassifier`](crate::SequenceClassifier).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassifierBatch {
    rows: TokenRows,
    labels: Vec<usize>,
}

impl ClassifierBatch {
    /// `rows` of `B` sequences, and `labels [B]`.
    ///
    /// # Panics
    ///
    /// If there is not one label for each row.
    pub fn new(rows: TokenRows, labels: Vec<usize>) -> Self {
        let (own, expected) = (labels.len(), rows.batch_size());
        assert_eq!(
            own, expected,
            "{own} labels are not one for each of {expected} rows"
        );
        Self { rows, labels }
    }

    /// The tokens.
    pub fn rows(&self) -> &TokenRows {
        &self.rows
    }

    /// The labels `[B]`.
    pub fn labels(&self, device: &Device) -> Tensor<1, Int> {
        let labels: Vec<i64> = self.labels.iter().map(|&label| label as i64).collect();
        Tensor::from_data(TensorData::new(labels, [self.labels.len()]), device)
    }

    /// Panics if a label is not below `classes`: on the host, because a GPU would read anything.
    pub fn assert_labels_below(&self, classes: usize) {
        if let Some(label) = self.labels.iter().find(|&&label| label >= classes) {
            panic!("label {label} is not one of {classes} classes");
        }
    }
}

/// Each row is a sequence of its own, and counts as one.
impl SequenceWindow for ClassifierBatch {
    fn batch_size(&self) -> usize {
        self.rows.batch_size()
    }

    fn valid_steps(&self) -> usize {
        self.rows.batch_size()
    }
}
