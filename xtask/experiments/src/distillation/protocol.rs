//! One seed of the comparison: parts, teacher, soft labels, students; what is finished is never done again.

use recurra_datasets::labelled::LabelledText;
use recurra_distill::{Objective, SoftLabelCache, SoftLabels, Stale};
use recurra_train::{load, save};
use serde::{Deserialize, Serialize};

use super::arm::Arm;
use super::config::Config;
use super::corpus::{Corpus, Parts};
use super::judged::Judged;
use super::latency::{self, Latency};
use super::student::{self, Lesson, Name, Reader, Taught};
use super::teacher::{self, Facts, Ready, Source};
use super::{Model, bag_of_words};
use crate::error::Error;
use crate::interrupt;
use crate::run_folder::RunFolder;
use crate::training::Trainer;

/// What one seed came to; less after Ctrl-C.
pub struct Seed {
    pub seed: u64,
    pub counts: Vec<Count>,
    pub latencies: Vec<Latency>,
    /// The distilled student at the first number of labels.
    pub model: Option<Model>,
    /// What all are judged by.
    pub test: Vec<LabelledText>,
}

/// What one number of labels came to.
pub struct Count {
    /// How many labelled texts the students had.
    pub labels: usize,
    /// How many texts the teacher labelled for them.
    pub pool: usize,
    pub teacher: (Facts, Judged),
    pub students: Vec<Finished>,
    /// In percent.
    pub bag_of_words: f64,
}

/// A student that has been trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    pub arm: Arm,
    pub judged: Judged,
    /// From how many texts it has learned.
    pub texts: usize,
    pub steps: usize,
    pub seconds: f64,
    pub parameters: usize,
}

/// What the arms of one number of labels have in common.
struct Setting<'a> {
    config: &'a Config,
    parts: &'a Parts,
    classes: usize,
    reader: &'a Reader,
    /// The teacher's, for labelled texts and then the pool.
    soft: &'a SoftLabels,
    seed: u64,
    /// As it was asked for.
    labels: usize,
}

/// Trains all under one seed. Further numbers of labels are for the first seed alone.
pub fn run(
    config: &Config,
    (corpus, source): (&Corpus, &Source),
    (seed, is_first): (u64, bool),
    trainer: &mut Trainer<'_>,
) -> Result<Seed, Error> {
    let mut outcome = Seed {
        seed,
        counts: Vec::new(),
        latencies: Vec::new(),
        model: None,
        test: Vec::new(),
    };
    let counts = config.label_counts();
    let counts = if is_first { &counts[..] } else { &counts[..1] };
    let classes = corpus.classes();
    for &labels in counts {
        let parts = corpus.parts(labels, config, seed)?;
        let told = (&parts, &classes[..]);
        let Some(ready) = teacher::ready(source, told, &config.teacher, seed, trainer)? else {
            break;
        };
        let reader = reader(config, &parts);
        let soft = soft_labels(&ready, &parts, (labels, seed), trainer)?;
        let setting = Setting {
            config,
            parts: &parts,
            classes: classes.len(),
            reader: &reader,
            soft: &soft,
            seed,
            labels,
        };
        let is_headline = outcome.counts.is_empty();
        let students = students(&setting, trainer)?;
        if is_headline && students.iter().any(|it| it.arm == Arm::Distilled) {
            let model = setting.model(trainer)?;
            outcome.latencies = setting.latencies(&ready, &model, trainer)?;
            outcome.model = Some(model);
        }
        let judged = Judged::new(&ready.judge(&parts.test)?, &labels_of(&parts.test));
        let (labelled, test) = (parts.labelled(), &parts.test);
        outcome.counts.push(Count {
            labels: parts.labelled,
            pool: parts.pool.len(),
            teacher: (ready.facts(), judged),
            students,
            bag_of_words: bag_of_words::accuracy(&reader, labelled, test, classes.len())?,
        });
        if is_headline {
            outcome.test = parts.test;
        }
        if interrupt::requested() {
            break;
        }
    }
    Ok(outcome)
}

/// The words of all texts that may be seen; the teacher's own labelled texts are not among them.
fn reader(config: &Config, parts: &Parts) -> Reader {
    let labelled = parts.labelled().iter().map(|it| it.text.as_str());
    let texts = labelled.chain(parts.pool.iter().map(String::as_str));
    Reader::new(texts, config.student.min_count)
}

/// The teacher's soft labels of labelled texts and pool, from the run's cache where they are there.
fn soft_labels(
    ready: &Ready<'_>,
    parts: &Parts,
    (labels, seed): (usize, u64),
    trainer: &Trainer<'_>,
) -> Result<SoftLabels, Error> {
    let labelled = parts.labelled().iter().map(|it| it.text.as_str());
    let texts: Vec<&str> = labelled
        .chain(parts.pool.iter().map(String::as_str))
        .collect();
    let file = format!("soft-labels-{labels}-{seed}.jsonl");
    let cache = SoftLabelCache::new(trainer.folder().join(file), Stale::Recompute);
    let cached = cache.label(ready.teacher(), &texts, |done, all| {
        eprintln!("teacher seed {seed} has labelled {done} of {all} texts");
    })?;
    Ok(cached.labels)
}

/// Every arm; fewer after Ctrl-C.
fn students(setting: &Setting<'_>, trainer: &mut Trainer<'_>) -> Result<Vec<Finished>, Error> {
    let mut finished = Vec::new();
    for &arm in &setting.config.arms {
        match setting.student(arm, trainer)? {
            Some(student) => finished.push(student),
            None => break,
        }
    }
    Ok(finished)
}

impl Setting<'_> {
    /// A student that is finished, in this run or before it was interrupted; `None` after Ctrl-C.
    fn student(&self, arm: Arm, trainer: &mut Trainer<'_>) -> Result<Option<Finished>, Error> {
        let folder = RunFolder::at(trainer.folder());
        let file = format!("{}.json", self.name(arm));
        if folder.join(&file).is_file() {
            return folder.read(&file).map(Some);
        }
        let lesson = self.lesson(arm)?;
        let text = arm.title().to_owned() + &format!(", {} labels", self.parts.labelled);
        let name = Name {
            text: &text,
            cell: self.config.cell,
            seed: self.seed,
        };
        let sizes = [self.reader.vocabulary.len(), self.classes];
        let Some(taught) = student::teach(&self.config.student, &lesson, sizes, name, trainer)?
        else {
            return Ok(None);
        };
        if arm == Arm::Distilled {
            save(
                &trainer.folder().join(self.name(arm)),
                &taught.config,
                &taught.classifier,
            )?;
        }
        let finished = self.finished(arm, lesson.rows.len(), &taught, trainer)?;
        folder.write_json(&file, &finished)?;
        Ok(Some(finished))
    }

    fn finished(
        &self,
        arm: Arm,
        texts: usize,
        taught: &Taught,
        trainer: &Trainer<'_>,
    ) -> Result<Finished, Error> {
        let test = self.parts.test.iter().map(|it| it.text.as_str());
        let rows = self.reader.rows(test)?;
        let logits = student::logits(&taught.classifier, &rows, trainer.device())?;
        let judged = Judged::new(&logits, &labels_of(&self.parts.test));
        let accuracy = judged.accuracy;
        eprintln!("{} seed {}: {accuracy:.2} %", arm.title(), self.seed);
        Ok(Finished {
            arm,
            judged,
            texts,
            steps: taught.steps,
            seconds: taught.seconds,
            parameters: burn::module::Module::num_params(&taught.classifier),
        })
    }

    /// What an arm learns from.
    fn lesson(&self, arm: Arm) -> Result<Lesson, Error> {
        let labelled = self.parts.labelled();
        let known = labelled.iter().map(|it| it.label);
        let texts = labelled.iter().map(|it| it.text.as_str());
        if arm == Arm::Student {
            return Ok(Lesson {
                rows: self.reader.rows(texts)?,
                labels: known.collect(),
                teacher: None,
                objective: Objective::Labels,
            });
        }
        let decided = self.soft.decisions().into_iter().skip(labelled.len());
        Ok(Lesson {
            rows: self
                .reader
                .rows(texts.chain(self.parts.pool.iter().map(String::as_str)))?,
            labels: known.chain(decided).collect(),
            teacher: (arm == Arm::Distilled).then(|| self.soft.clone()),
            objective: match arm {
                Arm::Distilled => self.config.loss.objective(),
                Arm::Student | Arm::Pseudo => Objective::Labels,
            },
        })
    }

    /// The name of an arm's files.
    fn name(&self, arm: Arm) -> String {
        format!("{}-{}-{}", arm.name(), self.labels, self.seed)
    }

    /// The distilled student, from the run's folder.
    fn model(&self, trainer: &Trainer<'_>) -> Result<Model, Error> {
        let folder = trainer.folder().join(self.name(Arm::Distilled));
        let (config, classifier) = load(&folder, trainer.device())?;
        Ok(Model {
            config,
            classifier,
            vocabulary: self.reader.vocabulary.clone(),
        })
    }

    /// Where the teacher is one that can be timed.
    fn latencies(
        &self,
        ready: &Ready<'_>,
        model: &Model,
        trainer: &Trainer<'_>,
    ) -> Result<Vec<Latency>, Error> {
        let Ready::Encoder(teacher, tokenizer, _) = ready else {
            return Ok(Vec::new());
        };
        let file = format!("latency-{}.json", self.seed);
        let folder = RunFolder::at(trainer.folder());
        if folder.join(&file).is_file() {
            return folder.read(&file);
        }
        let texts: Vec<&str> = self.parts.test.iter().map(|it| it.text.as_str()).collect();
        let teacher = (teacher.classifier(), tokenizer.as_ref());
        let student = (&model.classifier, self.reader);
        let measured = latency::measure(teacher, student, &texts, self.config.latency_rounds)?;
        folder.write_json(&file, &measured)?;
        Ok(measured)
    }
}

fn labels_of(texts: &[LabelledText]) -> Vec<usize> {
    texts.iter().map(|it| it.label).collect()
}
