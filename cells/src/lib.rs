//! [`RecurrentCell`] is the contract, [`Recurrent`] the networks, and [`tutorial`] adds a cell of your own.
#![doc = include_str!("../README.md")]

mod any;
mod cell;
mod error;
mod gates;
mod gru;
mod init;
pub mod interop;
#[cfg(feature = "fused")]
pub mod kernel;
#[cfg(feature = "testing")]
pub mod laws;
mod lengths;
mod lstm;
mod lstm_state;
mod ops;
mod peephole;
mod recurrent;
mod rng;
mod rnn;
#[cfg(feature = "testing")]
pub mod testing;
#[doc = include_str!("../docs/adding-a-cell.md")]
pub mod tutorial {}
mod unroll;

pub use any::{AnyCell, AnyCellConfig, AnyState};
pub use cell::{CellConfig, RecurrentCell, RecurrentState, Sequence, TimeOrder};
pub use error::Error;
pub use gru::{GruCell, GruConfig, Reset};
pub use init::{Init, WeightInit};
pub use peephole::{PeepholeLstmCell, PeepholeLstmConfig, Peepholes};
pub use recurrent::*;
pub use rng::SeededRng;
pub use rnn::{Nonlinearity, RnnCell, RnnConfig};
pub use unroll::{Zoneout, unroll_stepwise, unroll_with};
pub use {gates::GatedCell, lengths::Lengths, lstm::*, lstm_state::LstmState};
