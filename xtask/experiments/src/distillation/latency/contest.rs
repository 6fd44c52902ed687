//! Everyone over the same texts in turn, from the text to the logits.

use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;
use std::time::Instant;

use recurra_cells::{AnyCell, SeededRng};
use recurra_distill::{EncoderClassifier, EncoderConfig, Pooling, TextTokenizer};
use recurra_train::{SequenceClassifier, TokenRows};
use serde::{Deserialize, Serialize};

use super::{BATCHES, EncoderTime, Latency};
use crate::error::Error;
use crate::python::Python;
use crate::texts::Reader;

/// The first rounds, which do not count.
const WARM_UP: usize = 2;
const SCRIPT: &str = include_str!("../encoders.py");

/// The teacher and the student.
pub struct Timed<'a> {
    pub teacher: (&'a EncoderClassifier, &'a TextTokenizer),
    pub student: (&'a SequenceClassifier<AnyCell>, &'a Reader),
}

/// Who takes part besides teacher and student, and for how long.
pub struct Contest<'a> {
    pub rounds: usize,
    /// Whether an encoder of the size of BERT-base does.
    pub bert_base: bool,
    /// PyTorch: a Python with `transformers`, and the folder of the teacher's encoder.
    pub torch: Option<(&'a Path, &'a Path)>,
}

/// An encoder in PyTorch.
#[derive(Clone, Copy, Deserialize)]
struct Held {
    slot: usize,
}

#[derive(Deserialize)]
struct Time {
    ms: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Request<'a> {
    Load { folder: &'a Path, threads: usize },
    Draw { folder: &'a Path, threads: usize },
    Run { slot: usize, texts: &'a [&'a str] },
}

/// The encoders that PyTorch holds.
struct Torch {
    python: Python,
    teacher: Held,
    bert_base: Option<Held>,
}

/// Those who are compared with the student.
struct Encoders<'a> {
    teacher: (&'a EncoderClassifier, &'a TextTokenizer),
    bert_base: Option<EncoderClassifier>,
    torch: Option<Torch>,
}

/// The milliseconds of each, round by round.
#[derive(Default)]
struct Rounds {
    student: Vec<f64>,
    teacher: Vec<f64>,
    bert_base: Vec<f64>,
    torch_teacher: Vec<f64>,
    torch_bert_base: Vec<f64>,
}

impl Contest<'_> {
    /// Measures at each of the [`BATCHES`], tokenisation included. The student runs prepared, as it would in use.
    pub fn measure(&self, timed: &Timed<'_>, texts: &[&str]) -> Result<Vec<Latency>, Error> {
        // So that every batch is full.
        let enough = texts.len().max(2 * BATCHES[1]);
        let texts: Vec<&str> = texts.iter().copied().cycle().take(enough).collect();
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let mut encoders = Encoders {
            teacher: timed.teacher,
            bert_base: self.bert_base.then(|| bert_base(timed.teacher)),
            torch: self.torch(cores)?,
        };
        let mut latencies = Vec::new();
        for batch in BATCHES {
            // One text is too little work to share.
            let threads = if batch == 1 { NonZeroUsize::MIN } else { cores };
            let (classifier, reader) = timed.student;
            let mut student = classifier.prepare(threads)?;
            let mut rounds = Rounds::default();
            for round in 0..WARM_UP + self.rounds {
                let texts = part(&texts, batch, round);
                let student = milliseconds(|| {
                    let rows = reader.rows(texts.iter().copied())?;
                    student.logits(&TokenRows::padded(&rows, 0));
                    Ok(())
                })?;
                let mut uncounted = Rounds::default();
                let rounds = match round < WARM_UP {
                    true => &mut uncounted,
                    false => &mut rounds,
                };
                rounds.student.push(student);
                encoders.add(texts, rounds)?;
            }
            latencies.extend(rounds.latency(batch));
        }
        Ok(latencies)
    }

    fn torch(&self, threads: NonZeroUsize) -> Result<Option<Torch>, Error> {
        let Some((program, folder)) = self.torch else {
            return Ok(None);
        };
        let (threads, mut python) = (threads.get(), Python::start(program, SCRIPT)?);
        eprintln!("PyTorch takes part: {}", python.versions());
        let teacher = python.ask(&Request::Load { folder, threads })?;
        let bert_base = match self.bert_base {
            true => Some(python.ask(&Request::Draw { folder, threads })?),
            false => None,
        };
        Ok(Some(Torch {
            python,
            teacher,
            bert_base,
        }))
    }
}

impl Encoders<'_> {
    /// Adds the time of each.
    fn add(&mut self, texts: &[&str], rounds: &mut Rounds) -> Result<(), Error> {
        rounds.teacher.push(encoder(self.teacher, texts)?);
        if let Some(base) = &self.bert_base {
            let base = encoder((base, self.teacher.1), texts)?;
            rounds.bert_base.push(base);
        }
        if let Some(torch) = &mut self.torch {
            rounds.torch_teacher.push(torch.time(torch.teacher, texts)?);
            if let Some(base) = torch.bert_base {
                rounds.torch_bert_base.push(torch.time(base, texts)?);
            }
        }
        Ok(())
    }
}

impl Torch {
    fn time(&mut self, held: Held, texts: &[&str]) -> Result<f64, Error> {
        let slot = held.slot;
        Ok(self.python.ask::<Time>(&Request::Run { slot, texts })?.ms)
    }
}

impl Rounds {
    fn latency(self, batch: usize) -> Option<Latency> {
        let ours = |ms, torch| {
            Some(EncoderTime {
                ms: median(ms)?,
                torch_ms: median(torch),
            })
        };
        Some(Latency {
            batch,
            student_ms: median(self.student)?,
            teacher: ours(self.teacher, self.torch_teacher)?,
            bert_base: ours(self.bert_base, self.torch_bert_base),
        })
    }
}

/// An encoder of BERT-base's size, whose time does not depend on its weights.
fn bert_base((teacher, tokenizer): (&EncoderClassifier, &TextTokenizer)) -> EncoderClassifier {
    let config = EncoderConfig::new(tokenizer.vocab_size(), 768, 12, 12);
    let config = config.with_classes(teacher.classes());
    config.init_classifier(Pooling::First, &teacher.device(), &mut SeededRng::new(1))
}

fn encoder(
    (classifier, tokenizer): (&EncoderClassifier, &TextTokenizer),
    texts: &[&str],
) -> Result<f64, Error> {
    milliseconds(|| {
        let tokens = tokenizer.batch(&tokenizer.encode(texts)?, &classifier.device());
        classifier
            .forward(tokens.tokens, tokens.lengths)
            .into_data();
        Ok(())
    })
}

/// The texts of a round, others than in the one before where there are enough.
fn part<'a, 'b>(texts: &'a [&'b str], batch: usize, round: usize) -> &'a [&'b str] {
    let start = round * batch % texts.len().saturating_sub(batch).max(1);
    &texts[start..(start + batch).min(texts.len())]
}

fn milliseconds(run: impl FnOnce() -> Result<(), Error>) -> Result<f64, Error> {
    let started = Instant::now();
    run()?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

/// The median; none of nothing.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
