//! Rows of tokens, and what is known of each.

use burn::tensor::{Device, Tensor, TensorData};
use recurra_train::{ClassifierBatch, SequenceWindow};

/// `B` texts as tokens, with a label and perhaps a teacher's logits for each. It lives on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct StudentBatch {
    labelled: ClassifierBatch,
    /// `[B, V]`.
    teacher: Option<Vec<f32>>,
}

impl StudentBatch {
    /// Texts with the labels that are known, or else the teacher's decisions.
    pub fn new(labelled: ClassifierBatch) -> Self {
        Self {
            labelled,
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
        let rows = self.labelled.batch_size();
        assert!(
            !logits.is_empty() && logits.len().is_multiple_of(rows),
            "{} logits are no rows of a batch of {rows}",
            logits.len()
        );
        self.teacher = Some(logits);
        self
    }

    /// The tokens and labels.
    pub fn labelled(&self) -> &ClassifierBatch {
        &self.labelled
    }

    /// The teacher's logits `[B, V]`, if there is one.
    pub fn teacher(&self, device: &Device) -> Option<Tensor<2>> {
        let logits = self.teacher.as_ref()?;
        let rows = self.labelled.batch_size();
        let data = TensorData::new(logits.clone(), [rows, logits.len() / rows]);
        Some(Tensor::from_data(data, device))
    }

    /// # Panics
    /// If a label is not below `classes`, or the teacher has logits of another number of classes.
    pub(super) fn assert_classes(&self, classes: usize) {
        self.labelled.assert_labels_below(classes);
        if let Some(logits) = &self.teacher {
            let own = logits.len() / self.labelled.batch_size();
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
        self.labelled.batch_size()
    }

    fn valid_steps(&self) -> usize {
        self.labelled.valid_steps()
    }
}
