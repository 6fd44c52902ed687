//! One seed of the comparison: parts, teacher, soft labels, students; what is finished is never done again.

mod setting;

use recurra_datasets::labelled::LabelledText;
use recurra_distill::{SoftLabelFile, Teacher};
use serde::{Deserialize, Serialize};

use super::Given;
use super::arm::Arm;
use super::augmented;
use super::config::Config;
use super::corpus::{Corpus, Parts};
use super::judged::Judged;
use super::latency::Latency;
use super::teacher::{self, Facts, Ready};
use crate::error::Error;
use crate::interrupt;
use crate::texts::{Model, Reader};
use crate::training::Trainer;
use setting::{Answers, Setting, students};

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
    pub seconds: f64,
    pub parameters: usize,
}

/// Trains all under one seed; those numbers of labels that are for the first seed alone only if it is that.
pub fn run(
    config: &Config,
    given: &Given,
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
    for labels in counts(config, is_first) {
        let is_whole = outcome.add(labels, config, given, trainer)?;
        if !is_whole || interrupt::requested() {
            break;
        }
    }
    Ok(outcome)
}

/// The numbers of labels under a seed: all under the first.
fn counts(config: &Config, is_first: bool) -> Vec<usize> {
    let mut counts = config.label_counts();
    if !is_first {
        counts.truncate(1);
    }
    counts
}

/// Refuses a file that lacks soft labels of a text, before anything is trained.
pub fn check_file(
    file: &SoftLabelFile,
    corpus: &Corpus,
    config: &Config,
    (seed, first): (u64, u64),
) -> Result<(), Error> {
    for labels in counts(config, seed == first) {
        let parts = corpus.parts(labels, config, seed)?;
        let test = parts.test.iter().map(|it| it.text.as_str());
        let texts: Vec<&str> = parts.seen().chain(test).collect();
        file.label(&texts)?;
    }
    Ok(())
}

impl Seed {
    /// Adds what a number of labels comes to, and of the first the student and its latencies; nothing where Ctrl-C stops its
    /// teacher, in training or at work.
    fn add(
        &mut self,
        labels: usize,
        config: &Config,
        given: &Given,
        trainer: &mut Trainer<'_>,
    ) -> Result<bool, Error> {
        let (seed, classes) = (self.seed, given.corpus.classes());
        let parts = given.corpus.parts(labels, config, seed)?;
        let told = (&parts, &classes[..]);
        let ready = teacher::ready(&given.source, told, (&config.teacher, seed), trainer)?;
        let Some(ready) = ready else {
            return Ok(false);
        };
        let words = &config.student;
        let reader = Reader::new(parts.seen(), words.min_count, &words.vectors)?;
        let Some(answers) = ask(&ready, &parts, (config, labels, seed), trainer)? else {
            return Ok(false);
        };
        let setting = Setting {
            config,
            parts: &parts,
            classes: &classes,
            reader: &reader,
            answers: &answers,
            torch: given.torch(),
            seed,
            labels,
        };
        let students = students(&setting, trainer)?;
        if self.counts.is_empty() {
            self.keep(&setting, &ready, &students, trainer)?;
        }
        self.counts.push(setting.count(&ready, students)?);
        Ok(true)
    }

    /// Keeps the student of the first number of labels, and how fast it is.
    fn keep(
        &mut self,
        setting: &Setting<'_>,
        ready: &Ready<'_>,
        students: &[Finished],
        trainer: &Trainer<'_>,
    ) -> Result<(), Error> {
        self.test = setting.parts.test.clone();
        if students.iter().any(|it| it.arm == Arm::Distilled) {
            let model = setting.model(trainer)?;
            self.latencies = setting.latencies(ready, &model, trainer)?;
            self.model = Some(model);
        }
        Ok(())
    }
}

/// What the teacher says, of changed copies only where an arm learns from them; `None` after Ctrl-C.
fn ask(
    ready: &Ready<'_>,
    parts: &Parts,
    (config, labels, seed): (&Config, usize, u64),
    trainer: &Trainer<'_>,
) -> Result<Option<Answers>, Error> {
    let texts: Vec<&str> = parts.seen().collect();
    let name = match ready.facts().labels {
        // Whichever seed it is, all texts and a teacher that came trained are the same.
        0 if labels == 0 => "all".to_owned(),
        _ => format!("{labels}-{seed}"),
    };
    let of_texts = ready.soft_labels(&texts, &name, trainer)?;
    let copies = match config.arms.contains(&Arm::Augmented) {
        true => augmented::copies(parts.seen(), config, seed)?,
        false => Vec::new(),
    };
    let Some(of_texts) = of_texts else {
        return Ok(None);
    };
    let texts: Vec<String> = copies.iter().map(|words| words.join(" ")).collect();
    let of_copies = ready.soft_labels(&texts, &format!("augmented-{labels}-{seed}"), trainer)?;
    Ok(of_copies.map(|of_copies| Answers {
        of_texts,
        copies,
        of_copies,
    }))
}
