//! What goes into a [`Recurrent`](super::Recurrent) network and what comes out.

use burn::tensor::Tensor;

use crate::{Lengths, RecurrentState, Zoneout};

/// The states of every layer of a network.
#[derive(Clone, Debug)]
pub struct NetworkState<S> {
    /// From the inputs up.
    pub layers: Vec<LayerState<S>>,
}

/// The states of one layer, one for each direction that the network runs in.
#[derive(Clone, Debug)]
pub struct LayerState<S> {
    /// After a row's last valid step.
    pub forward: Option<S>,
    /// After a row's first step, which the backward direction reaches last.
    pub backward: Option<S>,
}

impl<S> NetworkState<S> {
    /// Every state, from the inputs up, forward before backward.
    pub fn states(&self) -> impl Iterator<Item = &S> {
        self.layers
            .iter()
            .flat_map(|layer| layer.forward.iter().chain(&layer.backward))
    }

    /// Applies `f` to every state.
    #[must_use]
    pub fn map(self, mut f: impl FnMut(S) -> S) -> Self {
        let mut map_layer = |layer: LayerState<S>| LayerState {
            forward: layer.forward.map(&mut f),
            backward: layer.backward.map(&mut f),
        };
        Self {
            layers: self.layers.into_iter().map(&mut map_layer).collect(),
        }
    }
}

impl<S: RecurrentState> NetworkState<S> {
    /// The same values, cut off from the graph that computed them.
    #[must_use]
    pub fn detach(self) -> Self {
        self.map(RecurrentState::detach)
    }
}

/// The masks of one layer, each the same at every step (variational dropout; Gal and Ghahramani 2016).
#[derive(Clone, Debug, Default)]
pub struct LayerMasks {
    /// Multiplies the layer's inputs, `[B, width]`.
    pub input: Option<Tensor<2>>,
    /// Multiplies what the forward cell's recurrent weights see, `[B, H]`.
    pub forward_recurrent: Option<Tensor<2>>,
    /// Multiplies what the backward cell's recurrent weights see, `[B, H]`.
    pub backward_recurrent: Option<Tensor<2>>,
}

/// The zoneout of one layer (Krueger et al. 2017).
#[derive(Clone, Debug, Default)]
pub struct LayerZoneout {
    /// What the forward cell's state keeps.
    pub forward: Option<Zoneout>,
    /// What the backward cell's state keeps.
    pub backward: Option<Zoneout>,
}

/// What a network is run over.
#[derive(Clone, Debug)]
pub struct NetworkInput<S> {
    pub(super) inputs: Tensor<3>,
    pub(super) state: Option<NetworkState<S>>,
    pub(super) lengths: Option<Lengths>,
    pub(super) masks: Option<Vec<LayerMasks>>,
    pub(super) zoneout: Option<Vec<LayerZoneout>>,
}

impl<S> NetworkInput<S> {
    /// The whole of `inputs [B, T, D]`, from the network's initial state.
    pub fn new(inputs: Tensor<3>) -> Self {
        Self {
            inputs,
            state: None,
            lengths: None,
            masks: None,
            zoneout: None,
        }
    }

    /// Starts from this state. Default: the network's initial state.
    #[must_use]
    pub fn with_state(mut self, state: impl Into<Option<NetworkState<S>>>) -> Self {
        self.state = state.into();
        self
    }

    /// Only the first `lengths[b]` steps of each row are valid. Default: all.
    #[must_use]
    pub fn with_lengths(mut self, lengths: impl Into<Option<Lengths>>) -> Self {
        self.lengths = lengths.into();
        self
    }

    /// Applies masks, one [`LayerMasks`] a layer. Default: none.
    #[must_use]
    pub fn with_masks(mut self, masks: impl Into<Option<Vec<LayerMasks>>>) -> Self {
        self.masks = masks.into();
        self
    }

    /// Keeps part of the old state at each step, one [`LayerZoneout`] a layer. Default: none.
    #[must_use]
    pub fn with_zoneout(mut self, zoneout: impl Into<Option<Vec<LayerZoneout>>>) -> Self {
        self.zoneout = zoneout.into();
        self
    }
}

/// What a network makes of its input.
#[derive(Clone, Debug)]
pub struct NetworkOutput<S> {
    /// The last layer's outputs after merging, `[B, T, output_size]`, zero beyond each row's length.
    pub outputs: Tensor<3>,
    /// The last layer's forward outputs, before merging, `[B, T, H]`.
    pub forward: Option<Tensor<3>>,
    /// The last layer's backward outputs, before merging, `[B, T, H]`, in the order of the inputs.
    pub backward: Option<Tensor<3>>,
    /// The final states of every layer and direction.
    pub state: NetworkState<S>,
}
