//! Checkpoints: everything that a training run needs to go on as if it had never stopped, one file for each.
//!
//! A [`Checkpoint`] has a step, perhaps a validation metric, and named sections: values of any serde type, and tensors with
//! their exact bits. [`Checkpoints`] is a folder of them, `step-000000123.ckpt` and so on, that keeps the last few and the
//! best, and never touches the last good one before the next is whole. The functions beside it turn the parameters of a
//! module ([`parameters`], [`set_parameters`]), what an optimiser remembers of them ([`adam_tensors`], [`adam_moments`],
//! [`named`], [`identified`]) and the state of a network ([`state_tensors`], [`set_state`], [`network_state_tensors`],
//! [`set_network_state`]) into tensors and back. A [`SeededRng`](recurra_cells::SeededRng) is a value.
//!
//! # The file
//!
//! Numbers are little-endian. `n` is the length of the whole file.
//!
//! | offset | bytes | what |
//! | --- | --- | --- |
//! | 0 | 8 | `RECURRA` and a zero byte |
//! | 8 | 4 | version of the format: 1 |
//! | 12 | 4 | 1 if there is a metric, otherwise 0 |
//! | 16 | 8 | `n` |
//! | 24 | 8 | step |
//! | 32 | 8 | metric, an IEEE 754 double; 0 without one |
//! | 40 | 4 | CRC-32C of the 40 bytes before |
//! | 44 | | the sections, one behind the other, by name |
//! | `n - 32` | 32 | SHA-256 of all bytes before |
//!
//! Every version begins with these 12 bytes and ends with the SHA-256. A section is
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | 1 for a value, 2 for tensors |
//! | 4 | length of the name |
//! | | name, UTF-8, not empty |
//! | 8 | length of the content |
//! | | content |
//!
//! A value is CBOR (RFC 8949). It is to a serde type what JSON is, but it keeps infinities and the last bit of a double,
//! without which a resumed run is not the same run. Tensors are a safetensors file.
//!
//! The metric stands in the file that it belongs to, so that there is no second file to disagree about which is the best.

mod content;
mod damage;
mod folder;
mod format;
mod moments;
mod parameters;
mod retention;
mod state;
mod tensors;
#[cfg(test)]
mod tests;
mod write;

pub use content::Checkpoint;
pub use damage::Damage;
pub use folder::{Checkpoints, Found};
pub use moments::{adam_moments, adam_tensors, identified, named};
pub(crate) use parameters::Path;
pub use parameters::{parameters, set_parameters};
pub use retention::{Best, Retention};
pub use state::{network_state_tensors, set_network_state, set_state, state_tensors};
pub use tensors::Tensors;
