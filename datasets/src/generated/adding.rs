//! Sequences in which two numbers are marked, and their sum is to be told at the end.

use crate::draw::Draw;

/// An endless supply of the adding problem (Hochreiter and Schmidhuber 1997, experiment 4; with the marks as Arjovsky et al. 2016
/// have them).
///
/// Each of a sequence's `T` steps has a number, uniform in `[0, 1]`, and a mark, which is 1 at one step of the first half and at
/// one of the second, and 0 elsewhere. What is to be told after the last step is the sum of the two marked numbers. Whoever always
/// says 1 has a mean square error of `1/6`.
///
/// The same seed gives the same sequences on every platform and in every release.
///
/// ```
/// let mut task = recurra_datasets::AddingProblem::new(1, 20);
/// let batch = task.batch(3);
///
/// assert_eq!((batch.steps.len(), batch.sums.len()), (3 * 20 * 2, 3));
/// ```
pub struct AddingProblem {
    draw: Draw,
    steps: usize,
}

/// Some sequences of an [`AddingProblem`].
#[derive(Clone, Debug, PartialEq)]
pub struct AddingBatch {
    /// The number and the mark of each step, `[B, T, 2]`, row by row.
    pub steps: Vec<f32>,
    /// What is to be told, `[B]`, in `[0, 2]`.
    pub sums: Vec<f32>,
}

impl AddingProblem {
    /// The mean square error of whoever always says 1.
    pub const GUESSING: f64 = 1.0 / 6.0;

    /// Sequences of `steps` steps, from this seed on.
    ///
    /// # Panics
    ///
    /// If there are fewer than 2 steps.
    pub fn new(seed: u64, steps: usize) -> Self {
        assert!(steps >= 2, "the adding problem needs 2 steps, got {steps}");
        Self {
            draw: Draw::new(seed),
            steps,
        }
    }

    /// The next `rows` sequences.
    pub fn batch(&mut self, rows: usize) -> AddingBatch {
        let mut batch = AddingBatch {
            steps: Vec::with_capacity(rows * self.steps * 2),
            sums: Vec::with_capacity(rows),
        };
        for _ in 0..rows {
            let half = self.steps / 2;
            let marked = [
                self.draw.index(half),
                half + self.draw.index(self.steps - half),
            ];
            let mut sum = 0.0;
            for step in 0..self.steps {
                let number = self.draw.unit() as f32;
                let mark = f32::from(u8::from(marked.contains(&step)));
                sum += number * mark;
                batch.steps.extend([number, mark]);
            }
            batch.sums.push(sum);
        }
        batch
    }
}
