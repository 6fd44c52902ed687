//! Sequences of bits, of which it is to be told whether the ones are odd in number.

use crate::draw::Draw;

/// An endless supply of the parity problem (Minsky and Papert 1969; for recurrent networks Hochreiter and Schmidhuber 1997).
///
/// A sequence has `T` bits, each equally likely. What is to be told after the last one is their sum modulo 2. Two states are
/// enough to know it, yet each bit decides: whoever misses one is right every other time, as is whoever guesses.
///
/// The same seed gives the same sequences on every platform and in every release.
///
/// ```
/// let mut task = recurra_datasets::Parity::new(1, 8);
/// let batch = task.batch(3);
///
/// assert_eq!((batch.bits.len(), batch.parities.len()), (3 * 8, 3));
/// assert_eq!(batch.parities[0], batch.bits[..8].iter().sum::<u32>() % 2);
/// ```
pub struct Parity {
    draw: Draw,
    steps: usize,
}

/// Some sequences of a [`Parity`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParityBatch {
    /// Each 0 or 1, `[B, T]`, row by row.
    pub bits: Vec<u32>,
    /// What is to be told, `[B]`: 1 if the row has an odd number of ones, else 0.
    pub parities: Vec<u32>,
}

impl Parity {
    /// Sequences of `steps` bits, from this seed on.
    ///
    /// # Panics
    ///
    /// If `steps` is 0.
    pub fn new(seed: u64, steps: usize) -> Self {
        assert!(steps > 0, "the parity problem needs a bit, got 0");
        Self {
            draw: Draw::new(seed),
            steps,
        }
    }

    /// The next `rows` sequences.
    pub fn batch(&mut self, rows: usize) -> ParityBatch {
        let bits = (0..rows * self.steps).map(|_| self.draw.below(2));
        let bits: Vec<u32> = bits.collect();
        let rows = bits.chunks_exact(self.steps);
        let parities = rows.map(|row| row.iter().sum::<u32>() % 2).collect();
        ParityBatch { bits, parities }
    }
}
