//! The four cells by name, and how many parameters each has.

use clap::ValueEnum;
use recurra_cells::{
    AnyCellConfig, Direction, GruConfig, LstmConfig, PeepholeLstmConfig, RecurrentConfig, RnnConfig,
};
use serde::{Deserialize, Serialize};

/// Which cells are trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum CellChoice {
    Rnn,
    Lstm,
    Peephole,
    Gru,
    All,
}

/// The shape of a network.
#[derive(Clone, Copy, Debug)]
pub struct NetworkShape {
    /// `H` in each direction.
    pub hidden_size: usize,
    /// `L`.
    pub num_layers: usize,
    pub direction: Direction,
}

/// One of the four cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum CellKind {
    Rnn,
    Lstm,
    Peephole,
    Gru,
}

impl CellKind {
    /// The cells that a choice stands for.
    pub fn chosen(choice: CellChoice) -> Vec<Self> {
        match choice {
            CellChoice::Rnn => vec![Self::Rnn],
            CellChoice::Lstm => vec![Self::Lstm],
            CellChoice::Peephole => vec![Self::Peephole],
            CellChoice::Gru => vec![Self::Gru],
            CellChoice::All => vec![Self::Rnn, Self::Lstm, Self::Peephole, Self::Gru],
        }
    }

    /// The name in options and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rnn => "rnn",
            Self::Lstm => "lstm",
            Self::Peephole => "peephole",
            Self::Gru => "gru",
        }
    }

    /// Its configuration, with the defaults.
    pub fn config(self, hidden_size: usize) -> AnyCellConfig {
        match self {
            Self::Rnn => AnyCellConfig::Rnn(RnnConfig::new(hidden_size)),
            Self::Lstm => AnyCellConfig::Lstm(LstmConfig::new(hidden_size)),
            Self::Peephole => AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden_size)),
            Self::Gru => AnyCellConfig::Gru(GruConfig::new(hidden_size)),
        }
    }

    /// The parameters of a cell with `D` inputs and `H` hidden units.
    pub fn parameters(self, inputs: usize, hidden: usize) -> usize {
        // The GRU has a second bias for its candidate, the peephole LSTM three peepholes.
        let (gates, vectors) = match self {
            Self::Rnn => (1, 1),
            Self::Lstm => (4, 4),
            Self::Peephole => (4, 7),
            Self::Gru => (3, 4),
        };
        gates * hidden * (inputs + hidden) + vectors * hidden
    }

    /// The network of this cell over `inputs` numbers with as many parameters as one of LSTMs of that shape, as closely as a hidden
    /// size can.
    pub fn network_like_lstms(
        self,
        inputs: usize,
        shape: NetworkShape,
    ) -> RecurrentConfig<AnyCellConfig> {
        let directions = match shape.direction {
            Direction::Both => 2,
            Direction::Forward | Direction::Backward => 1,
        };
        let parameters = |kind: Self, hidden| {
            let further = (shape.num_layers - 1) * kind.parameters(directions * hidden, hidden);
            kind.parameters(inputs, hidden) + further
        };
        let target = parameters(Self::Lstm, shape.hidden_size);
        let hidden = Self::closest_hidden_size(target, |it| parameters(self, it));
        RecurrentConfig::new(self.config(hidden))
            .with_num_layers(shape.num_layers)
            .with_direction(shape.direction)
    }

    /// The hidden size at which a cell over `inputs` numbers has as many parameters as an LSTM of `hidden_size`.
    pub fn hidden_size_like_lstm(self, inputs: usize, hidden_size: usize) -> usize {
        let target = Self::Lstm.parameters(inputs, hidden_size);
        Self::closest_hidden_size(target, |it| self.parameters(inputs, it))
    }

    /// The hidden size at which `parameters`, of a whole model, comes closest to `target`.
    pub fn closest_hidden_size(target: usize, parameters: impl Fn(usize) -> usize) -> usize {
        let above = (1..)
            .find(|&hidden| parameters(hidden) >= target)
            .expect("models grow without bound");
        let below = (above - 1).max(1);
        if target.abs_diff(parameters(below)) < target.abs_diff(parameters(above)) {
            below
        } else {
            above
        }
    }
}

/// Where the gates that keep the memory start: an LSTM's forget gate, a GRU's update gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateBiases {
    /// Forget biases of 1 (Jozefowicz et al. 2015), update biases of 0.
    Usual,
    /// For dependencies of up to `T` steps (Tallec and Ollivier 2018).
    Chrono,
}

impl GateBiases {
    /// The cell with these biases, for memories of up to `longest` steps; one without gates as it is.
    pub fn of(self, cell: AnyCellConfig, longest: usize) -> AnyCellConfig {
        if self == Self::Usual {
            return cell;
        }
        match cell {
            AnyCellConfig::Rnn(cell) => AnyCellConfig::Rnn(cell),
            AnyCellConfig::Lstm(cell) => AnyCellConfig::Lstm(cell.with_chrono(longest)),
            AnyCellConfig::Peephole(cell) => AnyCellConfig::Peephole(cell.with_chrono(longest)),
            AnyCellConfig::Gru(cell) => AnyCellConfig::Gru(cell.with_chrono(longest)),
        }
    }
}
