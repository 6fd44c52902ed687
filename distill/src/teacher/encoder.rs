//! An encoder of the BERT family as a teacher.

use std::cmp::Reverse;
use std::num::NonZeroUsize;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use burn::module::Module;

use super::{Fingerprint, Fingerprinter, SoftLabels, Teacher};
use crate::{EncoderClassifier, Error, TextTokenizer, TokenBatch};

/// A classifier above an encoder, with the tokenizer that it was trained with.
pub struct EncoderTeacher {
    classifier: EncoderClassifier,
    tokenizer: TextTokenizer,
    batch_size: usize,
    workers: NonZeroUsize,
}

impl EncoderTeacher {
    /// A teacher that reads `batch_size` texts of about one length at a time. It tracks no gradients.
    ///
    /// # Errors
    /// [`Error::Config`] if the batch size is 0.
    pub fn new(
        classifier: EncoderClassifier,
        tokenizer: TextTokenizer,
        batch_size: usize,
    ) -> Result<Self, Error> {
        if batch_size == 0 {
            return Err(Error::config("batch_size", "at least 1", batch_size));
        }
        Ok(Self {
            classifier: classifier.valid(),
            tokenizer,
            batch_size,
            workers: NonZeroUsize::MIN,
        })
    }

    /// How many batches are computed at a time, each by a thread of its own; one by default. More are for CPUs, whose cores the
    /// products of a single small batch do not keep busy. Soft labels do not depend on it.
    #[must_use]
    pub fn with_workers(mut self, workers: NonZeroUsize) -> Self {
        self.workers = workers;
        self
    }

    /// What it asks.
    pub fn classifier(&self) -> &EncoderClassifier {
        &self.classifier
    }
}

impl Teacher for EncoderTeacher {
    fn classes(&self) -> &[String] {
        self.classifier.classes()
    }

    fn fingerprint(&self) -> Fingerprint {
        let config = serde_json::to_string(self.classifier.encoder.config());
        Fingerprinter::default()
            .text("encoder")
            .text(&config.expect("a configuration serialises"))
            .text(&format!("{:?}", self.classifier.pooling()))
            .text(&self.classes().join("\n"))
            .text(&self.tokenizer.to_json())
            .module(&self.classifier)
            .finish()
    }

    fn label(&self, texts: &[&str]) -> Result<SoftLabels, Error> {
        let classes = self.classes().len();
        let rows = self.tokenizer.encode(texts)?;
        let batches = length_sorted(&rows, self.batch_size);
        let mut logits = vec![0.0; rows.len() * classes];
        for (batch, output) in self.answer(&rows, &batches) {
            for (row, output) in batch.iter().zip(output.chunks(classes)) {
                logits[row * classes..][..classes].copy_from_slice(output);
            }
        }
        SoftLabels::new(classes, logits)
    }
}

/// A batch and its logits, row by row.
type Answer<'a> = (&'a [usize], Vec<f32>);

impl EncoderTeacher {
    /// The logits of batches of rows, in any order.
    fn answer<'a>(&self, rows: &[Vec<u32>], batches: &'a [Vec<usize>]) -> Vec<Answer<'a>> {
        let next = AtomicUsize::new(0);
        let work = |classifier: EncoderClassifier| {
            let mut answers = Vec::new();
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                let ids: Vec<&[u32]> = batch.iter().map(|&row| rows[row].as_slice()).collect();
                let TokenBatch { tokens, lengths } =
                    self.tokenizer.batch(&ids, &classifier.device());
                let output = classifier.forward(tokens, lengths).into_data();
                answers.push((batch.as_slice(), output.iter::<f32>().collect()));
            }
            answers
        };
        thread::scope(|scope| {
            let others = (1..self.workers.get().min(batches.len())).map(|_| {
                let classifier = self.classifier.clone();
                scope.spawn(|| work(classifier))
            });
            let others: Vec<_> = others.collect();
            let mut answers = work(self.classifier.clone());
            for other in others {
                answers.extend(
                    other
                        .join()
                        .unwrap_or_else(|cause| panic::resume_unwind(cause)),
                );
            }
            answers
        })
    }
}

/// The rows' indices in batches, longest rows first, so that little of a batch is padding and memory runs out at once or
/// never.
fn length_sorted(rows: &[Vec<u32>], batch_size: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&row| Reverse(rows[row].len()));
    order.chunks(batch_size).map(<[usize]>::to_vec).collect()
}
