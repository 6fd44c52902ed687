//! Rows of tokens on the host, and the label of each token.

use burn::tensor::{Device, Int, Tensor};
use recurra_cells::Lengths;

use crate::window::upload;
use crate::{SequenceWindow, TokenRows};

/// Rows of tokens with a label for each, for a [`SequenceTagger`](crate::SequenceTagger).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggerBatch {
    rows: TokenRows,
    labels: Vec<u32>,
}

impl TaggerBatch {
    /// `rows` of `B` sequences, and `labels [B, T]` in row-major order. In the padding may stand any label.
    ///
    /// # Panics
    ///
    /// If there is not one label for each token, padding included, or no token is valid.
    pub fn new(rows: TokenRows, labels: Vec<u32>) -> Self {
        let (own, expected) = (labels.len(), rows.as_slice().len());
        assert_eq!(
            own, expected,
            "{own} labels are not one for each of {expected} tokens"
        );
        assert!(
            rows.lengths().longest() > 0,
            "a batch needs at least one valid token, but all its rows are empty"
        );
        Self { rows, labels }
    }

    /// Rows of any length and their labels, padded to the longest.
    ///
    /// # Panics
    ///
    /// If there are no tokens at all, or a row has not as many labels as tokens.
    pub fn padded<R: AsRef<[u32]>>(rows: &[R], labels: &[R], padding: u32) -> Self {
        let lengths = |rows: &[R]| {
            rows.iter()
                .map(|row| row.as_ref().len())
                .collect::<Vec<_>>()
        };
        let (of_rows, of_labels) = (lengths(rows), lengths(labels));
        assert_eq!(
            of_labels, of_rows,
            "the labels of rows of {of_rows:?} tokens are {of_labels:?}"
        );
        let labels = TokenRows::padded(labels, 0).as_slice().to_vec();
        Self::new(TokenRows::padded(rows, padding), labels)
    }

    /// The tokens.
    pub fn rows(&self) -> &TokenRows {
        &self.rows
    }

    /// The labels `[B, T]`.
    pub fn labels(&self, device: &Device) -> Tensor<2, Int> {
        let shape = [self.rows.batch_size(), self.rows.lengths().steps()];
        upload(&self.labels, shape, device)
    }

    /// Panics if the label of a valid token is not below `classes`: on the host, because a GPU would read anything.
    pub fn assert_labels_below(&self, classes: usize) {
        assert_labels_below(&self.labels, self.rows.lengths(), classes);
    }
}

/// # Panics
/// If one of `labels [B, T]` at a valid step is not below `classes`.
pub(in crate::models) fn assert_labels_below(labels: &[u32], lengths: &Lengths, classes: usize) {
    let rows = labels.chunks_exact(lengths.steps());
    let mut valid = rows
        .zip(lengths.as_slice())
        .flat_map(|(row, &length)| &row[..length]);
    if let Some(label) = valid.find(|&&label| label as usize >= classes) {
        panic!("label {label} is not one of {classes} classes");
    }
}

/// Each row is a sequence of its own; every valid token counts.
impl SequenceWindow for TaggerBatch {
    fn batch_size(&self) -> usize {
        self.rows.batch_size()
    }

    fn valid_steps(&self) -> usize {
        self.rows.lengths().as_slice().iter().sum()
    }
}
