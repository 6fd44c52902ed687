//! A teacher in training: on labels, and then, if it is told so, on what it says of texts without them.

use std::path::PathBuf;
use std::time::Instant;

use burn::module::Module;
use recurra_cells::SeededRng;
use recurra_datasets::batches::PaddedBatch;
use recurra_distill::{
    EncoderClassifier, FineTuning, FineTuningConfig, Hinton, HuggingFaceFolder, Objective, Pooling,
    SoftLabels, TextTokenizer,
};
use recurra_train::Schedule;
use recurra_train::schedule::{Linear, Sequence};

use super::super::config::TeacherConfig;
use super::super::corpus::Parts;
use super::super::steps::Steps;
use super::scratch::scratch;
use super::{Facts, Ready, of};
use crate::error::Error;
use crate::run_folder::RunFolder;
use crate::training::Trainer;
use crate::training::streams::{DROPOUT, WEIGHTS};

/// What is written beside a trained teacher, last of all.
const FACTS: &str = "training.json";
const FIRST: &str = "teacher";
const SELF_TRAINED: &str = "self-trained-teacher";

/// A teacher that is trained here, above the encoder of a folder or from scratch.
pub struct Training<'a> {
    pub encoder: Option<&'a HuggingFaceFolder>,
    pub parts: &'a Parts,
    pub classes: &'a [String],
    pub config: &'a TeacherConfig,
    pub seed: u64,
}

/// What an encoder learns from.
struct Lesson<'a> {
    /// What it is called in files and on the screen.
    name: &'static str,
    texts: Vec<&'a str>,
    labels: Vec<usize>,
    predecessor: Option<SoftLabels>,
    /// How often it sees each text.
    epochs: usize,
    /// How long its predecessor has trained.
    seconds: f64,
}

impl Training<'_> {
    /// Trains it, unless it is in the run's folder; `None` after Ctrl-C.
    pub fn run(&self, trainer: &mut Trainer<'_>) -> Result<Option<Ready<'static>>, Error> {
        let further = self.config.self_training.min(self.parts.pool.len());
        if further > 0
            && let Some(found) = self.found(SELF_TRAINED, trainer)?
        {
            return Ok(Some(found));
        }
        let first = match self.found(FIRST, trainer)? {
            Some(found) => Some(found),
            None => self.taught(&self.of_labels(), trainer)?,
        };
        match first {
            Some(first) if further > 0 => self.self_trained(&first, further, trainer),
            first => Ok(first),
        }
    }

    fn of_labels(&self) -> Lesson<'_> {
        let labelled = &self.parts.teacher;
        Lesson {
            name: FIRST,
            texts: labelled.iter().map(|it| it.text.as_str()).collect(),
            labels: labelled.iter().map(|it| it.label).collect(),
            predecessor: None,
            epochs: self.config.epochs,
            seconds: 0.0,
        }
    }

    /// An encoder that starts where the first did, and sees once what that one says of the labelled texts and of so many of the
    /// pool, from all over it.
    fn self_trained(
        &self,
        first: &Ready<'_>,
        further: usize,
        trainer: &mut Trainer<'_>,
    ) -> Result<Option<Ready<'static>>, Error> {
        let (labelled, pool) = (&self.parts.teacher, &self.parts.pool);
        let chosen = (0..further).map(|index| pool[index * pool.len() / further].as_str());
        let texts = labelled.iter().map(|it| it.text.as_str()).chain(chosen);
        let texts: Vec<&str> = texts.collect();
        let name = format!("of-first-{}-{}", labelled.len(), self.seed);
        let Some(soft) = first.soft_labels(&texts, &name, trainer)? else {
            return Ok(None);
        };
        let lesson = Lesson {
            name: SELF_TRAINED,
            texts,
            labels: soft.decisions(),
            predecessor: Some(soft),
            epochs: 1,
            seconds: first.facts().seconds,
        };
        self.taught(&lesson, trainer)
    }

    /// Where a teacher of the run lies.
    fn place(&self, name: &str, trainer: &Trainer<'_>) -> PathBuf {
        let name = format!("{name}-{}-{}", self.parts.teacher.len(), self.seed);
        trainer.folder().join(name)
    }

    /// A teacher that was trained before the run was interrupted.
    fn found(&self, name: &str, trainer: &Trainer<'_>) -> Result<Option<Ready<'static>>, Error> {
        let place = self.place(name, trainer);
        if !place.join(FACTS).is_file() {
            return Ok(None);
        }
        let folder = HuggingFaceFolder::open(&place)?;
        let facts = RunFolder::at(&place).read(FACTS)?;
        let classifier = folder.classifier(trainer.device())?;
        of(classifier, folder.tokenizer().clone(), facts).map(Some)
    }

    fn taught(
        &self,
        lesson: &Lesson<'_>,
        trainer: &mut Trainer<'_>,
    ) -> Result<Option<Ready<'static>>, Error> {
        let started = Instant::now();
        let (classifier, tokenizer) = self.untaught(trainer)?;
        let tuned = self.fine_tuned(classifier, &tokenizer, lesson, trainer)?;
        let Some(classifier) = tuned else {
            return Ok(None);
        };
        let place = self.place(lesson.name, trainer);
        classifier.save(&place, &tokenizer)?;
        let facts = Facts {
            labels: self.parts.teacher.len(),
            seconds: lesson.seconds + started.elapsed().as_secs_f64(),
            parameters: classifier.num_params(),
        };
        RunFolder::at(&place).write_json(FACTS, &facts)?;
        // From its folder, as a resumed run has it: soft labels know their teacher by what it is read from.
        self.found(lesson.name, trainer)
    }

    fn untaught(&self, trainer: &Trainer<'_>) -> Result<(EncoderClassifier, TextTokenizer), Error> {
        let device = trainer.device().clone().autodiff();
        let rng = &mut SeededRng::for_stream(self.seed, WEIGHTS);
        match self.encoder {
            Some(folder) => {
                let classifier =
                    folder.new_classifier(self.classes, Pooling::Mean, &device, rng)?;
                Ok((classifier, folder.tokenizer().clone()))
            }
            None => scratch(self.config, self.parts, self.classes, &device, rng),
        }
    }

    /// `None` after Ctrl-C.
    fn fine_tuned(
        &self,
        classifier: EncoderClassifier,
        tokenizer: &TextTokenizer,
        lesson: &Lesson<'_>,
        trainer: &mut Trainer<'_>,
    ) -> Result<Option<EncoderClassifier>, Error> {
        let (device, rows) = (classifier.device(), tokenizer.encode(&lesson.texts)?);
        let told = FineTuningConfig {
            freeze_embeddings: self.config.freeze_embeddings,
            objective: lesson.objective(),
            ..FineTuningConfig::default()
        };
        let rng = SeededRng::for_stream(self.seed, DROPOUT);
        let mut training = FineTuning::new(classifier, told, rng)?;
        let steps = Steps {
            name: lesson.name,
            seed: self.seed,
            epochs: lesson.epochs,
            least: self.config.least_steps,
            batch_size: self.config.batch_size,
            learning_rate: self.config.learning_rate,
        };
        let schedule = course(steps.over(rows.len()), self.config.warm_up);
        let step = |batch: &PaddedBatch, rate| {
            // Its own padding, not the batch's.
            let ids: Vec<&Vec<u32>> = batch.rows.iter().map(|&row| &rows[row]).collect();
            let tokens = tokenizer.batch(&ids, &device);
            let (labels, logits) = lesson.targets(&batch.rows);
            Ok(match logits {
                Some(logits) => {
                    training.train_batch_with_teacher(tokens, &labels, &logits, rate)?
                }
                None => training.train_batch(tokens, &labels, rate)?,
            })
        };
        let is_whole = steps.make(&rows, schedule, trainer, step)?;
        Ok(is_whole.then(|| training.classifier()))
    }
}

impl Lesson<'_> {
    /// The very probabilities of a predecessor, or labels.
    fn objective(&self) -> Objective {
        match self.predecessor {
            None => Objective::Labels,
            Some(_) => Objective::Hinton(Hinton {
                alpha: 0.0,
                temperature: 1.0,
            }),
        }
    }

    /// The labels of texts, and the logits that their predecessor has of them.
    fn targets(&self, texts: &[usize]) -> (Vec<usize>, Option<Vec<f32>>) {
        let labels = texts.iter().map(|&text| self.labels[text]).collect();
        let logits = self.predecessor.as_ref().map(|soft| {
            let logits = texts.iter().flat_map(|&text| soft.row(text));
            logits.copied().collect()
        });
        (labels, logits)
    }
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
