//! The laws of [`RecurrentCell`], as functions that anyone's tests can call on anyone's cell.
//!
//! ```
//! use burn::tensor::Device;
//! use recurra_cells::{CellConfig, GruConfig, SeededRng, laws};
//!
//! let device = Device::default().autodiff();
//! let cell = GruConfig::new(4).init(3, &device, &mut SeededRng::new(1));
//! laws::check_all(&cell, &device)?;
//! # Ok::<(), laws::Violation>(())
//! ```

mod gradients;
mod parameters;
mod runs;
mod trace;

use std::fmt;

use burn::tensor::Device;

use crate::RecurrentCell;

pub use gradients::gradients_are_whole;
pub use runs::{chunks_are_whole, recurrence_is_masked, rows_are_alone, unroll_is_stepping};

/// One of the laws in the documentation of [`RecurrentCell`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// Law 1.
    UnrollIsStepping,
    /// Law 2.
    ChunksAreWhole,
    /// Law 3.
    RowsAreAlone,
    /// Law 4.
    RecurrenceIsMasked,
    /// Law 5.
    GradientsAreWhole,
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnrollIsStepping => "unroll is stepping",
            Self::ChunksAreWhole => "chunks are whole",
            Self::RowsAreAlone => "rows are alone",
            Self::RecurrenceIsMasked => "recurrence is masked",
            Self::GradientsAreWhole => "gradients are whole",
        })
    }
}

/// A broken law, and where it showed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the law \"{law}\" is broken: {detail}")]
pub struct Violation {
    /// The law.
    pub law: Law,
    /// What differed, where, and both values.
    pub detail: String,
}

/// The sequences that a cell is checked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// `B`, at least 1.
    pub batch: usize,
    /// `T`, at least 1. Chunks and gradients need 2 and take them.
    pub steps: usize,
    /// Decides inputs, states, masks and lengths.
    pub seed: u64,
}

/// Checks every law on a few cases, and reports the first that is broken.
///
/// The cell is copied to `device` and checked in its own number type; the finite differences of law 5 are taken in double
/// precision, and left out on devices that do not compute in it (there, law 1 holds the gradients to those of stepping).
///
/// # Panics
/// If the cell has no parameter.
pub fn check_all<C: RecurrentCell>(cell: &C, device: &Device) -> Result<(), Violation> {
    let cases = [(3, 5), (1, 2), (4, 1)];
    cases
        .iter()
        .zip(0..)
        .try_for_each(|(&(batch, steps), seed)| check(cell, device, Case { batch, steps, seed }))
}

/// Checks every law on one case, and reports the first that is broken.
///
/// # Panics
/// If the cell has no parameter.
pub fn check<C: RecurrentCell>(cell: &C, device: &Device, case: Case) -> Result<(), Violation> {
    let cell = cell.clone().fork(device).train();
    unroll_is_stepping(&cell, case)?;
    chunks_are_whole(&cell, case)?;
    rows_are_alone(&cell, case)?;
    recurrence_is_masked(&cell, case)?;
    gradients_are_whole(&cell, case)
}
