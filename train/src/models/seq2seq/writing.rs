//! How a decoder runs: the layers below the attention, what they look at, and the layers above.

use burn::tensor::{Device, Tensor};
use recurra_cells::{LayerMasks, Lengths, NetworkInput, NetworkState, Recurrent, RecurrentCell};

use super::{Memory, Seq2Seq};

/// What a decoder reads.
pub(super) struct Reading<S> {
    /// Embedded tokens `[B, T, E]`.
    pub inputs: Tensor<3>,
    /// Of all its layers.
    pub state: NetworkState<S>,
    pub lengths: Option<Lengths>,
    /// Of the layers below the attention, and above it.
    pub masks: [Option<Vec<LayerMasks>>; 2],
}

/// What it makes of that.
pub(super) struct Written<S> {
    /// Of its last layer, `[B, T, Hu]`.
    pub outputs: Tensor<3>,
    /// What the attention gives, `[B, T, Ho]`.
    pub attended: Tensor<3>,
    pub state: NetworkState<S>,
}

impl<C: RecurrentCell> Seq2Seq<C> {
    /// Runs the decoder and its attention.
    pub(super) fn write(&self, reading: Reading<C::State>, memory: &Memory) -> Written<C::State> {
        let Reading {
            inputs,
            mut state,
            lengths,
            masks: [lower_masks, upper_masks],
        } = reading;
        let below = self.decoder.layers.len().min(state.layers.len());
        let upper = self.upper.as_ref();
        let upper = upper.map(|upper| (upper, state.layers.split_off(below)));
        let run = |network: &Recurrent<C>, inputs, layers, masks| {
            let input = NetworkInput::new(inputs).with_state(NetworkState { layers });
            let input = input.with_lengths(lengths.clone()).with_masks(masks);
            network.forward(input)
        };
        let lower = run(&self.decoder, inputs, state.layers, lower_masks);
        let context = self.attention.context(lower.outputs.clone(), memory);
        let (outputs, mut state) = (lower.outputs, lower.state);
        let outputs = match upper {
            None => outputs,
            Some((upper, above)) => {
                let inputs = Tensor::cat(vec![outputs, context.clone()], 2);
                let output = run(upper, inputs, above, upper_masks);
                state.layers.extend(output.state.layers);
                output.outputs
            }
        };
        Written {
            attended: self.attention.combined(outputs.clone(), context),
            outputs,
            state,
        }
    }

    /// The decoder's state where nothing has been read.
    pub(super) fn blank_state(&self, rows: usize) -> NetworkState<C::State> {
        initial_state(&self.decoder, self.upper.as_ref(), rows, &self.device())
    }
}

/// The first state of a decoder with these layers, those above the attention behind those below.
pub(super) fn initial_state<C: RecurrentCell>(
    decoder: &Recurrent<C>,
    upper: Option<&Recurrent<C>>,
    rows: usize,
    device: &Device,
) -> NetworkState<C::State> {
    let mut state = decoder.initial_state(rows, device);
    let above = upper.map(|upper| upper.initial_state(rows, device).layers);
    state.layers.extend(above.into_iter().flatten());
    state
}
