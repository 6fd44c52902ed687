//! Contiguous lanes: a token stream laid out for training that carries its state from window to
//! window.

use serde::{Deserialize, Serialize};

use crate::DatasetError;

/// A token stream cut into `B` contiguous lanes of equal length, which are read side by side.
///
/// Row `b` of every window continues row `b` of the window before, so a recurrent state carried
/// over is the right one. A stream of `n` tokens has `n - 1` predictions of the next token; each
/// lane gets `(n - 1) / B` of them, rounded down. The last target of a lane is the first input of
/// the next, so only the remainder at the very end is dropped, at most `B - 1` predictions.
///
/// With `B = 1` nothing is dropped: every token but the first is predicted exactly once. With more
/// lanes an evaluation is faster, loses those predictions, and begins `B` times without a past.
///
/// ```
/// use recurra_datasets::Lanes;
///
/// let lanes = Lanes::new(&[10, 11, 12, 13, 14, 15, 16], 2)?;
/// let windows: Vec<_> = lanes.windows(2).collect();
///
/// assert_eq!(windows[0].inputs, [10, 11, /* second lane */ 13, 14]);
/// assert_eq!(windows[0].targets, [11, 12, /* second lane */ 14, 15]);
/// assert_eq!(windows[1].inputs, [12, /* second lane */ 15]);
/// # Ok::<(), recurra_datasets::DatasetError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Lanes<'a> {
    tokens: &'a [u32],
    batch_size: usize,
    steps: usize,
}

impl<'a> Lanes<'a> {
    /// Lays `tokens` out in `batch_size` lanes.
    ///
    /// # Errors
    ///
    /// [`DatasetError::TooShortForLanes`] with fewer than `batch_size + 1` tokens, one prediction a
    /// lane.
    ///
    /// # Panics
    ///
    /// If `batch_size` is 0.
    pub fn new(tokens: &'a [u32], batch_size: usize) -> Result<Self, DatasetError> {
        assert!(batch_size > 0, "batch size must be at least 1, got 0");
        let steps = tokens.len().saturating_sub(1) / batch_size;
        if steps == 0 {
            let needed = batch_size.saturating_add(1);
            return Err(DatasetError::TooShortForLanes {
                tokens: tokens.len(),
                batch_size,
                needed,
            });
        }
        Ok(Self {
            tokens,
            batch_size,
            steps,
        })
    }

    /// The number of lanes, `B`.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// The number of predictions in each lane; `B` times that is what one pass over all windows
    /// predicts.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// All windows in order, each of `length` steps but the last, which has what is left.
    ///
    /// # Panics
    ///
    /// On the first window, if `length` is 0.
    pub fn windows(self, length: usize) -> impl Iterator<Item = Window> {
        let mut cursor = LaneCursor::default();
        std::iter::from_fn(move || cursor.next_window(&self, length))
    }

    fn window(&self, start: usize, steps: usize) -> Window {
        let rows = |offset: usize| -> Vec<u32> {
            let firsts = (0..self.batch_size).map(|lane| lane * self.steps + start + offset);
            firsts
                .flat_map(|first| &self.tokens[first..first + steps])
                .copied()
                .collect()
        };
        Window {
            inputs: rows(0),
            targets: rows(1),
            batch_size: self.batch_size,
            steps,
        }
    }
}

/// `T` consecutive steps of all `B` lanes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The tokens to read, `[B, T]`, row-major.
    pub inputs: Vec<u32>,
    /// The tokens to predict, `[B, T]`, row-major: each is the one that follows its input in the
    /// stream.
    pub targets: Vec<u32>,
    /// `B`.
    pub batch_size: usize,
    /// `T`, at least 1.
    pub steps: usize,
}

/// How far lanes have been read.
///
/// It holds no tokens, so a checkpoint stores it as one number, and reading resumes with the
/// windows that would have come next. A new epoch begins with a new cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneCursor {
    position: usize,
}

impl LaneCursor {
    /// The number of steps read in each lane.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Takes the next window and moves past it; `None` at the end of the lanes.
    ///
    /// It has `length` steps, or fewer if the lanes end before. `length` may differ from call to
    /// call.
    ///
    /// # Panics
    ///
    /// If `length` is 0.
    pub fn next_window(&mut self, lanes: &Lanes<'_>, length: usize) -> Option<Window> {
        assert!(length > 0, "window length must be at least 1, got 0");
        let left = lanes.steps.saturating_sub(self.position);
        if left == 0 {
            return None;
        }
        let window = lanes.window(self.position, length.min(left));
        self.position += window.steps;
        Some(window)
    }
}
