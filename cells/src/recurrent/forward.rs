//! How a network runs: whole sequences, and one step at a time.

use burn::tensor::Tensor;

use super::{
    Direction, Layer, LayerMasks, LayerState, LayerZoneout, Merge, NetworkInput, NetworkOutput,
    NetworkState, Recurrent, Residual,
};
use crate::{Error, Lengths, RecurrentCell, Sequence, TimeOrder, ops};

/// What one layer hands to the next, `[B, T, width]`.
#[derive(Clone)]
enum Stream {
    /// The same for both directions.
    Shared(Tensor<3>),
    /// Each direction sees its own alone ([`Merge::Separate`]).
    Apart {
        forward: Tensor<3>,
        backward: Tensor<3>,
    },
}

/// What the directions of a layer make of it, before merging, `[B, T, H]` each.
struct Unmerged {
    forward: Option<Tensor<3>>,
    backward: Option<Tensor<3>>,
}

impl<C: RecurrentCell> Recurrent<C> {
    /// Runs the network over `[B, T, D]`.
    ///
    /// Outputs beyond a row's length are zero, final states are those of its last valid step (backward: its first), and
    /// the backward direction starts at its last valid step. A row of length 0 returns its initial state.
    ///
    /// # Panics
    /// If the shape of the inputs, the state, the lengths, a mask or the zoneout does not fit; the message has both shapes.
    pub fn forward(&self, input: NetworkInput<C::State>) -> NetworkOutput<C::State> {
        let NetworkInput {
            inputs,
            state,
            lengths,
            masks,
            zoneout,
        } = input;
        let [batch, _, _] = inputs.dims();
        let state = state.unwrap_or_else(|| self.initial_state(batch, &inputs.device()));
        let masks = masks.unwrap_or_else(|| vec![LayerMasks::default(); self.layers.len()]);
        self.assert_layers("state", state.layers.len());
        self.assert_layers("masks", masks.len());
        let zoneout = zoneout.unwrap_or_else(|| vec![LayerZoneout::default(); self.layers.len()]);
        self.assert_layers("zoneout", zoneout.len());
        // A residual connection must not carry what stands in the padding.
        let inputs = match &lengths {
            Some(lengths) => lengths.zero_padding(inputs),
            None => inputs,
        };
        let mut stream = Stream::Shared(inputs);
        let mut last = Unmerged {
            forward: None,
            backward: None,
        };
        let mut finals = Vec::with_capacity(self.layers.len());
        let applied = masks.into_iter().zip(zoneout);
        for ((layer, state), applied) in self.layers.iter().zip(state.layers).zip(applied) {
            let (outputs, state) = layer.run(&stream, state, lengths.as_ref(), applied);
            finals.push(state);
            stream = layer.connect(stream, outputs.merge(self.merge));
            last = outputs;
        }
        NetworkOutput {
            outputs: stream.side_by_side(),
            forward: last.forward,
            backward: last.backward,
            state: NetworkState { layers: finals },
        }
    }

    /// One step of streaming: `input [B, D]` and the state so far give the output `[B, output_size]` and the next state.
    ///
    /// Steps from [`initial_state`](Self::initial_state) on give what [`forward`](Self::forward) gives for the sequence.
    ///
    /// # Errors
    /// If the network runs backward, or both ways: its backward direction would have to start at the end.
    ///
    /// # Panics
    /// If the shape of the input or the state does not fit; the message has both shapes.
    pub fn step(
        &self,
        input: Tensor<2>,
        state: NetworkState<C::State>,
    ) -> Result<(Tensor<2>, NetworkState<C::State>), Error> {
        if self.direction() != Direction::Forward {
            return Err(Error::NotStreamable {
                direction: self.direction().name(),
            });
        }
        let output = self.forward(NetworkInput::new(input.unsqueeze_dim(1)).with_state(state));
        Ok((output.outputs.squeeze_dim(1), output.state))
    }

    fn assert_layers(&self, what: &str, got: usize) {
        let layers = self.layers.len();
        assert_eq!(
            got, layers,
            "the {what} has {got} layers, but the network has {layers}"
        );
    }
}

impl<C: RecurrentCell> Layer<C> {
    /// The outputs of each direction before merging, and their final states.
    fn run(
        &self,
        inputs: &Stream,
        state: LayerState<C::State>,
        lengths: Option<&Lengths>,
        (masks, zoneout): (LayerMasks, LayerZoneout),
    ) -> (Unmerged, LayerState<C::State>) {
        let masked = |inputs| mask_steps(inputs, masks.input.as_ref());
        let sequence = |inputs, state: Option<C::State>| {
            let state = state.expect("the state lacks a direction that the network runs in");
            Sequence::new(masked(inputs), state).with_lengths(lengths.cloned())
        };
        let forward = self.forward.as_ref().map(|cell| {
            let sequence = sequence(inputs.forward(), state.forward)
                .with_recurrent_mask(masks.forward_recurrent)
                .with_zoneout(zoneout.forward);
            cell.unroll(sequence)
        });
        let backward = self.backward.as_ref().map(|cell| {
            let sequence = sequence(inputs.backward(), state.backward)
                .with_recurrent_mask(masks.backward_recurrent)
                .with_zoneout(zoneout.backward)
                .with_time_order(TimeOrder::LastToFirst);
            cell.unroll(sequence)
        });
        let (forward, forward_state) = forward.unzip();
        let (backward, backward_state) = backward.unzip();
        let state = LayerState {
            forward: forward_state,
            backward: backward_state,
        };
        (Unmerged { forward, backward }, state)
    }

    /// What the next layer sees: the merged outputs, with the inputs added where the layer is residual.
    fn connect(&self, inputs: Stream, outputs: Stream) -> Stream {
        let add = |input: Tensor<3>, output: Tensor<3>| match &self.residual_projection {
            Some(weight) => ops::project(input, weight, None) + output,
            None => input + output,
        };
        match (self.residual, outputs) {
            (Residual::None, outputs) => outputs,
            (Residual::Added, Stream::Shared(output)) => {
                Stream::Shared(add(inputs.forward(), output))
            }
            (Residual::Added, Stream::Apart { forward, backward }) => Stream::Apart {
                forward: add(inputs.forward(), forward),
                backward: add(inputs.backward(), backward),
            },
        }
    }
}

impl Stream {
    fn forward(&self) -> Tensor<3> {
        match self {
            Self::Shared(both) => both.clone(),
            Self::Apart { forward, .. } => forward.clone(),
        }
    }

    fn backward(&self) -> Tensor<3> {
        match self {
            Self::Shared(both) => both.clone(),
            Self::Apart { backward, .. } => backward.clone(),
        }
    }

    /// The network's outputs.
    fn side_by_side(self) -> Tensor<3> {
        match self {
            Self::Shared(both) => both,
            Self::Apart { forward, backward } => Tensor::cat(vec![forward, backward], 2),
        }
    }
}

impl Unmerged {
    /// What is handed on; a direction that runs alone needs no merging.
    fn merge(&self, merge: Merge) -> Stream {
        match (self.forward.clone(), self.backward.clone()) {
            (Some(forward), Some(backward)) => match merge {
                Merge::Concat => Stream::Shared(Tensor::cat(vec![forward, backward], 2)),
                Merge::Sum => Stream::Shared(forward + backward),
                Merge::Mean => Stream::Shared((forward + backward) * 0.5),
                Merge::Product => Stream::Shared(forward * backward),
                Merge::Separate => Stream::Apart { forward, backward },
            },
            (Some(alone), None) | (None, Some(alone)) => Stream::Shared(alone),
            (None, None) => unreachable!("a layer has at least one direction"),
        }
    }
}

/// `inputs [B, T, W]` times `mask [B, W]` at every step.
fn mask_steps(inputs: Tensor<3>, mask: Option<&Tensor<2>>) -> Tensor<3> {
    let Some(mask) = mask else {
        return inputs;
    };
    let [batch, steps, width] = inputs.dims();
    let dims = mask.dims();
    assert_eq!(
        dims,
        [batch, width],
        "an input mask is {dims:?}, but the layer's inputs are [{batch}, {steps}, {width}]"
    );
    let types = (mask.dtype(), inputs.dtype());
    ops::assert_type("an input mask is", types.0, "the inputs are", types.1);
    inputs * mask.clone().unsqueeze_dim(1)
}
