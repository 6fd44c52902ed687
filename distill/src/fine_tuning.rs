//! Training an encoder on labelled texts.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::SeededRng;
use recurra_train::{ClippedAdam, ClippedAdamConfig, Quantity, StepReport};
use serde::{Deserialize, Serialize};

use crate::{EncoderClassifier, Error, Objective, TokenBatch};

const AT_HOME: &str = "the classifier is away only while the optimiser has it";

/// What a [`FineTuning`] is told besides its classifier.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FineTuningConfig {
    /// The highest global norm of the gradients, above 0; 1 by default, as Devlin et al. (2019).
    pub max_norm: f64,
    /// Which share of a weight a step at learning rate 1 takes off it, at least 0 and finite; 0.01 by default, as they.
    pub weight_decay: f64,
    /// Whether the tables of tokens and positions stay as they are, which hold half of a small encoder's weights and which
    /// few labels teach nothing; no by default.
    pub freeze_embeddings: bool,
    /// What it is trained by; its labels by default. By another teacher's logits it becomes that one's student, of which
    /// self-training makes use: an encoder that learns what its predecessor says of texts without labels.
    pub objective: Objective,
    /// How many steps in a row may be skipped because something is not finite, before the training is given up; 20 by default.
    pub max_skipped: usize,
}

impl Default for FineTuningConfig {
    fn default() -> Self {
        Self {
            max_norm: 1.0,
            weight_decay: 0.01,
            freeze_embeddings: false,
            objective: Objective::Labels,
            max_skipped: 20,
        }
    }
}

/// A classifier above an encoder in training by Adam, under the encoder's own dropout.
///
/// ```
/// use burn::tensor::Device;
/// use recurra_cells::SeededRng;
/// use recurra_distill::{EncoderConfig, FineTuning, FineTuningConfig, Pooling, TokenBatch};
///
/// let (device, mut rng) = (Device::default(), SeededRng::new(1));
/// let config = EncoderConfig::new(100, 8, 1, 2).with_classes(["negative", "positive"]);
/// let classifier = config.init_classifier(Pooling::Mean, &device, &mut rng);
///
/// let mut training = FineTuning::new(classifier, FineTuningConfig::default(), rng)?;
/// let batch = TokenBatch::new(&[vec![2, 17, 3], vec![2, 3]], 0, &device);
/// let report = training.train_batch(batch, &[1, 0], 1e-4)?;
/// assert!(report.updated && report.loss > 0.0);
/// # Ok::<(), recurra_distill::Error>(())
/// ```
pub struct FineTuning {
    /// Given to the optimiser whole: of a clone it would have to copy every weight in every step.
    classifier: Option<EncoderClassifier>,
    optimizer: ClippedAdam,
    config: FineTuningConfig,
    rng: SeededRng,
    steps: usize,
    /// In a row.
    skipped: usize,
}

impl FineTuning {
    /// Starts training `classifier`; `rng` draws what is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Train`] or [`Error::Config`] if a field of `config` is out of its range.
    pub fn new(
        classifier: EncoderClassifier,
        config: FineTuningConfig,
        rng: SeededRng,
    ) -> Result<Self, Error> {
        config.objective.validate()?;
        let optimizer = ClippedAdam::new(ClippedAdamConfig {
            weight_decay: config.weight_decay,
            ..ClippedAdamConfig::new(config.max_norm)
        })?;
        Ok(Self {
            classifier: Some(classifier.train()),
            optimizer,
            config,
            rng,
            steps: 0,
            skipped: 0,
        })
    }

    /// The classifier as it is now, ready for use.
    pub fn classifier(&self) -> EncoderClassifier {
        self.at_home().valid()
    }

    /// Makes one step on texts as tokens and `labels [B]`. Where the mean loss or the norm of its gradients is not finite,
    /// nothing is updated.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if the learning rate is negative or not finite. [`Error::Train`] if more steps in a row are skipped than
    /// the configuration allows.
    ///
    /// # Panics
    ///
    /// If there are not as many labels as texts, one of them is not below the number of classes `V`, the tokens do not fit the
    /// encoder, or the objective needs a teacher.
    pub fn train_batch(
        &mut self,
        batch: TokenBatch,
        labels: &[usize],
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        self.step(batch, labels, None, learning_rate)
    }

    /// As [`train_batch`](Self::train_batch), with a teacher's `logits [B, V]`, row by row, for an objective that needs them.
    ///
    /// # Errors
    ///
    /// The same.
    ///
    /// # Panics
    ///
    /// As that, and if the logits are not `[B, V]`.
    pub fn train_batch_with_teacher(
        &mut self,
        batch: TokenBatch,
        labels: &[usize],
        logits: &[f32],
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        self.step(batch, labels, Some(logits), learning_rate)
    }

    fn step(
        &mut self,
        batch: TokenBatch,
        labels: &[usize],
        teacher: Option<&[f32]>,
        learning_rate: f64,
    ) -> Result<StepReport, Error> {
        if !(learning_rate.is_finite() && learning_rate >= 0.0) {
            let expected = "finite and at least 0";
            return Err(Error::config("learning_rate", expected, learning_rate));
        }
        let (classes, device) = (self.at_home().classes().len(), self.at_home().device());
        let targets = upload(labels, classes, &device);
        let teacher = teacher.map(|logits| rows(logits, [labels.len(), classes], &device));
        let classifier = self.classifier.take().expect(AT_HOME);
        let logits = classifier.forward_training(batch.tokens, batch.lengths, &mut self.rng);
        let loss = self.config.objective.loss(logits, targets, teacher);
        let mut gradients = GradientsParams::from_grads(loss.backward(), &classifier);
        if self.config.freeze_embeddings {
            let embeddings = &classifier.encoder.embeddings;
            embeddings.visit(&mut Freeze(&mut gradients));
        }
        let loss = loss.inner().into_scalar::<f64>();
        let (stepped, grad_norm) = match loss.is_finite() {
            true => self.optimizer.step(learning_rate, classifier, gradients),
            false => (classifier, f64::NAN),
        };
        self.classifier = Some(stepped);
        self.steps += 1;
        let updated = grad_norm.is_finite();
        self.skipped = if updated { 0 } else { self.skipped + 1 };
        if self.skipped > self.config.max_skipped {
            return Err(self.diverged(loss, grad_norm).into());
        }
        Ok(StepReport {
            loss,
            grad_norm,
            updated,
        })
    }

    fn diverged(&self, loss: f64, grad_norm: f64) -> recurra_train::Error {
        let (quantity, value) = match loss.is_finite() {
            true => (Quantity::GradientNorm, grad_norm),
            false => (Quantity::Loss, loss),
        };
        recurra_train::Error::Diverged {
            quantity,
            step: self.steps,
            value,
            skipped: self.skipped,
            parameter: None,
        }
    }

    fn at_home(&self) -> &EncoderClassifier {
        self.classifier.as_ref().expect(AT_HOME)
    }
}

fn upload(labels: &[usize], classes: usize, device: &Device) -> Tensor<1, Int> {
    if let Some(label) = labels.iter().find(|&&label| label >= classes) {
        panic!("label {label} is not one of {classes} classes");
    }
    let labels: Vec<i64> = labels.iter().map(|&label| label as i64).collect();
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), device)
}

fn rows(logits: &[f32], shape: [usize; 2], device: &Device) -> Tensor<2> {
    assert_eq!(
        logits.len(),
        shape[0] * shape[1],
        "{} logits of a teacher are not {shape:?}",
        logits.len()
    );
    Tensor::from_data(TensorData::new(logits.to_vec(), shape), device)
}

/// Takes the gradients of what it visits away, so that it stays as it is.
struct Freeze<'a>(&'a mut GradientsParams);

impl ModuleVisitor for Freeze<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.remove::<D>(param.id);
    }
}
