//! A cell chosen at run time, from a configuration file or a flag; itself a [`RecurrentCell`].

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

#[cfg(feature = "fused")]
use crate::kernel::{Fused, FusedCell};
use crate::{
    CellConfig, Error, GatedCell, GruCell, GruConfig, LstmCell, LstmConfig, LstmState,
    PeepholeLstmCell, PeepholeLstmConfig, RecurrentCell, RecurrentState, RnnCell, RnnConfig,
    SeededRng, Sequence,
};

/// The configuration of any of the four cells; in a file, the field `cell` says which.
///
/// ```
/// use recurra_cells::{AnyCellConfig, CellConfig};
///
/// let config: AnyCellConfig = serde_json::from_str(r#"{"cell": "gru", "hidden_size": 8, "reset": "before"}"#)?;
/// assert_eq!(config.hidden_size(), 8);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "cell", rename_all = "lowercase")]
pub enum AnyCellConfig {
    /// A plain recurrent cell.
    Rnn(RnnConfig),
    /// A long short-term memory.
    Lstm(LstmConfig),
    /// A peephole LSTM.
    Peephole(PeepholeLstmConfig),
    /// A gated recurrent unit.
    Gru(GruConfig),
}

/// Any of the four cells.
#[derive(Module, Debug)]
pub enum AnyCell {
    /// A plain recurrent cell.
    Rnn(RnnCell),
    /// A long short-term memory.
    Lstm(LstmCell),
    /// A peephole LSTM.
    Peephole(PeepholeLstmCell),
    /// A gated recurrent unit.
    Gru(GruCell),
}

/// The state of an [`AnyCell`].
#[derive(Clone, Debug)]
pub enum AnyState {
    /// That of a cell which carries its hidden state only (RNN, GRU).
    Hidden(Tensor<2>),
    /// That of an LSTM, with peepholes or without.
    Lstm(LstmState),
}

/// Does the same with whichever cell, or configuration, it is.
macro_rules! each {
    ($type:ident, $value:expr, $inner:ident => $result:expr) => {
        match $value {
            $type::Rnn($inner) => $result,
            $type::Lstm($inner) => $result,
            $type::Peephole($inner) => $result,
            $type::Gru($inner) => $result,
        }
    };
}

impl CellConfig for AnyCellConfig {
    type Cell = AnyCell;

    fn validate(&self) -> Result<(), Error> {
        each!(Self, self, config => config.validate())
    }

    fn hidden_size(&self) -> usize {
        each!(Self, self, config => CellConfig::hidden_size(config))
    }

    fn init(&self, input_size: usize, device: &Device, rng: &mut SeededRng) -> AnyCell {
        match self {
            Self::Rnn(config) => AnyCell::Rnn(config.init(input_size, device, rng)),
            Self::Lstm(config) => AnyCell::Lstm(config.init(input_size, device, rng)),
            Self::Peephole(config) => AnyCell::Peephole(config.init(input_size, device, rng)),
            Self::Gru(config) => AnyCell::Gru(config.init(input_size, device, rng)),
        }
    }
}

impl AnyState {
    /// # Panics
    /// If this is an LSTM's state.
    fn into_hidden(self) -> Tensor<2> {
        match self {
            Self::Hidden(hidden) => hidden,
            Self::Lstm(_) => panic!("an RNN or GRU takes a hidden state, got an LSTM's"),
        }
    }

    /// # Panics
    /// If this is not an LSTM's state.
    fn into_lstm(self) -> LstmState {
        match self {
            Self::Lstm(state) => state,
            Self::Hidden(_) => {
                panic!("an LSTM takes a hidden state and a memory cell, got a hidden state alone")
            }
        }
    }
}

impl RecurrentState for AnyState {
    fn hidden(&self) -> Tensor<2> {
        match self {
            Self::Hidden(state) => state.hidden(),
            Self::Lstm(state) => state.hidden(),
        }
    }

    fn map_tensors(self, f: &mut dyn FnMut(Tensor<2>) -> Tensor<2>) -> Self {
        match self {
            Self::Hidden(state) => Self::Hidden(state.map_tensors(f)),
            Self::Lstm(state) => Self::Lstm(state.map_tensors(f)),
        }
    }

    fn zip_tensors(
        self,
        other: Self,
        f: &mut dyn FnMut(Tensor<2>, Tensor<2>) -> Tensor<2>,
    ) -> Self {
        match self {
            Self::Hidden(state) => Self::Hidden(state.zip_tensors(other.into_hidden(), f)),
            Self::Lstm(state) => Self::Lstm(state.zip_tensors(other.into_lstm(), f)),
        }
    }
}

/// `sequence` with another kind of state.
fn with_state<S, R>(sequence: Sequence<S>, convert: impl FnOnce(S) -> R) -> Sequence<R> {
    Sequence {
        inputs: sequence.inputs,
        state: convert(sequence.state),
        lengths: sequence.lengths,
        recurrent_mask: sequence.recurrent_mask,
        zoneout: sequence.zoneout,
        time_order: sequence.time_order,
    }
}

impl RecurrentCell for AnyCell {
    type State = AnyState;

    fn input_size(&self) -> usize {
        each!(Self, self, cell => cell.input_size())
    }

    fn hidden_size(&self) -> usize {
        each!(Self, self, cell => cell.hidden_size())
    }

    fn initial_state(&self, batch_size: usize, device: &Device) -> AnyState {
        match self {
            Self::Rnn(cell) => AnyState::Hidden(cell.initial_state(batch_size, device)),
            Self::Lstm(cell) => AnyState::Lstm(cell.initial_state(batch_size, device)),
            Self::Peephole(cell) => AnyState::Lstm(cell.initial_state(batch_size, device)),
            Self::Gru(cell) => AnyState::Hidden(cell.initial_state(batch_size, device)),
        }
    }

    fn project(&self, inputs: Tensor<3>) -> Tensor<3> {
        each!(Self, self, cell => cell.project(inputs))
    }

    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: AnyState) -> AnyState {
        match self {
            Self::Rnn(cell) => {
                AnyState::Hidden(cell.step(projected, recurrent, state.into_hidden()))
            }
            Self::Lstm(cell) => AnyState::Lstm(cell.step(projected, recurrent, state.into_lstm())),
            Self::Peephole(cell) => {
                AnyState::Lstm(cell.step(projected, recurrent, state.into_lstm()))
            }
            Self::Gru(cell) => {
                AnyState::Hidden(cell.step(projected, recurrent, state.into_hidden()))
            }
        }
    }

    fn unroll(&self, sequence: Sequence<AnyState>) -> (Tensor<3>, AnyState) {
        fn hidden((outputs, state): (Tensor<3>, Tensor<2>)) -> (Tensor<3>, AnyState) {
            (outputs, AnyState::Hidden(state))
        }
        fn lstm((outputs, state): (Tensor<3>, LstmState)) -> (Tensor<3>, AnyState) {
            (outputs, AnyState::Lstm(state))
        }
        match self {
            Self::Rnn(cell) => hidden(cell.unroll(with_state(sequence, AnyState::into_hidden))),
            Self::Lstm(cell) => lstm(cell.unroll(with_state(sequence, AnyState::into_lstm))),
            Self::Peephole(cell) => lstm(cell.unroll(with_state(sequence, AnyState::into_lstm))),
            Self::Gru(cell) => hidden(cell.unroll(with_state(sequence, AnyState::into_hidden))),
        }
    }
}

impl GatedCell for AnyCell {
    fn gates(
        &self,
        projected: Tensor<2>,
        recurrent: Tensor<2>,
        state: AnyState,
    ) -> Vec<(&'static str, Tensor<2>)> {
        match self {
            Self::Rnn(cell) => cell.gates(projected, recurrent, state.into_hidden()),
            Self::Lstm(cell) => cell.gates(projected, recurrent, state.into_lstm()),
            Self::Peephole(cell) => cell.gates(projected, recurrent, state.into_lstm()),
            Self::Gru(cell) => cell.gates(projected, recurrent, state.into_hidden()),
        }
    }
}

#[cfg(feature = "fused")]
impl FusedCell for AnyCell {
    fn fused(&self) -> Result<Fused, &'static str> {
        each!(Self, self, cell => cell.fused())
    }
}
