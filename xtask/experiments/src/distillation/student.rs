//! Training a student.

use std::time::Instant;

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, Direction, RecurrentConfig, SeededRng};
use recurra_datasets::batches::PaddedBatch;
use recurra_distill::{Objective, SoftLabels, Student, StudentBatch};
use recurra_train::{
    ClassifierBatch, Course, SequenceClassifier, SequenceClassifierConfig, TrainingConfig,
    TruncatedBptt,
};

use super::config::StudentConfig;
use super::steps::Steps;
use crate::cells::CellKind;
use crate::error::Error;
use crate::texts::{Reader, token_rows};
use crate::training::Trainer;
use crate::training::streams::{DROPOUT, WEIGHTS};

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

/// A student that has learned nothing yet.
pub struct Untaught<'a> {
    pub config: &'a StudentConfig,
    pub cell: CellKind,
    pub classes: usize,
    pub reader: &'a Reader,
}

impl Untaught<'_> {
    fn classifier_config(&self) -> SequenceClassifierConfig<AnyCellConfig> {
        let network = RecurrentConfig::new(self.cell.config(self.config.hidden_size))
            .with_direction(Direction::Both);
        let words = self.reader.vocabulary.len();
        let width = self.config.embedding_size;
        let mut classifier = SequenceClassifierConfig::new(words, width, network, self.classes);
        classifier.hidden_layer = Some(self.config.hidden_layer);
        classifier
    }

    fn init(
        &self,
        config: &SequenceClassifierConfig<AnyCellConfig>,
        device: &Device,
        rng: &mut SeededRng,
    ) -> SequenceClassifier<AnyCell> {
        let mut classifier = config.init(device, rng);
        self.reader
            .begin(&mut classifier.embedding, self.config.embedding_std);
        classifier
    }

    /// Trains it; `None` after Ctrl-C.
    pub fn teach(
        &self,
        lesson: &Lesson,
        (name, seed): (&str, u64),
        trainer: &mut Trainer<'_>,
    ) -> Result<Option<Taught>, Error> {
        let (started, config) = (Instant::now(), self.config);
        let classifier = self.classifier_config();
        let device = trainer.device().clone().autodiff();
        let rng = &mut SeededRng::for_stream(seed, WEIGHTS);
        let student = Student::new(self.init(&classifier, &device, rng), lesson.objective);
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
}

impl Lesson {
    fn batch(&self, batch: &PaddedBatch) -> Result<StudentBatch, Error> {
        let labels = batch.rows.iter().map(|&row| self.labels[row]).collect();
        let taught = StudentBatch::new(ClassifierBatch::new(token_rows(batch)?, labels));
        Ok(match &self.teacher {
            Some(teacher) => {
                let logits = batch.rows.iter().flat_map(|&row| teacher.row(row));
                taught.with_teacher(logits.copied().collect())
            }
            None => taught,
        })
    }
}
