//! What a classifier makes of rows of words.

use burn::module::Module;
use recurra_cells::{AnyCell, Lengths};
use recurra_datasets::batches::{PaddedBatch, PaddedBatches};
use recurra_distill::SoftLabels;
use recurra_train::{SequenceClassifier, TokenRows};

use crate::error::Error;

/// How many texts are read at a time where nothing is learned.
const READ: usize = 128;

/// A batch as a classifier takes it.
pub fn token_rows(batch: &PaddedBatch) -> Result<TokenRows, Error> {
    let lengths = Lengths::new(batch.lengths.clone(), batch.steps)?;
    Ok(TokenRows::new(batch.ids.clone(), lengths))
}

/// The logits `[N, V]` of rows, in their order.
pub fn logits(
    classifier: &SequenceClassifier<AnyCell>,
    rows: &[Vec<u32>],
) -> Result<SoftLabels, Error> {
    let (classifier, classes) = (classifier.valid(), classifier.classes());
    let device = &classifier.device();
    let mut all = vec![0.0; rows.len() * classes];
    for batch in PaddedBatches::new(rows, 0, READ)?.in_order() {
        let tokens = token_rows(&batch)?;
        let logits = classifier.forward(tokens.tokens(device), tokens.lengths().clone());
        let logits: Vec<f32> = logits.into_data().iter::<f32>().collect();
        for (&row, logits) in batch.rows.iter().zip(logits.chunks_exact(classes)) {
            all[row * classes..(row + 1) * classes].copy_from_slice(logits);
        }
    }
    Ok(SoftLabels::new(classes, all)?)
}
