//! How a network runs: whole sequences, and one step at a time.

use burn::tensor::Tensor;

use super::{
    Direction, Layer, LayerMasks, LayerState, Merge, NetworkInput, NetworkOutput, NetworkState,
    Recurrent, Residual,
};
use crate::{Error, Lengths, RecurrentCell, Sequence, ops};

/// What each direction hands to the next layer: the same tensor for both, unless they are kept apart.
#[derive(Clone)]
struct Streams<const D: usize> {
    forward: Option<Tensor<D>>,
    backward: Option<Tensor<D>>,
}

impl<C: RecurrentCell> Recurrent<C> {
    /// Runs the network over `[B, T, D]`.
    ///
    /// Outputs beyond a row's length are zero, final states are those of its last valid step (backward: its first), and
    /// the backward direction starts at its last valid step. A row of length 0 returns its initial state.
    ///
    /// # Panics
    /// If the shape of the inputs, the state, the lengths or a mask does not fit; the message has both shapes.
    pub fn forward(&self, input: NetworkInput<C::State>) -> NetworkOutput<C::State> {
        let NetworkInput {
            inputs,
            state,
            lengths,
            masks,
        } = input;
        let [batch, _, _] = inputs.dims();
        let state = state.unwrap_or_else(|| self.initial_state(batch, &inputs.device()));
        let masks = masks.unwrap_or_else(|| vec![LayerMasks::default(); self.layers.len()]);
        self.assert_layers("state", state.layers.len());
        self.assert_layers("masks", masks.len());
        // A residual connection must not carry what stands in the padding.
        let inputs = match &lengths {
            Some(lengths) => lengths.zero_padding(inputs),
            None => inputs,
        };
        let mut streams = Streams {
            forward: Some(inputs.clone()),
            backward: Some(inputs),
        };
        let mut unmerged = streams.clone();
        let mut finals = Vec::with_capacity(self.layers.len());
        for ((layer, state), masks) in self.layers.iter().zip(state.layers).zip(masks) {
            let (outputs, state) = layer.run(&streams, state, lengths.as_ref(), masks);
            finals.push(state);
            streams = layer.connect(streams, outputs.clone(), self.merge);
            unmerged = outputs;
        }
        NetworkOutput {
            outputs: streams.side_by_side(self.direction(), self.merge, 2),
            forward: unmerged.forward,
            backward: unmerged.backward,
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
        inputs: &Streams<3>,
        state: LayerState<C::State>,
        lengths: Option<&Lengths>,
        masks: LayerMasks,
    ) -> (Streams<3>, LayerState<C::State>) {
        let masked = |inputs: &Option<Tensor<3>>| {
            let inputs = inputs.clone().expect("a direction that runs has inputs");
            match &masks.input {
                Some(mask) => mask_steps(inputs, mask),
                None => inputs,
            }
        };
        let forward = self.forward.as_ref().map(|cell| {
            let state = state
                .forward
                .expect("the state lacks the forward direction of a layer");
            let sequence =
                Sequence::new(masked(&inputs.forward), state).with_lengths(lengths.cloned());
            cell.unroll(sequence.with_recurrent_mask(masks.forward_recurrent))
        });
        let backward = self.backward.as_ref().map(|cell| {
            let state = state
                .backward
                .expect("the state lacks the backward direction of a layer");
            let inputs = reverse(masked(&inputs.backward), lengths);
            let sequence = Sequence::new(inputs, state).with_lengths(lengths.cloned());
            let (outputs, state) =
                cell.unroll(sequence.with_recurrent_mask(masks.backward_recurrent));
            (reverse(outputs, lengths), state)
        });
        let (forward_outputs, forward_state) = forward.unzip();
        let (backward_outputs, backward_state) = backward.unzip();
        let outputs = Streams {
            forward: forward_outputs,
            backward: backward_outputs,
        };
        (
            outputs,
            LayerState {
                forward: forward_state,
                backward: backward_state,
            },
        )
    }

    /// What the next layer sees: the outputs, merged, and with the inputs added where the layer is residual.
    fn connect(&self, inputs: Streams<3>, outputs: Streams<3>, merge: Merge) -> Streams<3> {
        let merged = outputs.merge(merge);
        if self.residual == Residual::None {
            return merged;
        }
        let add = |input: Option<Tensor<3>>, output: Option<Tensor<3>>| {
            let input = match (&self.residual_projection, input?) {
                (Some(weight), input) => ops::project(input, weight, None),
                (None, input) => input,
            };
            Some(input + output?)
        };
        Streams {
            forward: add(inputs.forward, merged.forward),
            backward: add(inputs.backward, merged.backward),
        }
    }
}

impl Streams<3> {
    /// The two directions after merging; a direction that runs alone feeds both streams.
    fn merge(self, merge: Merge) -> Self {
        let both = |tensor: Tensor<3>| Self {
            forward: Some(tensor.clone()),
            backward: Some(tensor),
        };
        match (self.forward, self.backward) {
            (Some(forward), Some(backward)) => match merge {
                Merge::Concat => both(Tensor::cat(vec![forward, backward], 2)),
                Merge::Sum => both(forward + backward),
                Merge::Mean => both((forward + backward) * 0.5),
                Merge::Product => both(forward * backward),
                Merge::Separate => Self {
                    forward: Some(forward),
                    backward: Some(backward),
                },
            },
            (Some(alone), None) | (None, Some(alone)) => both(alone),
            (None, None) => unreachable!("a layer has at least one direction"),
        }
    }

    /// The network's outputs.
    fn side_by_side(self, direction: Direction, merge: Merge, dim: usize) -> Tensor<3> {
        let forward = self.forward.expect("both streams are fed");
        match (direction, merge, self.backward) {
            (Direction::Both, Merge::Separate, Some(backward)) => {
                Tensor::cat(vec![forward, backward], dim)
            }
            _ => forward,
        }
    }
}

/// `inputs [B, T, W]` times `mask [B, W]` at every step.
fn mask_steps(inputs: Tensor<3>, mask: &Tensor<2>) -> Tensor<3> {
    let [batch, steps, width] = inputs.dims();
    let dims = mask.dims();
    assert_eq!(
        dims,
        [batch, width],
        "an input mask is {dims:?}, but the layer's inputs are [{batch}, {steps}, {width}]"
    );
    inputs * mask.clone().unsqueeze_dim(1)
}

/// Each row's valid steps in reverse order.
fn reverse(values: Tensor<3>, lengths: Option<&Lengths>) -> Tensor<3> {
    match lengths {
        Some(lengths) if lengths.shortest() < lengths.steps() => lengths.reverse(values),
        _ => values.flip([1]),
    }
}
