//! The teacher: given, or trained on its labelled texts.

mod training;

use std::path::Path;
use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::SeededRng;
use recurra_datasets::labelled::LabelledText;
use recurra_distill::{
    EncoderClassifier, EncoderTeacher, HuggingFaceFolder, Pooling, SoftLabelFile, SoftLabels,
    Teacher, TextTokenizer,
};
use serde::{Deserialize, Serialize};

use super::config::TeacherConfig;
use super::corpus::Parts;
use crate::error::Error;
use crate::run_folder::RunFolder;
use crate::training::Trainer;
use crate::training::streams::WEIGHTS;
use training::{fine_tune, scratch};

/// How many texts a teacher labels at a time.
const READ: usize = 64;
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
            check_weights(&folder, classes)?;
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

/// A folder must have its tensors, and its own classifier, if there is one, must be of these classes. Classes without names of
/// their own count by their places.
fn check_weights(folder: &HuggingFaceFolder, classes: &[String]) -> Result<(), Error> {
    if !folder.has_classifier() {
        folder.encoder(&Device::default())?;
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
    told: (&Parts, &[String]),
    config: (&TeacherConfig, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Option<Ready<'a>>, Error> {
    match source {
        Source::File(file) => Ok(Some(Ready::File(file))),
        Source::Folder(folder) if folder.has_classifier() => {
            let classifier = folder.classifier(trainer.device())?;
            let facts = Facts {
                parameters: classifier.num_params(),
                ..Facts::default()
            };
            of(classifier, folder.tokenizer().clone(), facts).map(Some)
        }
        Source::Folder(folder) => trained(Some(folder), told, config, trainer),
        Source::Scratch => trained(None, told, config, trainer),
    }
}

/// A teacher that is trained here, above the encoder of a folder or from scratch.
fn trained<'a>(
    encoder: Option<&HuggingFaceFolder>,
    (parts, classes): (&Parts, &[String]),
    (config, seed): (&TeacherConfig, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Option<Ready<'a>>, Error> {
    let name = format!("teacher-{}-{seed}", parts.teacher.len());
    let place = trainer.folder().join(&name);
    if place.join(FACTS).is_file() {
        let folder = HuggingFaceFolder::open(&place)?;
        let facts = RunFolder::at(&place).read(FACTS)?;
        let classifier = folder.classifier(trainer.device())?;
        return of(classifier, folder.tokenizer().clone(), facts).map(Some);
    }
    let started = Instant::now();
    let device = trainer.device().clone().autodiff();
    let rng = &mut SeededRng::for_stream(seed, WEIGHTS);
    let (classifier, tokenizer) = match encoder {
        Some(folder) => {
            let classifier = folder.new_classifier(classes, Pooling::Mean, &device, rng)?;
            (classifier, folder.tokenizer().clone())
        }
        None => scratch(config, parts, classes, &device, rng)?,
    };
    let texts = &parts.teacher;
    let tuned = fine_tune(classifier, &tokenizer, texts, (config, seed), trainer)?;
    let Some(classifier) = tuned else {
        return Ok(None);
    };
    classifier.save(&place, &tokenizer)?;
    let facts = Facts {
        labels: texts.len(),
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
