//! Padded batches of sequences of about the same length.

mod lengths;

pub use lengths::LengthBatches;

use serde::{Deserialize, Serialize};

use crate::DatasetError;

/// Sequences of token ids, dealt into padded batches of about the same length, as
/// [`LengthBatches`] does it.
///
/// ```
/// use recurra_datasets::batches::{BatchCursor, PaddedBatches};
///
/// let sequences = vec![vec![5], vec![7, 8, 9], vec![6, 6]];
/// let batches = PaddedBatches::new(&sequences, 0, 2)?;
///
/// let batch = batches.in_order().next().expect("the first of two batches");
/// assert_eq!(batch.ids, [5, 0, /* second row */ 6, 6]);
/// assert_eq!((batch.lengths, batch.rows), (vec![1, 2], vec![0, 2]));
///
/// let mut cursor = BatchCursor::default();
/// for _ in 0..3 {
///     let mut epoch = batches.epoch(1, cursor);
///     while let Some(batch) = epoch.next() {
///         // Train on the batch; a checkpoint stores `epoch.cursor()`.
///         assert!(batch.lengths.len() <= 2);
///     }
///     cursor = cursor.next_epoch();
/// }
/// # Ok::<(), recurra_datasets::DatasetError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PaddedBatches<'a> {
    sequences: &'a [Vec<u32>],
    padding: u32,
    order: LengthBatches,
}

/// `B` sequences of at most `T` tokens each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaddedBatch {
    /// The token ids, `[B, T]`, row-major; the padding's id behind the end of a sequence.
    pub ids: Vec<u32>,
    /// The length of each sequence, `[B]`, in `1..=T`.
    pub lengths: Vec<usize>,
    /// Where each sequence stands among all, `[B]`: its labels and soft labels are found by this.
    pub rows: Vec<usize>,
    /// `T`, the length of the longest sequence.
    pub steps: usize,
}

/// How far the batches have been read.
///
/// A checkpoint stores it as two numbers, and reading resumes with the batches that would have come
/// next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCursor {
    epoch: u64,
    position: usize,
}

impl BatchCursor {
    /// The epoch, counted from 0.
    pub fn epoch(self) -> u64 {
        self.epoch
    }

    /// The number of batches read in this epoch.
    pub fn position(self) -> usize {
        self.position
    }

    /// Behind the next batch of this epoch.
    pub fn next_batch(self) -> Self {
        Self {
            position: self.position + 1,
            ..self
        }
    }

    /// The start of the epoch behind this one.
    pub fn next_epoch(self) -> Self {
        Self {
            epoch: self.epoch + 1,
            position: 0,
        }
    }
}

impl<'a> PaddedBatches<'a> {
    /// The sequences in batches of at most `batch_size`, padded with `padding`.
    ///
    /// # Errors
    ///
    /// [`DatasetError::EmptySequence`] if a sequence has no token: there would be no step to learn
    /// from or to predict.
    ///
    /// # Panics
    ///
    /// If `batch_size` is 0.
    pub fn new(
        sequences: &'a [Vec<u32>],
        padding: u32,
        batch_size: usize,
    ) -> Result<Self, DatasetError> {
        if let Some(row) = sequences.iter().position(Vec::is_empty) {
            return Err(DatasetError::EmptySequence { row });
        }
        let lengths = sequences.iter().map(Vec::len).collect();
        Ok(Self {
            sequences,
            padding,
            order: LengthBatches::new(lengths, batch_size),
        })
    }

    /// The number of batches in an epoch.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is no batch at all.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The batches of the cursor's epoch that it has not read yet.
    pub fn epoch(&self, seed: u64, cursor: BatchCursor) -> EpochBatches<'a> {
        self.read(self.order.epoch(seed, cursor.epoch), cursor)
    }

    /// All batches from the shortest sequences to the longest, the same each time: for evaluation,
    /// with as little padding as there can be.
    pub fn in_order(&self) -> EpochBatches<'a> {
        self.read(self.order.in_order(), BatchCursor::default())
    }

    fn read(&self, batches: Vec<Vec<usize>>, cursor: BatchCursor) -> EpochBatches<'a> {
        EpochBatches {
            sequences: self.sequences,
            padding: self.padding,
            batches,
            cursor,
        }
    }
}

/// The batches of an epoch, from a cursor on.
#[derive(Clone, Debug)]
pub struct EpochBatches<'a> {
    sequences: &'a [Vec<u32>],
    padding: u32,
    /// The sequences of each batch, by their place among all.
    batches: Vec<Vec<usize>>,
    cursor: BatchCursor,
}

impl EpochBatches<'_> {
    /// How far the batches have been read: what a checkpoint stores.
    pub fn cursor(&self) -> BatchCursor {
        self.cursor
    }

    /// The share of the epoch's places that hold a token and no padding, in (0, 1]; 1 if there is
    /// no batch.
    pub fn token_efficiency(&self) -> f64 {
        let length = |&row: &usize| self.sequences[row].len();
        let places = |batch: &Vec<usize>| batch.len() * batch.iter().map(length).max().unwrap_or(0);
        let places: usize = self.batches.iter().map(places).sum();
        let tokens: usize = self.batches.iter().flatten().map(length).sum();
        if places == 0 {
            1.0
        } else {
            tokens as f64 / places as f64
        }
    }

    fn batch(&self, rows: &[usize]) -> PaddedBatch {
        let lengths: Vec<usize> = rows.iter().map(|&row| self.sequences[row].len()).collect();
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let mut ids = Vec::with_capacity(rows.len() * steps);
        for (place, &row) in rows.iter().enumerate() {
            ids.extend_from_slice(&self.sequences[row]);
            ids.resize((place + 1) * steps, self.padding);
        }
        PaddedBatch {
            ids,
            lengths,
            rows: rows.to_vec(),
            steps,
        }
    }
}

impl Iterator for EpochBatches<'_> {
    type Item = PaddedBatch;

    fn next(&mut self) -> Option<PaddedBatch> {
        let rows = self.batches.get(self.cursor.position)?;
        self.cursor = self.cursor.next_batch();
        Some(self.batch(rows))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.batches.len().saturating_sub(self.cursor.position);
        (left, Some(left))
    }
}

impl ExactSizeIterator for EpochBatches<'_> {}
