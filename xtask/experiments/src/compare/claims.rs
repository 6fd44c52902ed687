//! A module for each kind of claim; each function measures one and judges it by its own criterion.

pub mod adding;
pub mod capacity;
pub mod clipping;
pub mod convolution;
pub mod counting;
pub mod dropout;
pub mod gradients;
pub mod horizon;
pub mod n_grams;
pub mod parameters;
pub mod perceptron;
pub mod precision;
pub mod speed;
pub mod texts;
pub mod truncation;

use crate::cells::CellKind;

/// The four cells.
const KINDS: [CellKind; 4] = [
    CellKind::Rnn,
    CellKind::Lstm,
    CellKind::Peephole,
    CellKind::Gru,
];

/// A figure's name after a cell.
fn of_cell(kind: CellKind, figure: &str) -> String {
    format!("{}_{figure}", kind.name())
}
