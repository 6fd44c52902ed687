//! A small recurrent tagger that learns from labels, from a teacher, or from both.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::{Lengths, NetworkState, RecurrentCell};
use recurra_train::{Pass, SequenceModel, SequenceTagger, SequenceWindow, TaggerBatch, WindowLoss};

use super::Objective;
use crate::losses::{valid_token_labels, valid_tokens};

/// A tagger of any cell with what it is to learn by, every valid token a row of the loss. As a [`Student`](super::Student) it is
/// trained by [`TruncatedBptt`](recurra_train::TruncatedBptt), on one [`TaggingBatch`] after the other.
#[derive(Module, Debug)]
pub struct TaggingStudent<C: RecurrentCell> {
    /// What is left of it in use.
    pub tagger: SequenceTagger<C>,
    #[module(skip)]
    objective: Objective,
}

/// `B` texts as tokens, with a label and perhaps a teacher's logits for each token. It lives on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct TaggingBatch {
    labelled: TaggerBatch,
    /// `[B, T, V]`.
    teacher: Option<Vec<f32>>,
}

impl TaggingBatch {
    /// Texts with the labels that are known, or else the teacher's decisions.
    pub fn new(labelled: TaggerBatch) -> Self {
        Self {
            labelled,
            teacher: None,
        }
    }

    /// The batch with a teacher's logits `[B, T, V]`, row by row. In the padding may stand anything.
    ///
    /// # Panics
    ///
    /// If they are not a multiple of `B * T`.
    #[must_use]
    pub fn with_teacher(mut self, logits: Vec<f32>) -> Self {
        let tokens = self.labelled.rows().as_slice().len();
        assert!(
            !logits.is_empty() && logits.len().is_multiple_of(tokens),
            "{} logits are no rows of a batch of {tokens} tokens, padding included",
            logits.len()
        );
        self.teacher = Some(logits);
        self
    }

    /// The tokens and labels.
    pub fn labelled(&self) -> &TaggerBatch {
        &self.labelled
    }

    /// The teacher's logits `[B, T, V]`, if there is one.
    pub fn teacher(&self, device: &Device) -> Option<Tensor<3>> {
        let logits = self.teacher.as_ref()?;
        let lengths = self.labelled.rows().lengths();
        let (rows, steps) = (lengths.as_slice().len(), lengths.steps());
        let shape = [rows, steps, logits.len() / (rows * steps)];
        let data = TensorData::new(logits.clone(), shape);
        Some(Tensor::from_data(data, device))
    }

    /// # Panics
    /// If a label is not below `classes`, or the teacher has logits of another number of classes.
    fn assert_classes(&self, classes: usize) {
        self.labelled.assert_labels_below(classes);
        if let Some(logits) = &self.teacher {
            let own = logits.len() / self.labelled.rows().as_slice().len();
            assert_eq!(
                own, classes,
                "the teacher has {own} classes, but the student has {classes}"
            );
        }
    }
}

/// Each row is a text of its own; every valid token counts.
impl SequenceWindow for TaggingBatch {
    fn batch_size(&self) -> usize {
        self.labelled.batch_size()
    }

    fn valid_steps(&self) -> usize {
        self.labelled.valid_steps()
    }
}

impl<C: RecurrentCell> TaggingStudent<C> {
    /// `tagger`, which is to be trained by `objective`.
    ///
    /// # Panics
    ///
    /// If [`Objective::validate`] reports an error.
    pub fn new(tagger: SequenceTagger<C>, objective: Objective) -> Self {
        objective.assert_valid();
        Self { tagger, objective }
    }

    /// What it is trained by.
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// The logits `[B, T, V]` of `tokens [B, T]`, of which the first `lengths[b]` steps are valid, or all.
    ///
    /// # Panics
    ///
    /// As [`SequenceTagger::forward`].
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<3> {
        self.tagger.forward(tokens, lengths)
    }
}

/// Each row is a whole sequence: a batch does not continue the one before, and may have another number of rows.
impl<C: RecurrentCell> SequenceModel for TaggingStudent<C> {
    type Window = TaggingBatch;
    type State = C::State;

    fn device(&self) -> Device {
        self.tagger.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        self.tagger.initial_state(batch_size)
    }

    fn window_loss(
        &self,
        batch: &TaggingBatch,
        _: Option<NetworkState<C::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<C::State> {
        let (labelled, device) = (batch.labelled(), self.tagger.device());
        let lengths = labelled.rows().lengths();
        let run = self.tagger.pass(labelled.rows(), pass);
        let logits = valid_tokens(run.logits, lengths);
        let labels = valid_token_labels(labelled.labels(&device), lengths);
        let teacher = batch.teacher(&device);
        let teacher = teacher.map(|logits| valid_tokens(logits, lengths));
        WindowLoss {
            mean: self.objective.loss(logits, labels, teacher),
            penalty: run.penalty,
            state: run.state,
        }
    }

    fn assert_fits(&self, batch: &TaggingBatch) {
        batch.assert_classes(self.tagger.classes());
    }
}
