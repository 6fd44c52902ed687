//! Whole sequences in one operation on the CPU devices, with a backward pass written by hand (feature `fused`), and the
//! [`cross_entropy`] of what is read of them.
//!
//! # The rule
//! A sequence of a built-in cell takes the fused path if [`path`] says so and
//! - its device is flex or ndarray, and this crate's feature of that name is on,
//! - inputs, weights, state and mask are `f32`,
//! - it has more than one step (for streaming there is [`Prepared`]), and a row that is not empty,
//! - it has no zoneout, which changes the state between steps,
//! - the cell has no projection, no clipping, an input gate of its own, and, a GRU, its reset gate after the product.
//!
//! Lengths, masks, initial states, either time order and any hidden size are all right. Everything else is run one step at
//! a time, with the same results but for rounding. Results of the fused path do not depend on the number of threads.
//!
//! # How
//! The weights are packed once a sequence, a vector of hidden units with all its gates side by side, so that the cell's
//! function is computed while the gates' sums stand in registers. Each thread owns some hidden units for the whole
//! sequence, and its share of the recurrent weights stays in its core's cache; the threads meet once a step.

#![expect(
    unsafe_code,
    reason = "vector instructions, and memory that threads share by hidden units"
)]
#![cfg_attr(
    not(any(feature = "flex", feature = "ndarray")),
    expect(
        dead_code,
        unused_imports,
        reason = "no device of this build trains on the kernels; networks are still prepared for inference"
    )
)]

mod core;
mod cross_entropy;
#[cfg(feature = "flex")]
mod flex;
#[cfg(feature = "ndarray")]
mod ndarray;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod op;
mod path;
mod prepared;
#[cfg(any(feature = "flex", feature = "ndarray"))]
mod run;
mod unroll;

pub(crate) use self::core::CellKind;
pub use self::core::release_buffers;
pub use cross_entropy::cross_entropy;
pub use path::{Path, Runs, path, runs, set_path, set_threads, threads, with_path};
pub use prepared::{Prepared, PreparedState};
pub(crate) use unroll::unroll;
pub use unroll::{Fused, FusedCell};
