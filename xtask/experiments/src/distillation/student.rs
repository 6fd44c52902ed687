//! Training a student.

use std::time::Instant;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::{AnyCell, AnyCellConfig, Direction, Lengths, RecurrentConfig, SeededRng};
use recurra_datasets::batches::{PaddedBatch, PaddedBatches};
use recurra_datasets::text_vectors::{TextVectors, VectorMatrix};
use recurra_datasets::{Vocabulary, VocabularyLimits, english_words};
use recurra_distill::{Objective, SoftLabels, Student, StudentBatch};
use recurra_train::{
    ClassifierBatch, Course, SequenceClassifier, SequenceClassifierConfig, TokenRows,
    TrainingConfig, TruncatedBptt,
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
    /// Of each word, where they are given.
    pub vectors: Option<VectorMatrix>,
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
    /// For texts of which these are all that may be seen before the test, with the vectors of a file if one is named.
    pub fn new<'a>(
        texts: impl Iterator<Item = &'a str>,
        config: &StudentConfig,
    ) -> Result<Self, Error> {
        let texts: Vec<Vec<String>> = texts.map(english_words).collect();
        let limits = VocabularyLimits {
            min_count: config.min_count,
            max_size: None,
        };
        let vocabulary = Vocabulary::from_texts(&texts, limits);
        let vectors = match config.vectors.as_str() {
            "" => None,
            path => {
                let read = TextVectors::read_words(path, |word| vocabulary.id(word).is_some())?;
                Some(read.matrix(&vocabulary))
            }
        };
        Ok(Self {
            vocabulary,
            vectors,
        })
    }

    /// The ids of texts; a text without a word has the unknown one.
    pub fn rows<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Result<Vec<Vec<u32>>, Error> {
        texts.map(|text| self.row(&english_words(text))).collect()
    }

    /// The ids of words; that of the unknown one for none.
    pub fn row(&self, words: &[String]) -> Result<Vec<u32>, Error> {
        let words = match words {
            [] => &[String::new()],
            words => words,
        };
        Ok(self.vocabulary.encode(words.iter().map(String::as_str))?)
    }
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
        let embedding = &mut classifier.embedding.weight;
        let (shape, drawn) = (embedding.dims(), embedding.val().into_data());
        let std = self.config.embedding_std as f32;
        let mut values: Vec<f32> = drawn.iter::<f32>().map(|value| std * value).collect();
        if let Some(vectors) = &self.reader.vectors {
            put_vectors(&mut values, shape[1], vectors);
        }
        let values = TensorData::new(values, shape);
        *embedding = Param::from_tensor(Tensor::from_data(values, device));
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

/// Puts the words' vectors, where they have one, into the first `D` columns of embeddings `[V, width]`. What was drawn becomes a
/// tenth, so that it does not drown them.
fn put_vectors(embeddings: &mut [f32], width: usize, vectors: &VectorMatrix) {
    let rows = embeddings.chunks_exact_mut(width);
    let vectors_of = vectors.values.chunks_exact(vectors.dimensions);
    for ((row, vector), &found) in rows.zip(vectors_of).zip(&vectors.found) {
        row.iter_mut().for_each(|value| *value *= 0.1);
        if found {
            let pairs = row.iter_mut().zip(vector);
            pairs.for_each(|(value, &given)| *value = given);
        }
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
