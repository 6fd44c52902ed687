//! Sequences of brackets, of which it is to be told what may come next.

use crate::draw::Draw;

/// An endless supply of words of a Dyck language of bounded depth (Hewitt et al. 2020; for recurrent networks Gers and
/// Schmidhuber 2001).
///
/// A sequence has `T` brackets of `n` kinds, balanced, at most `m` of them open at a time: the token `k` opens a bracket of kind
/// `k`, the token `n + k` closes it. Where both may be, opening and closing are equally likely, and so are the kinds. What is to
/// be told after each token is the set of those that may come next: any that opens, unless `m` are open, and the one that closes
/// what was opened last, if anything is open. A finite memory is enough, of as many kinds as are open.
///
/// The same seed gives the same sequences on every platform and in every release.
///
/// ```
/// let mut task = recurra_datasets::Dyck::new(1, 2, 3, 10);
/// let batch = task.batch(4);
///
/// assert_eq!(task.vocabulary_size(), 4);
/// assert_eq!((batch.tokens.len(), batch.next.len()), (4 * 10, 4 * 10 * 4));
/// // Behind a balanced sequence, either bracket may open and none close.
/// assert_eq!(batch.next[9 * 4..10 * 4], [true, true, false, false]);
/// ```
pub struct Dyck {
    draw: Draw,
    kinds: u32,
    depth: usize,
    steps: usize,
}

/// Some sequences of a [`Dyck`] language of `n` kinds of brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DyckBatch {
    /// Each in `0..2n`, `[B, T]`, row by row.
    pub tokens: Vec<u32>,
    /// Whether each token may come next, `[B, T, 2n]`: what is to be told at each step.
    pub next: Vec<bool>,
}

impl Dyck {
    /// Sequences of `steps` brackets of so many `kinds`, at most `depth` of them open at a time, from
    /// this seed on.
    ///
    /// # Panics
    ///
    /// If `kinds`, `depth` or `steps` is 0, or `steps` is odd.
    pub fn new(seed: u64, kinds: u32, depth: usize, steps: usize) -> Self {
        assert!(
            kinds > 0 && depth > 0 && steps > 0 && steps.is_multiple_of(2),
            "brackets need a kind, a depth and an even number of steps, got {kinds}, {depth} and {steps}"
        );
        Self {
            draw: Draw::new(seed),
            kinds,
            depth,
            steps,
        }
    }

    /// How many tokens there are, `2n`.
    pub fn vocabulary_size(&self) -> usize {
        2 * self.kinds as usize
    }

    /// The next `rows` sequences.
    pub fn batch(&mut self, rows: usize) -> DyckBatch {
        let places = rows * self.steps;
        let mut batch = DyckBatch {
            tokens: Vec::with_capacity(places),
            next: Vec::with_capacity(places * self.vocabulary_size()),
        };
        for _ in 0..rows {
            let mut open = Vec::with_capacity(self.depth.min(self.steps));
            for left in (1..=self.steps).rev() {
                batch.tokens.push(self.token(&mut open, left));
                let opens = |_| open.len() < self.depth;
                let closes = |kind| open.last() == Some(&kind);
                batch.next.extend((0..self.kinds).map(opens));
                batch.next.extend((0..self.kinds).map(closes));
            }
        }
        batch
    }

    /// The next token, with so many `left` to come, this one included.
    fn token(&mut self, open: &mut Vec<u32>, left: usize) -> u32 {
        let may_open = open.len() < self.depth && open.len() < left;
        if may_open && (open.is_empty() || self.draw.one_in(2)) {
            let kind = self.draw.below(self.kinds);
            open.push(kind);
            return kind;
        }
        let kind = open.pop().expect("what is open, as nothing may be opened");
        self.kinds + kind
    }
}
