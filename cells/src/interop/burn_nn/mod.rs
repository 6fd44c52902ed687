//! The recurrent modules of `burn::nn`, both ways.
//!
//! There are `TryFrom<&burn::nn::Lstm> for Lstm` and `TryFrom<&Lstm> for burn::nn::Lstm`, and the same for `BiLstm`,
//! `Gru`, `BiGru`, `Rnn` and `BiRnn`. burn keeps a [`GateController`](burn::nn::GateController) a gate, weights
//! `[inputs, outputs]`, with two biases; they travel by way of PyTorch's layout.
//!
//! Options without a counterpart are refused: activations other than the usual ones, an RNN's or GRU's clipping of the
//! hidden state (burn's LSTM clips its memory cell, which is our `cell_clip`), and on the way back projections, gate
//! clipping and more than one layer. `batch_first` is not the network's affair: a network takes `[B, T, D]`, and the
//! modules made here do too.
//!
//! ```
//! use burn::nn::LstmConfig;
//! use burn::tensor::Device;
//! use recurra_cells::Lstm;
//!
//! let module = LstmConfig::new(4, 8, true).init(&Device::default());
//! let network = Lstm::try_from(&module)?;
//! let back = burn::nn::Lstm::try_from(&network)?;
//! assert_eq!((network.hidden_size(), back.d_hidden), (8, 8));
//! # Ok::<(), recurra_cells::Error>(())
//! ```

mod gates;
mod gru;
mod lstm;
mod rnn;

use burn::nn::activation::Activation;
use burn::tensor::Device;

use super::StateDict;
use super::pytorch::{PytorchCell, first_layer_suffixes};
use crate::{CellConfig, Direction, Error, Recurrent, RecurrentConfig};
use gates::{Gate, GateRows, read_gates};

/// The name of the other side in messages.
const BURN: &str = "burn::nn";

/// One layer of `cell` in `direction`, with the gates of each of its directions.
fn network<C: CellConfig<Cell: PytorchCell>>(
    cell: C,
    direction: Direction,
    parts: &[Vec<Gate<'_>>],
) -> Result<Recurrent<C::Cell>, Error> {
    let mut dict = StateDict::new();
    for (gates, suffix) in parts.iter().zip(first_layer_suffixes(direction)) {
        read_gates(gates, &suffix, &mut dict)?;
    }
    let device = parts[0][0].controller.input_transform.weight.device();
    let config = RecurrentConfig::new(cell).with_direction(direction);
    config.load_pytorch(&dict, "", &device)
}

/// The weights of each direction of a network of one layer that runs as one of `allowed` says.
fn directions<C: PytorchCell>(
    network: &Recurrent<C>,
    allowed: &[Direction],
    device: &Device,
) -> Result<Vec<GateRows>, Error> {
    let direction = network.direction();
    if !allowed.contains(&direction) {
        let what = format!("a {} network", direction.name());
        return Err(Error::no_counterpart(what, "this module of burn::nn"));
    }
    network.assert_plain_layer(BURN)?;
    let mut dict = network.to_pytorch("")?;
    let suffixes = first_layer_suffixes(direction);
    Ok(suffixes
        .iter()
        .map(|suffix| GateRows::take(&mut dict, suffix, device))
        .collect())
}

/// The first of the network's cells, whose options are those of all.
fn some_cell<C: PytorchCell>(network: &Recurrent<C>) -> &C {
    network.layers[0]
        .cells()
        .next()
        .expect("a layer has at least one direction")
}

/// The configuration of both parts of a bidirectional module.
///
/// # Errors
/// If they differ: a network has one for all its cells.
fn same<C: PartialEq>(forward: C, reverse: C) -> Result<C, Error> {
    match forward == reverse {
        true => Ok(forward),
        false => Err(Error::no_counterpart(
            "a bidirectional module of two different parts",
            "a network",
        )),
    }
}

fn direction(reverse: bool) -> Direction {
    match reverse {
        true => Direction::Backward,
        false => Direction::Forward,
    }
}

/// # Errors
/// If a gate has another activation than the sigmoid.
fn require_sigmoid(activation: &Activation) -> Result<(), Error> {
    match activation {
        Activation::Sigmoid(_) => Ok(()),
        other => Err(no_activation(other)),
    }
}

/// # Errors
/// If a candidate or an output has another activation than tanh.
fn require_tanh(activation: &Activation) -> Result<(), Error> {
    match activation {
        Activation::Tanh(_) => Ok(()),
        other => Err(no_activation(other)),
    }
}

fn no_activation(activation: &Activation) -> Error {
    Error::no_counterpart(format!("activation {activation:?}"), "this cell")
}
