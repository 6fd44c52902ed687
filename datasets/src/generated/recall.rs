//! Sequences whose first token is to be recalled at their end.

use crate::draw::Draw;

/// An endless supply of the simplest task that needs a memory: a symbol, then noise, then the question which symbol it was
/// (Bengio et al. 1994; Hochreiter and Schmidhuber 1997, experiment 2).
///
/// The first of a sequence's `T` tokens is one of the symbols `0..symbols`, each equally likely; every other one is noise,
/// one of `symbols..symbols + noise`. What is to be predicted after the last token is the first, over a distance of
/// `T - 1` steps. Whoever guesses is right once in `symbols` times.
///
/// The same seed gives the same sequences on every platform and in every release.
///
/// ```
/// let mut task = recurra_datasets::DelayedRecall::new(1, 4, 2, 10);
/// let batch = task.batch(3);
///
/// assert_eq!((batch.tokens.len(), batch.targets.len()), (3 * 10, 3));
/// assert_eq!(batch.tokens[10], batch.targets[1]);
/// assert_eq!(task.vocabulary_size(), 6);
/// ```
pub struct DelayedRecall {
    draw: Draw,
    symbols: u32,
    noise: u32,
    steps: usize,
}

/// Some sequences of a [`DelayedRecall`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecallBatch {
    /// `[B, T]`, row by row.
    pub tokens: Vec<u32>,
    /// The symbols to recall, `[B]`.
    pub targets: Vec<u32>,
}

impl DelayedRecall {
    /// Sequences of `steps` tokens, from this seed on.
    ///
    /// # Panics
    ///
    /// If `symbols`, `noise` or `steps` is 0.
    pub fn new(seed: u64, symbols: u32, noise: u32, steps: usize) -> Self {
        assert!(
            symbols > 0 && noise > 0 && steps > 0,
            "recall needs a symbol, a kind of noise and a step, got {symbols}, {noise} and {steps}"
        );
        Self {
            draw: Draw::new(seed),
            symbols,
            noise,
            steps,
        }
    }

    /// How many tokens there are, symbols and noise.
    pub fn vocabulary_size(&self) -> usize {
        self.symbols as usize + self.noise as usize
    }

    /// The next `rows` sequences.
    pub fn batch(&mut self, rows: usize) -> RecallBatch {
        let mut batch = RecallBatch {
            tokens: Vec::with_capacity(rows * self.steps),
            targets: Vec::with_capacity(rows),
        };
        for _ in 0..rows {
            let symbol = self.draw.below(self.symbols);
            batch.targets.push(symbol);
            batch.tokens.push(symbol);
            let noise = (1..self.steps).map(|_| self.symbols + self.draw.below(self.noise));
            batch.tokens.extend(noise);
        }
        batch
    }
}
