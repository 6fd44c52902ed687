//! A small recurrent classifier or tagger that learns from labels, from a teacher, or from both.

mod batch;
mod objective;
mod tagging;

pub use batch::StudentBatch;
pub use objective::Objective;
pub use tagging::{TaggingBatch, TaggingStudent};

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use recurra_cells::{Direction, Lengths, LstmConfig, NetworkState, RecurrentCell, RecurrentConfig};
use recurra_train::{
    Pass, SequenceClassifier, SequenceClassifierConfig, SequenceModel, WindowLoss,
};

/// The Bi-LSTM of Tang et al. (2019), section 4.2: word vectors of 300 numbers, one layer of 150 units each way, whose final
/// states are read by 200 units of ReLU.
///
/// ```
/// use burn::tensor::Device;
/// use recurra_cells::SeededRng;
/// use recurra_distill::{Objective, Student, tang_bi_lstm};
///
/// let classifier = tang_bi_lstm(1000, 2).init(&Device::default(), &mut SeededRng::new(1));
/// let student = Student::new(classifier, Objective::LogitMse);
/// assert_eq!(student.classifier.network.output_size(), 300);
/// ```
pub fn tang_bi_lstm(
    vocabulary_size: usize,
    classes: usize,
) -> SequenceClassifierConfig<LstmConfig> {
    let network = RecurrentConfig::new(LstmConfig::new(150)).with_direction(Direction::Both);
    let mut config = SequenceClassifierConfig::new(vocabulary_size, 300, network, classes);
    config.hidden_layer = Some(200);
    config
}

/// A classifier of any cell with what it is to learn by. [`TruncatedBptt`](recurra_train::TruncatedBptt) trains it on one
/// [`StudentBatch`] after the other, with all that it has for any model.
#[derive(Module, Debug)]
pub struct Student<C: RecurrentCell> {
    /// What is left of it in use.
    pub classifier: SequenceClassifier<C>,
    #[module(skip)]
    objective: Objective,
}

impl<C: RecurrentCell> Student<C> {
    /// `classifier`, which is to be trained by `objective`.
    ///
    /// # Panics
    ///
    /// If [`Objective::validate`] reports an error.
    pub fn new(classifier: SequenceClassifier<C>, objective: Objective) -> Self {
        objective.assert_valid();
        Self {
            classifier,
            objective,
        }
    }

    /// What it is trained by.
    pub fn objective(&self) -> Objective {
        self.objective
    }

    /// The logits `[B, V]` of the rows of `tokens [B, T]`, of which the first `lengths[b]` are valid, or all.
    ///
    /// # Panics
    ///
    /// As [`SequenceClassifier::forward`].
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<2> {
        self.classifier.forward(tokens, lengths)
    }
}

/// Each row is a whole sequence: a batch does not continue the one before, and may have another number of rows.
impl<C: RecurrentCell> SequenceModel for Student<C> {
    type Window = StudentBatch;
    type State = C::State;

    fn device(&self) -> Device {
        self.classifier.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        let device = self.classifier.device();
        self.classifier.network.initial_state(batch_size, &device)
    }

    fn window_loss(
        &self,
        batch: &StudentBatch,
        _: Option<NetworkState<C::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<C::State> {
        let labelled = batch.labelled();
        let run = self.classifier.pass(labelled.rows(), pass);
        let device = self.classifier.device();
        let (labels, teacher) = (labelled.labels(&device), batch.teacher(&device));
        WindowLoss {
            mean: self.objective.loss(run.logits, labels, teacher),
            penalty: run.penalty,
            state: run.state,
        }
    }

    fn assert_fits(&self, batch: &StudentBatch) {
        batch.assert_classes(self.classifier.classes());
    }
}
