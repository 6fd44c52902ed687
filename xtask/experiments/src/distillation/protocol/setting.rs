//! The arms of one number of labels under one seed.

use std::path::Path;

use burn::module::Module;
use recurra_datasets::labelled::LabelledText;
use recurra_distill::{Objective, SoftLabels};
use recurra_train::{load, save};

use super::super::arm::Arm;
use super::super::config::Config;
use super::super::corpus::Parts;
use super::super::judged::Judged;
use super::super::latency::{Contest, Latency, Timed, texts_of};
use super::super::student::{Lesson, Taught, Untaught};
use super::super::teacher::Ready;
use super::{Count, Finished};
use crate::error::Error;
use crate::run_folder::RunFolder;
use crate::texts::{Model, Reader, bag_of_words, logits};
use crate::training::Trainer;

/// What a teacher says.
pub struct Answers {
    /// Of labelled texts and then the pool.
    pub of_texts: SoftLabels,
    /// The words of changed copies of those texts.
    pub copies: Vec<Vec<String>>,
    pub of_copies: SoftLabels,
}

/// What the arms of one number of labels have in common.
pub struct Setting<'a> {
    pub config: &'a Config,
    pub parts: &'a Parts,
    pub classes: &'a [String],
    pub reader: &'a Reader,
    pub answers: &'a Answers,
    /// A Python, and the folder of the teacher's encoder, where PyTorch is to be timed as well.
    pub torch: Option<(&'a Path, &'a Path)>,
    pub seed: u64,
    /// As it was asked for.
    pub labels: usize,
}

/// Every arm; fewer after Ctrl-C.
pub fn students(setting: &Setting<'_>, trainer: &mut Trainer<'_>) -> Result<Vec<Finished>, Error> {
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
    /// What all that was trained comes to.
    pub fn count(&self, ready: &Ready<'_>, students: Vec<Finished>) -> Result<Count, Error> {
        let (labelled, test) = (self.parts.labelled(), &self.parts.test);
        let of_teacher = Judged::new(&ready.judge(test)?, &labels_of(test));
        Ok(Count {
            labels: labelled.len(),
            pool: self.parts.pool.len(),
            teacher: (ready.facts(), of_teacher),
            students,
            bag_of_words: bag_of_words(self.reader, labelled, test, self.classes.len())?,
        })
    }

    /// A student that is finished, in this run or before it was interrupted; `None` after Ctrl-C.
    fn student(&self, arm: Arm, trainer: &mut Trainer<'_>) -> Result<Option<Finished>, Error> {
        let folder = RunFolder::at(trainer.folder());
        let file = format!("{}.json", self.name(arm));
        if folder.join(&file).is_file() {
            return folder.read(&file).map(Some);
        }
        let lesson = self.lesson(arm)?;
        let name = format!("{}, {} labels", arm.title(), self.parts.labelled);
        let untaught = Untaught {
            config: &self.config.student,
            cell: self.config.cell,
            classes: self.classes.len(),
            reader: self.reader,
        };
        let Some(taught) = untaught.teach(&lesson, (&name, self.seed), trainer)? else {
            return Ok(None);
        };
        if arm == Arm::Distilled {
            save(
                &trainer.folder().join(self.name(arm)),
                &taught.config,
                &taught.classifier,
            )?;
        }
        let finished = self.finished(arm, lesson.rows.len(), &taught)?;
        folder.write_json(&file, &finished)?;
        Ok(Some(finished))
    }

    fn finished(&self, arm: Arm, texts: usize, taught: &Taught) -> Result<Finished, Error> {
        let test = self.parts.test.iter().map(|it| it.text.as_str());
        let rows = self.reader.rows(test)?;
        let soft = logits(&taught.classifier, &rows)?;
        let judged = Judged::new(&soft, &labels_of(&self.parts.test));
        let accuracy = judged.accuracy;
        eprintln!("{} seed {}: {accuracy:.2} %", arm.title(), self.seed);
        Ok(Finished {
            arm,
            judged,
            texts,
            seconds: taught.seconds,
            parameters: taught.classifier.num_params(),
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
        let (mut rows, mut soft) = (
            self.reader.rows(self.parts.seen())?,
            self.answers.of_texts.clone(),
        );
        if arm == Arm::Augmented {
            for words in &self.answers.copies {
                rows.push(self.reader.row(words)?);
            }
            soft.extend(&self.answers.of_copies);
        }
        let decided = soft.decisions().into_iter().skip(labelled.len());
        let labels = known.chain(decided).collect();
        let is_soft = arm != Arm::Pseudo;
        Ok(Lesson {
            rows,
            labels,
            teacher: is_soft.then_some(soft),
            objective: match is_soft {
                true => self.config.loss.objective(),
                false => Objective::Labels,
            },
        })
    }

    /// The name of an arm's files.
    fn name(&self, arm: Arm) -> String {
        format!("{}-{}-{}", arm.name(), self.labels, self.seed)
    }

    /// The distilled student, from the run's folder.
    pub fn model(&self, trainer: &Trainer<'_>) -> Result<Model, Error> {
        let folder = trainer.folder().join(self.name(Arm::Distilled));
        let (config, classifier) = load(&folder, trainer.device())?;
        Ok(Model {
            config,
            classifier,
            reader: self.reader.without_vectors(),
            classes: self.classes.to_vec(),
        })
    }

    /// Where the teacher is one that can be timed.
    pub fn latencies(
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
        let texts = texts_of(self.config.latency_tokens, &texts, tokenizer)?;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let timed = Timed {
            teacher: (teacher.classifier(), tokenizer.as_ref()),
            student: (&model.classifier, &model.reader),
        };
        let contest = Contest {
            rounds: self.config.latency_rounds,
            bert_base: self.config.bert_base,
            torch: self.torch,
        };
        let measured = contest.measure(&timed, &texts)?;
        folder.write_json(&file, &measured)?;
        Ok(measured)
    }
}

fn labels_of(texts: &[LabelledText]) -> Vec<usize> {
    texts.iter().map(|it| it.label).collect()
}
