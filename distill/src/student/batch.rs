//! Rows of tokens, and what is known of each.

use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_train::{SequenceWindow, TokenRows};

/// `B` texts as tokens, with a label and perhaps a teacher's logits for each. It lives on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct StudentBatch {
    rows: TokenRows,
    labels: Vec<usize>,
    /// `[B, V]`.
    teacher: Option<Vec<f32>>,
}

impl StudentBatch {
    /// `rows` of `B` texts with `labels [B]`: those that are known, or else the teacher's decisions.
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
        Self {
            rows,
            labels,
            teacher: None,
        }
    }

    /// The batch with a teacher's logits `[B, V]`, row by row.
    ///
    /// # Panics
    ///
    /// If they are not a multiple of `B`.
    #[must_use]
    pub fn with_teacher(mut self, logits: Vec<f32>) -> Self {
        let rows = self.rows.batch_size();
        assert!(
            !logits.is_empty() && logits.len().is_multiple_of(rows),
            "{} logits are no rows of a batch of {rows}",
            logits.len()
        );
        self.teacher = Some(logits);
        self
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

    /// The teacher's logits `[B, V]`, if there is one.
    pub fn teacher(&self, device: &Device) -> Option<Tensor<2>> {
        let logits = self.teacher.as_ref()?;
        let rows = self.rows.batch_size();
        let data = TensorData::new(logits.clone(), [rows, logits.len() / rows]);
        Some(Tensor::from_data(data, device))
    }

    /// # Panics
    /// If a label is not below `classes`, or the teacher has logits of another number of classes.
    pub(super) fn assert_classes(&self, classes: usize) {
        if let Some(label) = self.labels.iter().find(|&&label| label >= classes) {
            panic!("label {label} is not one of {classes} classes");
        }
        if let Some(logits) = &self.teacher {
            let own = logits.len() / self.rows.batch_size();
            assert_eq!(
                own, classes,
                "the teacher has {own} classes, but the student has {classes}"
            );
        }
    }
}

/// Each row is a text of its own, and counts as one.
impl SequenceWindow for StudentBatch {
    fn batch_size(&self) -> usize {
        self.rows.batch_size()
    }

    fn valid_steps(&self) -> usize {
        self.rows.batch_size()
    }
}
