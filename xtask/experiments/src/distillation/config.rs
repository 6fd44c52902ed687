//! The settings of the experiments that distil, and what they have to be.

use recurra_cells::kernel::Path;
use recurra_distill::{Hinton, Objective};
use recurra_train::DropoutRates;
use serde::{Deserialize, Serialize};

use super::arm::Arm;
use crate::cells::CellKind;
use crate::error::Error;
use crate::settings::{Settings, check};

/// All settings. Each can stand in the file of `--config` and be given by `--set KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The student's cell.
    pub cell: CellKind,
    /// How the student runs over a sequence: as one operation where it can, or one step at a time.
    pub path: Path,
    /// How many labelled texts the student has; 0 for all there are, which are then the pool as well.
    pub labels: usize,
    /// The fewest words of a labelled text, such as whole sentences have; shorter ones are left to the pool. 0 for any.
    pub least_words: usize,
    /// Further numbers of labels, under the first seed alone: the learning curve.
    pub curve: Vec<usize>,
    /// How many texts without labels the teacher labels for the student; 0 for all that are left.
    pub pool: usize,
    /// What is trained besides the teacher.
    pub arms: Vec<Arm>,
    /// How the teacher is trained.
    pub teacher: TeacherConfig,
    /// The student and its training.
    pub student: StudentConfig,
    /// What a student learns from the teacher's logits.
    pub loss: LossConfig,
    /// How many changed copies of each text, labelled or of the pool, the arm `augmented` has further.
    pub augmented_copies: usize,
    /// A CoNLL-U file of tagged sentences, which tells words of the same part of speech that may stand for each other in those
    /// copies. Empty for none; words are then masked alone, and texts cut.
    pub tags: String,
    /// How often the latencies are measured, at least 1.
    pub latency_rounds: usize,
    /// How many tokens of the teacher's the timed texts have; 0 for the test texts as they are.
    pub latency_tokens: usize,
    /// Whether an encoder of the size of BERT-base is timed as well.
    pub bert_base: bool,
}

/// How the teacher is trained, and how large it is where it is not given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherConfig {
    /// How many labelled texts the teacher has; 0 for those of the student.
    pub labels: usize,
    /// How often it sees each, at least 1.
    pub epochs: usize,
    /// The fewest steps of its training, however few texts there are.
    pub least_steps: usize,
    /// `B`, at least 1.
    pub batch_size: usize,
    /// Adam's learning rate at its highest, above 0 and finite.
    pub learning_rate: f64,
    /// The share of the steps in which the learning rate rises, in `[0, 1)`; after them it falls to 0 in a straight line.
    pub warm_up: f64,
    /// From how many texts of the pool, with what the teacher says of them, a second encoder learns, which is then the teacher;
    /// 0 for none.
    pub self_training: usize,
    /// Whether its embeddings stay as they are.
    pub freeze_embeddings: bool,
    /// `W` of a teacher that is trained from scratch, a multiple of its heads.
    pub hidden_size: usize,
    /// Its layers, at least 1.
    pub num_layers: usize,
    /// The heads of its attention, at least 1.
    pub heads: usize,
    /// The probability that one of its units is dropped, in `[0, 1)`.
    pub dropout: f64,
}

/// The student and its training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudentConfig {
    /// `E`, at least 1.
    pub embedding_size: usize,
    /// The deviation of the vectors that are drawn, above 0 and finite.
    pub embedding_std: f64,
    /// `H` of each direction, at least 1.
    pub hidden_size: usize,
    /// The units of ReLU before the output layer, at least 1.
    pub hidden_layer: usize,
    /// A file of word vectors, as GloVe has them, that embeddings start from; they may be narrower. Empty for none.
    pub vectors: String,
    /// How often a word must stand in the texts to have a vector of its own, at least 1.
    pub min_count: usize,
    /// How often a student sees each text, at least 1.
    pub epochs: usize,
    /// The fewest steps of a student's training, however few texts there are.
    pub least_steps: usize,
    /// `B`, at least 1.
    pub batch_size: usize,
    /// Adam's learning rate at its highest, above 0 and finite; it falls to 0 as a cosine does.
    pub learning_rate: f64,
    /// The global norm that gradients are clipped to, above 0; infinite for no clipping.
    pub max_norm: f64,
    /// What is dropped in training.
    pub dropout: DropoutRates,
}

/// What a student learns from the teacher's logits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossConfig {
    /// Which of the losses.
    pub kind: LossKind,
    /// For `hinton`: the share of the labels, in `[0, 1]`. Texts without one have the teacher's decision.
    pub alpha: f64,
    /// For `hinton`: what softens both sides' probabilities, above 0 and finite.
    pub temperature: f64,
}

/// The losses on a teacher's logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// The mean square of their difference (Tang et al. 2019).
    LogitMse,
    /// Softened probabilities, and labels (Hinton et al. 2015).
    Hinton,
}

impl LossConfig {
    /// The loss as the student has it.
    pub fn objective(&self) -> Objective {
        match self.kind {
            LossKind::LogitMse => Objective::LogitMse,
            LossKind::Hinton => Objective::Hinton(Hinton {
                alpha: self.alpha,
                temperature: self.temperature,
            }),
        }
    }
}

impl Config {
    /// All numbers of labels, each once: that of the results first.
    pub fn label_counts(&self) -> Vec<usize> {
        let further = self.curve.iter().copied();
        let mut counts = vec![self.labels];
        for count in further {
            if !counts.contains(&count) {
                counts.push(count);
            }
        }
        counts
    }
}

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        check_size("latency_rounds", self.latency_rounds)?;
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        check("loss.alpha", "in [0, 1]", self.loss.alpha, is_share)?;
        check_positive("loss.temperature", self.loss.temperature)?;
        self.teacher.validate()?;
        self.student.validate()
    }

    fn shorten(&mut self) {
        (self.labels, self.pool, self.latency_rounds) = (200, 500, 3);
        (self.teacher.epochs, self.teacher.least_steps) = (1, 20);
        self.student = StudentConfig {
            embedding_size: 32,
            hidden_size: 24,
            hidden_layer: 32,
            epochs: 1,
            least_steps: 20,
            ..self.student.clone()
        };
    }
}

impl TeacherConfig {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("teacher.epochs", self.epochs),
            ("teacher.batch_size", self.batch_size),
            ("teacher.num_layers", self.num_layers),
            ("teacher.heads", self.heads),
        ] {
            check_size(key, size)?;
        }
        check_positive("teacher.learning_rate", self.learning_rate)?;
        for (key, value) in [
            ("teacher.warm_up", self.warm_up),
            ("teacher.dropout", self.dropout),
        ] {
            check(key, "in [0, 1)", value, |value| (0.0..1.0).contains(&value))?;
        }
        let width = self.hidden_size;
        let is_whole = width > 0 && width.is_multiple_of(self.heads);
        let expected = "a multiple of teacher.heads";
        check("teacher.hidden_size", expected, width as f64, |_| is_whole)
    }
}

impl StudentConfig {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("student.embedding_size", self.embedding_size),
            ("student.hidden_size", self.hidden_size),
            ("student.hidden_layer", self.hidden_layer),
            ("student.min_count", self.min_count),
            ("student.epochs", self.epochs),
            ("student.batch_size", self.batch_size),
        ] {
            check_size(key, size)?;
        }
        check_positive("student.learning_rate", self.learning_rate)?;
        check_positive("student.embedding_std", self.embedding_std)?;
        let positive = |norm: f64| norm > 0.0;
        check("student.max_norm", "above 0", self.max_norm, positive)?;
        Ok(self.dropout.validate()?)
    }
}

fn check_size(key: &str, size: usize) -> Result<(), Error> {
    check(key, "at least 1", size as f64, |size| size >= 1.0)
}

fn check_positive(key: &str, value: f64) -> Result<(), Error> {
    let positive = |value: f64| value > 0.0 && value.is_finite();
    check(key, "above 0 and finite", value, positive)
}
