//! The teacher: given, or trained on its labelled texts.

mod scratch;
mod training;

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::Device;
use recurra_datasets::labelled::LabelledText;
use recurra_distill::{
    EncoderClassifier, EncoderTeacher, HuggingFaceFolder, SoftLabelCache, SoftLabelFile,
    SoftLabels, Stale, Teacher, TextTokenizer,
};
use serde::{Deserialize, Serialize};

use super::config::TeacherConfig;
use super::corpus::Parts;
use crate::devices;
use crate::error::Error;
use crate::interrupt;
use crate::texts::Model;
use crate::training::Trainer;
use training::Training;

/// How many texts a teacher labels at a time.
const READ: usize = 64;

/// Where the teacher is from.
pub enum Source {
    /// From nowhere: a small encoder that knows the words of its texts.
    Scratch,
    /// An encoder, with a classifier of these classes or without one.
    Folder(Box<HuggingFaceFolder>),
    /// A student of an earlier run.
    Model(PathBuf),
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
    Model(Box<Model>),
    File(&'a SoftLabelFile),
}

impl Source {
    /// The teacher at `path`, a Hugging Face folder, that of a run's model or a file of soft labels, for these classes.
    pub fn open(path: &Path, classes: &[String]) -> Result<Self, Error> {
        let names: Vec<&str> = classes.iter().map(String::as_str).collect();
        if Model::is_in(path) {
            Model::read(path, &Device::default())?.check_classes(&names)?;
            return Ok(Self::Model(path.to_owned()));
        }
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
            Self::Model(_) => format!("the recurrent classifier {}", file.display()),
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
            Self::Model(model) => model.as_ref(),
            Self::File(file) => *file,
        }
    }

    /// The soft labels of texts whose labels are known.
    pub fn judge(&self, texts: &[LabelledText]) -> Result<SoftLabels, Error> {
        let texts: Vec<&str> = texts.iter().map(|it| it.text.as_str()).collect();
        Ok(self.teacher().label(&texts)?)
    }

    /// The soft labels of any texts, in the run's file of that name if they are there; `None` after Ctrl-C, which leaves those
    /// that are finished there.
    pub fn soft_labels<S: AsRef<str>>(
        &self,
        texts: &[S],
        name: &str,
        trainer: &Trainer<'_>,
    ) -> Result<Option<SoftLabels>, Error> {
        if texts.is_empty() {
            let classes = self.teacher().classes().len();
            return Ok(Some(SoftLabels::new(classes, Vec::new())?));
        }
        let file = format!("soft-labels-{name}.jsonl");
        let cache = SoftLabelCache::new(trainer.folder().join(file), Stale::Recompute);
        let cached = cache.label_while(self.teacher(), texts, |done, all| {
            eprintln!("teacher {name} has labelled {done} of {all} texts");
            !interrupt::requested()
        })?;
        Ok(cached.map(|it| it.labels))
    }

    /// What is known of its training.
    pub fn facts(&self) -> Facts {
        match self {
            Self::Encoder(_, _, facts) => *facts,
            Self::Model(model) => Facts {
                parameters: model.classifier.num_params(),
                ..Facts::default()
            },
            Self::File(_) => Facts::default(),
        }
    }
}

/// The teacher for these parts, trained if it is not yet: in a folder of the run that a resumption finds. `None` after Ctrl-C.
pub fn ready<'a>(
    source: &'a Source,
    (parts, classes): (&Parts, &[String]),
    (config, seed): (&TeacherConfig, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Option<Ready<'a>>, Error> {
    let training = |encoder| Training {
        encoder,
        parts,
        classes,
        config,
        seed,
    };
    match source {
        Source::File(file) => Ok(Some(Ready::File(file))),
        Source::Model(path) => {
            let model = Model::read(path, trainer.device())?;
            Ok(Some(Ready::Model(Box::new(model))))
        }
        Source::Folder(folder) if folder.has_classifier() => {
            let classifier = folder.classifier(trainer.device())?;
            let facts = Facts {
                parameters: classifier.num_params(),
                ..Facts::default()
            };
            of(classifier, folder.tokenizer().clone(), facts).map(Some)
        }
        Source::Folder(folder) => training(Some(folder)).run(trainer),
        Source::Scratch => training(None).run(trainer),
    }
}

fn of<'a>(
    classifier: EncoderClassifier,
    tokenizer: TextTokenizer,
    facts: Facts,
) -> Result<Ready<'a>, Error> {
    let workers = devices::workers(&classifier.device());
    let teacher = EncoderTeacher::new(classifier, tokenizer.clone(), READ)?.with_workers(workers);
    Ok(Ready::Encoder(
        Box::new(teacher),
        Box::new(tokenizer),
        facts,
    ))
}
