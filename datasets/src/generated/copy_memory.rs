//! Sequences that are to be repeated after a long silence.

use crate::draw::Draw;

/// How many symbols are to be repeated.
const SYMBOLS: usize = 10;

/// An endless supply of the copy memory task (Hochreiter and Schmidhuber 1997; Arjovsky et al. 2016), as Bai et al. (2018) have it.
///
/// A sequence has `T + 20` steps: 10 symbols `1..=8`, each equally likely; `T - 1` times silence, which is 0; and 11 times the sign
/// to begin, which is 9. What is to be told is silence for `T + 10` steps, and then the 10 symbols in their order, each `T + 10`
/// steps after it was read. Whoever remembers nothing has a cross-entropy of `10 ln 8 / (T + 20)` nats a step.
///
/// The same seed gives the same sequences on every platform and in every release.
///
/// ```
/// let mut task = recurra_datasets::CopyMemory::new(1, 30);
/// let batch = task.batch(3);
///
/// assert_eq!(batch.inputs.len(), 3 * 50);
/// assert_eq!(batch.inputs[..10], batch.targets[40..50]);
/// ```
pub struct CopyMemory {
    draw: Draw,
    silence: usize,
}

/// Some sequences of a [`CopyMemory`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyBatch {
    /// What is read, `[B, T + 20]`, row by row.
    pub inputs: Vec<u32>,
    /// What is to be told at each step, `[B, T + 20]`.
    pub targets: Vec<u32>,
}

impl CopyMemory {
    /// How many tokens there are: silence, 8 symbols, and the sign to begin.
    pub const VOCABULARY: usize = 10;
    /// How many of the last steps have a symbol to tell.
    pub const TOLD: usize = SYMBOLS;

    /// Sequences with this `T`, from this seed on.
    ///
    /// # Panics
    ///
    /// If `T` is 0.
    pub fn new(seed: u64, silence: usize) -> Self {
        assert!(
            silence > 0,
            "the copy memory task needs a T of at least 1, got 0"
        );
        Self {
            draw: Draw::new(seed),
            silence,
        }
    }

    /// `T + 20`, the steps of a sequence.
    pub fn steps(&self) -> usize {
        self.silence + 2 * SYMBOLS
    }

    /// The next `rows` sequences.
    pub fn batch(&mut self, rows: usize) -> CopyBatch {
        let steps = self.steps();
        let mut batch = CopyBatch {
            inputs: vec![0; rows * steps],
            targets: vec![0; rows * steps],
        };
        let inputs = batch.inputs.chunks_exact_mut(steps);
        for (inputs, targets) in inputs.zip(batch.targets.chunks_exact_mut(steps)) {
            let symbols: [u32; SYMBOLS] = std::array::from_fn(|_| 1 + self.draw.below(8));
            inputs[..SYMBOLS].copy_from_slice(&symbols);
            inputs[steps - SYMBOLS - 1..].fill(9);
            targets[steps - SYMBOLS..].copy_from_slice(&symbols);
        }
        batch
    }
}
