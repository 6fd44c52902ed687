//! Deep and bidirectional networks of any cell.

mod config;
mod forward;
mod input;

pub use config::{Direction, Merge, RecurrentConfig};
pub use input::{LayerMasks, LayerState, LayerZoneout, NetworkInput, NetworkOutput, NetworkState};

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::{Error, GruCell, LstmCell, PeepholeLstmCell, RecurrentCell, RnnCell};

/// A network of plain recurrent cells.
pub type Rnn = Recurrent<RnnCell>;
/// A network of LSTM cells.
pub type Lstm = Recurrent<LstmCell>;
/// A network of peephole LSTM cells.
pub type PeepholeLstm = Recurrent<PeepholeLstmCell>;
/// A network of GRU cells.
pub type Gru = Recurrent<GruCell>;

/// Layers of cells over a padded batch, forward, backward, or both.
///
/// Built by [`RecurrentConfig`]; run whole by [`forward`](Self::forward), or streamed by [`step`](Self::step).
#[derive(Module, Debug)]
pub struct Recurrent<C: RecurrentCell> {
    /// From the inputs up; at least one.
    pub layers: Vec<Layer<C>>,
    #[module(skip)]
    merge: Merge,
}

/// One layer: a cell for each direction that the network runs in, at least one.
#[derive(Module, Debug)]
pub struct Layer<C: RecurrentCell> {
    /// Runs from the first step on.
    pub forward: Option<C>,
    /// Runs from the last valid step back.
    pub backward: Option<C>,
    #[module(skip)]
    residual: Residual,
    /// Brings the layer's inputs to the width of its outputs, where a residual connection finds them different:
    /// `[outputs, inputs]`.
    pub residual_projection: Option<Param<Tensor<2>>>,
}

/// Whether a layer's inputs are added to its outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Residual {
    None,
    Added,
}

impl<C: RecurrentCell> Layer<C> {
    /// The layer's cells, forward first.
    pub fn cells(&self) -> impl Iterator<Item = &C> {
        self.forward.iter().chain(&self.backward)
    }

    /// Whether the layer's inputs are added to its outputs.
    pub fn is_residual(&self) -> bool {
        self.residual == Residual::Added
    }

    /// The state before the first step, in each direction.
    fn initial_state(&self, batch_size: usize, device: &Device) -> LayerState<C::State> {
        let initial = |cell: &C| cell.initial_state(batch_size, device);
        LayerState {
            forward: self.forward.as_ref().map(initial),
            backward: self.backward.as_ref().map(initial),
        }
    }
}

impl<C: RecurrentCell> Recurrent<C> {
    /// `D`, the width of an input.
    pub fn input_size(&self) -> usize {
        self.some_cell().input_size()
    }

    /// `H`, the width of one direction's hidden state.
    pub fn hidden_size(&self) -> usize {
        self.some_cell().hidden_size()
    }

    /// The width of an output, after merging.
    pub fn output_size(&self) -> usize {
        self.merge.width(self.direction(), self.hidden_size())
    }

    /// `L`.
    pub fn num_layers(&self) -> usize {
        self.layers.len()
    }

    /// Which way the network runs.
    pub fn direction(&self) -> Direction {
        match (&self.layers[0].forward, &self.layers[0].backward) {
            (Some(_), Some(_)) => Direction::Both,
            (None, _) => Direction::Backward,
            (_, None) => Direction::Forward,
        }
    }

    /// How the two directions are brought together.
    pub fn merge(&self) -> Merge {
        self.merge
    }

    /// The state before the first step: zero for every cell of this crate.
    pub fn initial_state(&self, batch_size: usize, device: &Device) -> NetworkState<C::State> {
        let initial = |layer: &Layer<C>| layer.initial_state(batch_size, device);
        NetworkState {
            layers: self.layers.iter().map(initial).collect(),
        }
    }

    /// Whether the network is nothing but one cell in each direction, side by side: what other programs call a layer.
    ///
    /// # Errors
    /// With several layers, a residual connection, or directions that are merged otherwise than side by side.
    pub(crate) fn assert_plain_layer(&self, whom: &'static str) -> Result<(), Error> {
        let what = match (self.layers.len(), self.layers[0].residual, self.merge) {
            (1, Residual::None, Merge::Concat | Merge::Separate) => return Ok(()),
            (1, Residual::None, _) if self.direction() != Direction::Both => return Ok(()),
            (1, Residual::None, merge) => format!("the merge {merge:?} of two directions"),
            (1, Residual::Added, _) => "a residual connection".to_owned(),
            (layers, _, _) => format!("a network of {layers} layers"),
        };
        Err(Error::no_counterpart(what, whom))
    }

    fn some_cell(&self) -> &C {
        self.layers[0]
            .cells()
            .next()
            .expect("a layer has at least one direction")
    }
}
