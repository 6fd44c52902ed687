//! Which examples are read together.

use crate::draw::Draw;

/// How many batches' worth of neighbours in length are shuffled among each other.
const BUCKET_BATCHES: usize = 8;

/// Examples of some length each, dealt into batches of about the same length; an example is known by
/// its place among all.
///
/// For each epoch the examples are sorted by length, in random order where they are equally long,
/// and cut into buckets of eight batches; each bucket is shuffled and cut into batches, and the
/// batches are shuffled. Every example is in exactly one batch of an epoch, and only one batch of an
/// epoch can have fewer than `batch_size`. The seed and the epoch alone decide the order.
///
/// ```
/// use recurra_datasets::batches::LengthBatches;
///
/// let batches = LengthBatches::new(vec![1, 3, 2], 2);
/// assert_eq!(batches.in_order(), [vec![0, 2], vec![1]]);
/// assert_eq!(batches.epoch(1, 0).len(), batches.len());
/// ```
#[derive(Clone, Debug)]
pub struct LengthBatches {
    lengths: Vec<usize>,
    batch_size: usize,
}

impl LengthBatches {
    /// Examples of these lengths, in batches of at most `batch_size`.
    ///
    /// # Panics
    ///
    /// If `batch_size` is 0.
    pub fn new(lengths: Vec<usize>, batch_size: usize) -> Self {
        assert!(batch_size > 0, "batch size must be at least 1, got 0");
        Self {
            lengths,
            batch_size,
        }
    }

    /// The number of batches in an epoch.
    pub fn len(&self) -> usize {
        self.lengths.len().div_ceil(self.batch_size)
    }

    /// Whether there is no batch at all.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The batches of an epoch, counted from 0.
    pub fn epoch(&self, seed: u64, epoch: u64) -> Vec<Vec<usize>> {
        let mut draw = Draw::for_stream(seed, epoch);
        let mut rows: Vec<usize> = (0..self.lengths.len()).collect();
        // A stable sort keeps the shuffled order among examples of the same length.
        draw.shuffle(&mut rows);
        rows.sort_by_key(|&row| self.lengths[row]);
        for bucket in rows.chunks_mut(self.batch_size.saturating_mul(BUCKET_BATCHES)) {
            draw.shuffle(bucket);
        }
        let mut batches = self.cut(&rows);
        draw.shuffle(&mut batches);
        batches
    }

    /// All batches from the shortest examples to the longest, the same each time.
    pub fn in_order(&self) -> Vec<Vec<usize>> {
        let mut rows: Vec<usize> = (0..self.lengths.len()).collect();
        rows.sort_by_key(|&row| self.lengths[row]);
        self.cut(&rows)
    }

    fn cut(&self, rows: &[usize]) -> Vec<Vec<usize>> {
        rows.chunks(self.batch_size)
            .map(<[usize]>::to_vec)
            .collect()
    }
}
