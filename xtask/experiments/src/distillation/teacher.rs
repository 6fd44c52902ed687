//! The teacher: given, or trained on its labelled texts.

use std::path::Path;
use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::SeededRng;
use recurra_datasets::batches::PaddedBatches;
use recurra_datasets::labelled::LabelledText;
use recurra_datasets::{Vocabulary, VocabularyLimits, english_words};
use recurra_distill::{
    EncoderClassifier, EncoderConfig, EncoderTeacher, FineTuning, FineTuningConfig,
    HuggingFaceFolder, Pooling, SoftLabelFile, SoftLabels, Teacher, TextTokenizer,
};
use recurra_train::schedule::{Linear, Sequence};
use recurra_train::{Schedule, ScheduledRate};
use serde::{Deserialize, Serialize};

use super::config::TeacherConfig;
use super::corpus::Parts;
use super::student::endless;
use crate::error::Error;
use crate::interrupt;
use crate::metrics::Line;
use crate::progress::{Progress, Seen, Subject};
use crate::run_folder::RunFolder;
use crate::training::Trainer;
use crate::training::streams::{DROPOUT, WEIGHTS};

/// The most tokens of a text that a teacher without a folder reads.
const LONGEST: usize = 64;
/// How many texts a teacher labels at a time.
const READ: usize = 64;
/// How often a line is written, in steps.
const LINE_EVERY: usize = 50;
/// What is written beside a trained teacher, last of all.
const FACTS: &str = "training.json";

/// Where the teacher is from.
pub enum Source {
    /// From nowhere: a small encoder that knows the words of its texts.
    Scratch,
    /// An encoder, with a classifier of these classes or without one.
    Folder(Box<HuggingFaceFolder>),
    /// Soft labels from elsewhere.
    File(SoftLabelFile),
}

/// What is known of a teacher's training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// How many labelled texts it was trained on here; 0 for a teacher that came trained.
    pub labels: usize,
    pub seconds: f64,
    /// 0 where they are not known.
    pub parameters: usize,
}

/// A teacher that is ready to be asked.
pub enum Ready<'a> {
    Encoder(Box<EncoderTeacher>, Box<TextTokenizer>, Facts),
    File(&'a SoftLabelFile),
}

impl Source {
    /// The teacher at `path`, a Hugging Face folder or a file of soft labels, for these classes.
    pub fn open(path: &Path, classes: &[String]) -> Result<Self, Error> {
        let names: Vec<&str> = classes.iter().map(String::as_str).collect();
        if path.is_dir() {
            let folder = HuggingFaceFolder::open(path)?;
            check_classes(&folder, classes)?;
            return Ok(Self::Folder(Box::new(folder)));
        }
        let file = SoftLabelFile::read(path)?;
        Ok(Self::File(file.with_classes(&names)?))
    }

    /// What it is called in the report.
    pub fn name(&self, path: Option<&Path>) -> String {
        let file = path.and_then(Path::file_name).unwrap_or_default();
        match self {
            Self::Scratch => "an encoder that is trained from scratch".to_owned(),
            Self::Folder(_) => format!("the encoder {}", file.display()),
            Self::File(_) => format!("soft labels of {}", file.display()),
        }
    }
}

/// A folder's own classifier must be of these classes. Classes without names of their own count by their places.
fn check_classes(folder: &HuggingFaceFolder, classes: &[String]) -> Result<(), Error> {
    if !folder.has_classifier() {
        return Ok(());
    }
    let own = folder.classifier(&Device::default())?.classes().to_vec();
    let unnamed = own.iter().all(|name| name.starts_with("LABEL_"));
    match own == classes || (unnamed && own.len() == classes.len()) {
        true => Ok(()),
        false => Err(recurra_distill::Error::Classes {
            expected: classes.to_vec(),
            got: own,
        }
        .into()),
    }
}

impl Ready<'_> {
    /// Gives texts soft labels.
    pub fn teacher(&self) -> &dyn Teacher {
        match self {
            Self::Encoder(teacher, ..) => teacher.as_ref(),
            Self::File(file) => *file,
        }
    }

    /// The soft labels of texts whose labels are known.
    pub fn judge(&self, texts: &[LabelledText]) -> Result<SoftLabels, Error> {
        let texts: Vec<&str> = texts.iter().map(|it| it.text.as_str()).collect();
        Ok(self.teacher().label(&texts)?)
    }

    /// What is known of its training.
    pub fn facts(&self) -> Facts {
        match self {
            Self::Encoder(_, _, facts) => *facts,
            Self::File(_) => Facts::default(),
        }
    }
}

/// The teacher for these parts, trained if it is not yet: in a folder of the run that a resumption finds. `None` after Ctrl-C.
pub fn ready<'a>(
    source: &'a Source,
    (parts, classes): (&Parts, &[String]),
    config: &TeacherConfig,
    seed: u64,
    trainer: &mut Trainer<'_>,
) -> Result<Option<Ready<'a>>, Error> {
    let device = trainer.device().clone();
    let folder = match source {
        Source::File(file) => return Ok(Some(Ready::File(file))),
        Source::Folder(folder) if folder.has_classifier() => {
            let classifier = folder.classifier(&device)?;
            let parameters = classifier.num_params();
            let facts = Facts {
                parameters,
                ..Facts::default()
            };
            return of(classifier, folder.tokenizer().clone(), facts).map(Some);
        }
        Source::Folder(folder) => Some(folder.as_ref()),
        Source::Scratch => None,
    };
    let name = format!("teacher-{}-{seed}", parts.teacher.len());
    let place = trainer.folder().join(&name);
    if place.join(FACTS).is_file() {
        let trained = HuggingFaceFolder::open(&place)?;
        let facts = RunFolder::at(&place).read(FACTS)?;
        return of(
            trained.classifier(&device)?,
            trained.tokenizer().clone(),
            facts,
        )
        .map(Some);
    }
    let started = Instant::now();
    let rng = &mut SeededRng::for_stream(seed, WEIGHTS);
    let (classifier, tokenizer) = match folder {
        Some(folder) => {
            let device = device.clone().autodiff();
            let classifier = folder.new_classifier(classes, Pooling::Mean, &device, rng)?;
            (classifier, folder.tokenizer().clone())
        }
        None => scratch(config, parts, classes, &device.clone().autodiff(), rng)?,
    };
    let Some(classifier) = fine_tune(
        classifier,
        &tokenizer,
        &parts.teacher,
        config,
        seed,
        trainer,
    )?
    else {
        return Ok(None);
    };
    classifier.save(&place, &tokenizer)?;
    let facts = Facts {
        labels: parts.teacher.len(),
        seconds: started.elapsed().as_secs_f64(),
        parameters: classifier.num_params(),
    };
    RunFolder::at(&place).write_json(FACTS, &facts)?;
    of(classifier, tokenizer, facts).map(Some)
}

fn of<'a>(
    classifier: EncoderClassifier,
    tokenizer: TextTokenizer,
    facts: Facts,
) -> Result<Ready<'a>, Error> {
    let teacher = EncoderTeacher::new(classifier, tokenizer.clone(), READ)?;
    Ok(Ready::Encoder(
        Box::new(teacher),
        Box::new(tokenizer),
        facts,
    ))
}

/// An encoder that knows every word of the texts that it may see.
fn scratch(
    config: &TeacherConfig,
    parts: &Parts,
    classes: &[String],
    device: &Device,
    rng: &mut SeededRng,
) -> Result<(EncoderClassifier, TextTokenizer), Error> {
    let seen = parts.teacher.iter().map(|it| it.text.as_str());
    let texts: Vec<Vec<String>> = seen
        .chain(parts.pool.iter().map(String::as_str))
        .map(english_words)
        .collect();
    let words = Vocabulary::from_texts(&texts, VocabularyLimits::default());
    let special = [words.padding(), words.unknown()];
    let words = (0..words.len() as u32)
        .filter(|&id| !special.contains(&Some(id)))
        .filter_map(|id| words.token(id));
    let tokenizer = TextTokenizer::of_words(words, LONGEST)?;
    let size = tokenizer.vocab_size();
    let mut encoder = EncoderConfig::new(size, config.hidden_size, config.num_layers, config.heads)
        .with_classes(classes);
    encoder.max_position_embeddings = LONGEST;
    (
        encoder.hidden_dropout_prob,
        encoder.attention_probs_dropout_prob,
    ) = (config.dropout, config.dropout);
    // BERT's 0.02 suits its width of 768.
    encoder.initializer_range = (config.hidden_size as f64).sqrt().recip();
    Ok((
        encoder.init_classifier(Pooling::Mean, device, rng),
        tokenizer,
    ))
}

/// Trains a classifier on labelled texts; `None` after Ctrl-C.
fn fine_tune(
    classifier: EncoderClassifier,
    tokenizer: &TextTokenizer,
    texts: &[LabelledText],
    config: &TeacherConfig,
    seed: u64,
    trainer: &mut Trainer<'_>,
) -> Result<Option<EncoderClassifier>, Error> {
    let device = classifier.device();
    let rows = tokenizer.encode(&texts.iter().map(|it| &it.text).collect::<Vec<_>>())?;
    let batches = PaddedBatches::new(&rows, 0, config.batch_size)?;
    let steps = (config.epochs * batches.len()).max(config.least_steps);
    let rate = ScheduledRate::new(course(steps, config.warm_up), config.learning_rate)?;
    let told = FineTuningConfig {
        freeze_embeddings: config.freeze_embeddings,
        ..FineTuningConfig::default()
    };
    let mut training = FineTuning::new(classifier, told, SeededRng::for_stream(seed, DROPOUT))?;
    let subject = Subject {
        label: format!("teacher seed {seed}"),
        counted: "texts",
        done: 0,
        steps,
    };
    let mut progress = Progress::start(trainer.display(), subject);
    let begun = Instant::now();
    for (step, batch) in (1..=steps).zip(endless(&batches, seed)) {
        let learning_rate = rate.at(step - 1);
        let labels: Vec<usize> = batch.rows.iter().map(|&row| texts[row].label).collect();
        let ids: Vec<&Vec<u32>> = batch.rows.iter().map(|&row| &rows[row]).collect();
        let tokens = tokenizer.batch(&ids, &device);
        let report = training.train_batch(tokens, &labels, learning_rate)?;
        let seen = Seen {
            step,
            loss: report.loss,
            grad_norm: report.grad_norm,
            learning_rate,
            rate: (step * config.batch_size) as f64 / begun.elapsed().as_secs_f64(),
        };
        progress.step(&seen);
        if step.is_multiple_of(LINE_EVERY) || step == steps {
            trainer.metrics().write(&line(&seen, seed))?;
        }
        if interrupt::requested() {
            return Ok(None);
        }
    }
    Ok(Some(training.classifier()))
}

fn line(seen: &Seen, seed: u64) -> Line {
    let line = Line::new("teacher", seed, seen.step);
    line.with("train_loss", seen.loss)
        .with("grad_norm", seen.grad_norm)
        .with("learning_rate", seen.learning_rate)
        .with("texts_per_second", seen.rate)
}

/// Up in a straight line, then down to 0.
fn course(steps: usize, warm_up: f64) -> Schedule {
    let rising = (warm_up * steps as f64) as usize;
    let falling = Schedule::Linear(Linear::decay((steps - rising).max(1)));
    match rising {
        0 => falling,
        _ => {
            let rise = Schedule::Linear(Linear::warm_up(0.0, rising));
            Schedule::Sequence(Sequence::new(vec![rise, falling], vec![rising]))
        }
    }
}
