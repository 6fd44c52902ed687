//! Training a student.

use std::iter;
use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, Direction, Lengths, RecurrentConfig, SeededRng};
use recurra_datasets::batches::{BatchCursor, PaddedBatch, PaddedBatches};
use recurra_datasets::{Vocabulary, VocabularyLimits, english_words};
use recurra_distill::{Objective, SoftLabels, Student, StudentBatch};
use recurra_train::{
    Course, ScheduledRate, SequenceClassifier, SequenceClassifierConfig, TokenRows, TrainingConfig,
    TruncatedBptt,
};

use super::config::StudentConfig;
use crate::cells::CellKind;
use crate::error::Error;
use crate::interrupt;
use crate::metrics::Line;
use crate::progress::{Progress, Seen, Subject};
use crate::training::Trainer;

/// The streams of random numbers under one seed.
const WEIGHTS: u64 = 0;
const DROPOUT: u64 = 1;
/// How often a line is written, in steps.
const LINE_EVERY: usize = 50;
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

/// Which student it is.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    pub text: &'a str,
    pub cell: CellKind,
    pub seed: u64,
}

/// A classifier and what it is built from.
pub struct Taught {
    pub config: SequenceClassifierConfig<AnyCellConfig>,
    pub classifier: SequenceClassifier<AnyCell>,
    pub seconds: f64,
    pub steps: usize,
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
    [words, classes]: [usize; 2],
    name: Name<'_>,
    trainer: &mut Trainer<'_>,
) -> Result<Option<Taught>, Error> {
    let started = Instant::now();
    let classifier_config = classifier_config(config, name.cell, [words, classes]);
    let device = trainer.device().clone().autodiff();
    let rng = &mut SeededRng::for_stream(name.seed, WEIGHTS);
    let student = Student::new(classifier_config.init(&device, rng), lesson.objective);
    let told = TrainingConfig {
        max_norm: config.max_norm,
        regularization: config.dropout.into(),
        ..TrainingConfig::default()
    };
    let dropout = SeededRng::for_stream(name.seed, DROPOUT);
    let mut training = TruncatedBptt::new(student, told, dropout)?;
    let batches = PaddedBatches::new(&lesson.rows, 0, config.batch_size)?;
    let steps = (config.epochs * batches.len())
        .max(config.least_steps)
        .max(1);
    let rate = ScheduledRate::new(Course::Cosine.over(steps), config.learning_rate)?;
    let mut progress = Progress::start(trainer.display(), name.subject(steps));
    for (step, batch) in (1..=steps).zip(endless(&batches, name.seed)) {
        let learning_rate = rate.at(step - 1);
        let report = training.train_window(&lesson.batch(&batch)?, learning_rate)?;
        let seen = Seen {
            step,
            loss: report.loss,
            grad_norm: report.grad_norm,
            learning_rate,
            rate: (step * config.batch_size) as f64 / started.elapsed().as_secs_f64(),
        };
        progress.step(&seen);
        if step.is_multiple_of(LINE_EVERY) || step == steps {
            trainer.metrics().write(&name.line(&seen))?;
        }
        if interrupt::requested() {
            return Ok(None);
        }
    }
    Ok(Some(Taught {
        config: classifier_config,
        classifier: training.model_for_use().classifier,
        seconds: started.elapsed().as_secs_f64(),
        steps,
    }))
}

/// One epoch after the other, each in an order of its own.
pub fn endless(batches: &PaddedBatches<'_>, seed: u64) -> impl Iterator<Item = PaddedBatch> {
    let cursors = iter::successors(Some(BatchCursor::default()), |cursor| {
        Some(cursor.next_epoch())
    });
    cursors.flat_map(move |cursor| batches.epoch(seed, cursor))
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

impl Name<'_> {
    fn subject(&self, steps: usize) -> Subject {
        Subject {
            label: format!("{} seed {}", self.text, self.seed),
            counted: "texts",
            done: 0,
            steps,
        }
    }

    /// A line of `metrics.jsonl`.
    fn line(&self, seen: &Seen) -> Line {
        let line = Line::new(self.text, self.seed, seen.step);
        line.with("train_loss", seen.loss)
            .with("grad_norm", seen.grad_norm)
            .with("learning_rate", seen.learning_rate)
            .with("texts_per_second", seen.rate)
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
