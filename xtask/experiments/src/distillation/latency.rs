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

/// Measures at each of the [`BATCHES`], tokenisation included. The student runs prepared, as it would in use.
pub fn measure(
    (teacher, tokenizer): (&EncoderClassifier, &TextTokenizer),
    (student, reader): (&SequenceClassifier<AnyCell>, &Reader),
    texts: &[&str],
    rounds: usize,
) -> Result<Vec<Latency>, Error> {
    let device = teacher.device();
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut latencies = Vec::new();
    for batch in BATCHES {
        // One text is too little work to share.
        let threads = if batch == 1 {
            NonZeroUsize::MIN
        } else {
            threads
        };
        let mut student = student.prepare(threads)?;
        let mut of_teacher = |texts: &[&str]| -> Result<(), Error> {
            let rows = tokenizer.encode(texts)?;
            let tokens = tokenizer.batch(&rows, &device);
            teacher.forward(tokens.tokens, tokens.lengths).into_data();
            Ok(())
        };
        let mut of_student = |texts: &[&str]| -> Result<(), Error> {
            let rows = reader.rows(texts.iter().copied())?;
            student.logits(&padded(&rows)?);
            Ok(())
        };
        let (mut teacher_ms, mut student_ms) = (Vec::new(), Vec::new());
        // The first rounds do not count.
        for round in 0..rounds + 2 {
            let start = round * batch % texts.len().saturating_sub(batch).max(1);
            let texts = &texts[start..(start + batch).min(texts.len())];
            let (slow, fast) = (
                timed(texts, &mut of_teacher)?,
                timed(texts, &mut of_student)?,
            );
            if round >= 2 {
                teacher_ms.push(slow);
                student_ms.push(fast);
            }
        }
        latencies.push(Latency {
            batch,
            teacher_ms: median(teacher_ms),
            student_ms: median(student_ms),
        });
    }
    Ok(latencies)
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
