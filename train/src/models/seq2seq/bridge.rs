//! From an encoder's final state to a decoder's first.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use recurra_cells::{
    Direction, LayerState, NetworkState, Recurrent, RecurrentCell, RecurrentState, SeededRng,
};

use super::super::weights::linear;

/// How a decoder's first state comes from an encoder's final one.
///
/// Where both networks have as many layers, with states of the same widths, and the encoder runs one way, it is that state
/// itself (Sutskever et al. 2014). Otherwise each tensor of the decoder's state, layer by layer, is a learned
/// `tanh(W h + b)` of the encoder's final hidden state `h`, that of its last layer with its directions side by side
/// (Bahdanau et al. 2015, who take the backward half alone).
#[derive(Module, Debug)]
pub struct Bridge {
    /// Weight `[directions * H, width]` and bias `[width]` for each tensor of the decoder's state; none where the state is
    /// taken as it is.
    pub projections: Vec<Linear>,
}

impl Bridge {
    /// Draws what is needed from this encoder to a decoder with states of the form of `blank`.
    pub(super) fn init<C: RecurrentCell>(
        encoder: &Recurrent<C>,
        blank: NetworkState<C::State>,
        device: &Device,
        rng: &mut SeededRng,
    ) -> Self {
        let widths = widths(blank);
        let both = encoder.direction() == Direction::Both;
        if !both && self::widths(encoder.initial_state(1, device)) == widths {
            return Self {
                projections: Vec::new(),
            };
        }
        let inputs = encoder.hidden_size() * if both { 2 } else { 1 };
        Self {
            projections: widths
                .into_iter()
                .flatten()
                .map(|width| linear([inputs, width], device, rng))
                .collect(),
        }
    }

    /// The decoder's first state, for `B` rows, from the encoder's final one; `blank` is a state of the decoder's form.
    pub(super) fn forward<S: RecurrentState>(
        &self,
        state: NetworkState<S>,
        blank: NetworkState<S>,
    ) -> NetworkState<S> {
        if self.projections.is_empty() {
            return run_forward(state);
        }
        let hidden = last_hidden(&state);
        let mut projections = self.projections.iter();
        blank.map(|state| {
            state.map_tensors(&mut |_| {
                let projection = projections
                    .next()
                    .expect("the bridge has a projection for every tensor of the state");
                projection.forward(hidden.clone()).tanh()
            })
        })
    }
}

/// The widths of a state's tensors, layer by layer.
fn widths<S: RecurrentState>(state: NetworkState<S>) -> Vec<Vec<usize>> {
    let mut widths = Vec::new();
    for state in state.states() {
        let mut layer = Vec::new();
        // Nothing but `map_tensors` reaches the tensors of a state.
        let _ = state.clone().map_tensors(&mut |tensor| {
            layer.push(tensor.dims()[1]);
            tensor
        });
        widths.push(layer);
    }
    widths
}

/// The state of a network that runs one way, as that of one that runs forward.
fn run_forward<S>(state: NetworkState<S>) -> NetworkState<S> {
    let turn = |layer: LayerState<S>| LayerState {
        forward: layer.forward.or(layer.backward),
        backward: None,
    };
    NetworkState {
        layers: state.layers.into_iter().map(turn).collect(),
    }
}

/// The last layer's hidden state, its directions side by side: `[B, directions * H]`.
fn last_hidden<S: RecurrentState>(state: &NetworkState<S>) -> Tensor<2> {
    let last = state.layers.last().into_iter();
    let directions = last.flat_map(|layer| layer.forward.iter().chain(&layer.backward));
    Tensor::cat(directions.map(RecurrentState::hidden).collect(), 1)
}
