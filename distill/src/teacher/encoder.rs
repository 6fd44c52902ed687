//! An encoder of the BERT family as a teacher.

use std::cmp::Reverse;

use burn::module::Module;

use super::{Fingerprint, Fingerprinter, SoftLabels, Teacher};
use crate::{EncoderClassifier, Error, TextTokenizer, TokenBatch};

/// A classifier above an encoder, with the tokenizer that it was trained with.
pub struct EncoderTeacher {
    classifier: EncoderClassifier,
    tokenizer: TextTokenizer,
    batch_size: usize,
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
        })
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
        let (device, classes) = (self.classifier.device(), self.classes().len());
        let rows = self.tokenizer.encode(texts)?;
        let mut logits = vec![0.0; rows.len() * classes];
        for batch in length_sorted(&rows, self.batch_size) {
            let ids: Vec<&[u32]> = batch.iter().map(|&row| rows[row].as_slice()).collect();
            let TokenBatch { tokens, lengths } = self.tokenizer.batch(&ids, &device);
            let output = self.classifier.forward(tokens, lengths).into_data();
            let output: Vec<f32> = output.iter::<f32>().collect();
            for (row, output) in batch.iter().zip(output.chunks(classes)) {
                logits[row * classes..][..classes].copy_from_slice(output);
            }
        }
        SoftLabels::new(classes, logits)
    }
}

/// The rows' indices in batches, longest rows first, so that little of a batch is padding and memory runs out at once or
/// never.
fn length_sorted(rows: &[Vec<u32>], batch_size: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&row| Reverse(rows[row].len()));
    order.chunks(batch_size).map(<[usize]>::to_vec).collect()
}
