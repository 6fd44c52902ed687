//! How long teacher and student take over the same texts, from the text to the logits.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Instant;

use recurra_cells::{AnyCell, Lengths};
use recurra_distill::{EncoderClassifier, TextTokenizer};
use recurra_train::{SequenceClassifier, TokenRows};
use serde::{Deserialize, Serialize};

use super::student::Reader;
use crate::error::Error;

/// The numbers of texts at a time that are measured.
pub const BATCHES: [usize; 2] = [1, 32];

/// The first rounds, which do not count.
const WARM_UP: usize = 2;

/// Milliseconds, medians over rounds in which both take turns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// How many texts at a time.
    pub batch: usize,
    pub teacher_ms: f64,
    pub student_ms: f64,
}

impl Latency {
    /// How many times faster the student is.
    pub fn speedup(&self) -> f64 {
        self.teacher_ms / self.student_ms
    }
}

/// An encoder and its tokenizer.
pub type TimedTeacher<'a> = (&'a EncoderClassifier, &'a TextTokenizer);
/// A student and what it reads.
pub type TimedStudent<'a> = (&'a SequenceClassifier<AnyCell>, &'a Reader);

/// Measures at each of the [`BATCHES`], tokenisation included. The student runs prepared, as it would in use.
pub fn measure(
    teacher: TimedTeacher<'_>,
    student: TimedStudent<'_>,
    texts: &[&str],
    rounds: usize,
) -> Result<Vec<Latency>, Error> {
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let measure = |batch| {
        // One text is too little work to share.
        let threads = if batch == 1 { NonZeroUsize::MIN } else { cores };
        measure_batch(teacher, (student, threads), (texts, batch), rounds)
    };
    BATCHES.into_iter().map(measure).collect()
}

fn measure_batch(
    (teacher, tokenizer): TimedTeacher<'_>,
    ((student, reader), threads): (TimedStudent<'_>, NonZeroUsize),
    (texts, batch): (&[&str], usize),
    rounds: usize,
) -> Result<Latency, Error> {
    let device = teacher.device();
    let mut student = student.prepare(threads)?;
    let mut of_teacher = |texts: &[&str]| {
        let tokens = tokenizer.batch(&tokenizer.encode(texts)?, &device);
        teacher.forward(tokens.tokens, tokens.lengths).into_data();
        Ok(())
    };
    let mut of_student = |texts: &[&str]| {
        let rows = reader.rows(texts.iter().copied())?;
        student.logits(&padded(&rows)?);
        Ok(())
    };
    let (mut teacher_ms, mut student_ms) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + rounds {
        let start = round * batch % texts.len().saturating_sub(batch).max(1);
        let texts = &texts[start..(start + batch).min(texts.len())];
        let slow = timed(texts, &mut of_teacher)?;
        let fast = timed(texts, &mut of_student)?;
        if round >= WARM_UP {
            teacher_ms.push(slow);
            student_ms.push(fast);
        }
    }
    Ok(Latency {
        batch,
        teacher_ms: median(teacher_ms),
        student_ms: median(student_ms),
    })
}

fn padded(rows: &[Vec<u32>]) -> Result<TokenRows, Error> {
    let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
    let steps = lengths.iter().copied().max().unwrap_or(0);
    let mut tokens = Vec::with_capacity(rows.len() * steps);
    for row in rows {
        tokens.extend_from_slice(row);
        tokens.resize(tokens.len() + steps - row.len(), 0);
    }
    Ok(TokenRows::new(tokens, Lengths::new(lengths, steps)?))
}

/// Milliseconds.
fn timed(texts: &[&str], run: &mut impl FnMut(&[&str]) -> Result<(), Error>) -> Result<f64, Error> {
    let started = Instant::now();
    run(texts)?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
