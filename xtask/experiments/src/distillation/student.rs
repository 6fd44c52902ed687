//! Training a student.

use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, Direction, Lengths, RecurrentConfig, SeededRng};
use recurra_datasets::batches::{PaddedBatch, PaddedBatches};
use recurra_datasets::{Vocabulary, VocabularyLimits, english_words};
use recurra_distill::{Objective, SoftLabels, Student, StudentBatch};
use recurra_train::{
    Course, SequenceClassifier, SequenceClassifierConfig, TokenRows, TrainingConfig, TruncatedBptt,
};

use super::config::StudentConfig;
use super::steps::Steps;
use crate::cells::CellKind;
use crate::error::Error;
use crate::training::Trainer;
use crate::training::streams::{DROPOUT, WEIGHTS};

/// How many texts are read at a time where nothing is learned.
const READ: usize = 128;

/// From texts to the ids that a student reads.
pub struct Reader {
    pub vocabulary: Vocabulary,
}

/// What a student learns from: rows of ids, and what is known of each.
pub struct Lesson {
    pub rows: Vec<Vec<u32>>,
    pub labels: Vec<usize>,
    pub teacher: Option<SoftLabels>,
    pub objective: Objective,
}

/// A classifier and what it is built from.
pub struct Taught {
    pub config: SequenceClassifierConfig<AnyCellConfig>,
    pub classifier: SequenceClassifier<AnyCell>,
    pub seconds: f64,
}

impl Reader {
    /// For texts of which these are all that may be seen before the test.
    pub fn new<'a>(texts: impl Iterator<Item = &'a str>, min_count: usize) -> Self {
        let texts: Vec<Vec<String>> = texts.map(english_words).collect();
        let limits = VocabularyLimits {
            min_count,
            max_size: None,
        };
        Self {
            vocabulary: Vocabulary::from_texts(&texts, limits),
        }
    }

    /// The ids of texts; a text without a word has the unknown one.
    pub fn rows<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Result<Vec<Vec<u32>>, Error> {
        let encode = |text: &str| {
            let mut words = english_words(text);
            if words.is_empty() {
                words.push(String::new());
            }
            Ok(self.vocabulary.encode(words.iter().map(String::as_str))?)
        };
        texts.map(encode).collect()
    }
}

/// The student before it has learned anything.
pub fn classifier_config(
    config: &StudentConfig,
    cell: CellKind,
    [words, classes]: [usize; 2],
) -> SequenceClassifierConfig<AnyCellConfig> {
    let network = RecurrentConfig::new(cell.config(config.hidden_size));
    let network = network.with_direction(Direction::Both);
    let mut classifier =
        SequenceClassifierConfig::new(words, config.embedding_size, network, classes);
    classifier.hidden_layer = Some(config.hidden_layer);
    classifier
}

/// Trains a student; `None` after Ctrl-C.
pub fn teach(
    config: &StudentConfig,
    lesson: &Lesson,
    classifier: SequenceClassifierConfig<AnyCellConfig>,
    (name, seed): (&str, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Option<Taught>, Error> {
    let started = Instant::now();
    let device = trainer.device().clone().autodiff();
    let rng = &mut SeededRng::for_stream(seed, WEIGHTS);
    let student = Student::new(classifier.init(&device, rng), lesson.objective);
    let told = TrainingConfig {
        max_norm: config.max_norm,
        regularization: config.dropout.into(),
        ..TrainingConfig::default()
    };
    let mut training = TruncatedBptt::new(student, told, SeededRng::for_stream(seed, DROPOUT))?;
    let steps = Steps {
        name,
        seed,
        epochs: config.epochs,
        least: config.least_steps,
        batch_size: config.batch_size,
        learning_rate: config.learning_rate,
    };
    let schedule = Course::Cosine.over(steps.over(lesson.rows.len()));
    let step = |batch: &PaddedBatch, learning_rate| {
        Ok(training.train_window(&lesson.batch(batch)?, learning_rate)?)
    };
    if !steps.make(&lesson.rows, schedule, trainer, step)? {
        return Ok(None);
    }
    Ok(Some(Taught {
        config: classifier,
        classifier: training.model_for_use().classifier,
        seconds: started.elapsed().as_secs_f64(),
    }))
}

impl Lesson {
    fn batch(&self, batch: &PaddedBatch) -> Result<StudentBatch, Error> {
        let labels = batch.rows.iter().map(|&row| self.labels[row]).collect();
        let taught = StudentBatch::new(token_rows(batch)?, labels);
        Ok(match &self.teacher {
            Some(teacher) => {
                let logits = batch.rows.iter().flat_map(|&row| teacher.row(row));
                taught.with_teacher(logits.copied().collect())
            }
            None => taught,
        })
    }
}

fn token_rows(batch: &PaddedBatch) -> Result<TokenRows, Error> {
    let lengths = Lengths::new(batch.lengths.clone(), batch.steps)?;
    Ok(TokenRows::new(batch.ids.clone(), lengths))
}

/// The logits `[N, V]` of rows, in their order.
pub fn logits(
    classifier: &SequenceClassifier<AnyCell>,
    rows: &[Vec<u32>],
    device: &Device,
) -> Result<SoftLabels, Error> {
    let (classifier, classes) = (classifier.valid(), classifier.classes());
    let mut all = vec![0.0; rows.len() * classes];
    for batch in PaddedBatches::new(rows, 0, READ)?.in_order() {
        let tokens = token_rows(&batch)?;
        let logits = classifier.forward(tokens.tokens(device), tokens.lengths().clone());
        let logits: Vec<f32> = logits.into_data().iter::<f32>().collect();
        for (&row, logits) in batch.rows.iter().zip(logits.chunks_exact(classes)) {
            all[row * classes..(row + 1) * classes].copy_from_slice(logits);
        }
    }
    Ok(SoftLabels::new(classes, all)?)
}
