//! The order in which the valid steps of a padded batch are computed.

use std::ops::Range;

/// The rows of every step, packed: the longest sequences first, so that those that still run are always the first few of
/// the batch, and no padding is touched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// For each place in the batch, longest first: which row of the batch it is.
    pub order: Vec<usize>,
    /// For each place, how many of its steps are valid.
    pub lengths: Vec<usize>,
    /// Where each step's packed rows begin; at last, their number.
    offsets: Vec<usize>,
    /// For each packed row: its row of the user's `[B * T, _]`.
    pub source: Vec<usize>,
}

impl Plan {
    /// For `lengths.len()` rows of `steps` steps each, the first `lengths` of them valid.
    pub(crate) fn forward(lengths: &[usize], steps: usize) -> Self {
        Self::new(lengths, steps, |_, step| step)
    }

    /// The same, each row from its last valid step back.
    pub(crate) fn backward(lengths: &[usize], steps: usize) -> Self {
        Self::new(lengths, steps, |length, step| length - 1 - step)
    }

    /// `at(length, step)` says which of its steps a row is at.
    fn new(lengths: &[usize], steps: usize, at: impl Fn(usize, usize) -> usize) -> Self {
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|&row| std::cmp::Reverse(lengths[row]));
        let lengths: Vec<usize> = order.iter().map(|&row| lengths[row]).collect();
        let longest = lengths.first().copied().unwrap_or(0);
        let mut offsets = vec![0];
        let mut source = Vec::with_capacity(lengths.iter().sum());
        for step in 0..longest {
            for (&row, &length) in order.iter().zip(&lengths).take_while(|&(_, &l)| l > step) {
                source.push(row * steps + at(length, step));
            }
            offsets.push(source.len());
        }
        Self {
            order,
            lengths,
            offsets,
            source,
        }
    }

    /// `B`.
    pub(crate) fn batch(&self) -> usize {
        self.order.len()
    }

    /// How many steps the longest row has.
    pub(crate) fn steps(&self) -> usize {
        self.offsets.len() - 1
    }

    /// How many packed rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.source.len()
    }

    /// The packed rows of a step.
    pub(crate) fn step(&self, step: usize) -> Range<usize> {
        self.offsets[step]..self.offsets[step + 1]
    }

    /// The step of a packed row.
    pub(crate) fn step_of(&self, row: usize) -> usize {
        self.offsets.partition_point(|&offset| offset <= row) - 1
    }
}
