//! How a decoder runs: the layers below the attention, what they look at, and the layers above.

use burn::tensor::{Device, Int, Tensor};
use recurra_cells::{
    LayerMasks, Lengths, NetworkInput, NetworkState, Recurrent, RecurrentCell, RecurrentState,
};

use super::{Memory, Seq2Seq};

/// Where a decoder stands.
#[derive(Clone, Debug)]
pub struct DecoderState<S> {
    /// Of the layers below the attention, then of those above it.
    pub network: NetworkState<S>,
    /// What the attention gave at the step before, `[B, Ho]`, and zeros before the first; none where it is not fed.
    pub fed: Option<Tensor<2>>,
}

impl<S: RecurrentState> DecoderState<S> {
    /// The rows `indices [N]`, with repetition.
    pub(super) fn select_rows(self, indices: Tensor<1, Int>) -> Self {
        let network = self.network;
        Self {
            network: network.map(|state| state.select_rows(indices.clone())),
            fed: self.fed.map(|fed| fed.select(0, indices)),
        }
    }
}

/// What a decoder reads.
pub(super) struct Reading<S> {
    /// Embedded tokens `[B, T, E]`.
    pub inputs: Tensor<3>,
    pub state: DecoderState<S>,
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
    pub state: DecoderState<S>,
}

impl<C: RecurrentCell> Seq2Seq<C> {
    /// Runs the decoder and its attention: step by step where a step is fed what the attention gave at the one before.
    pub(super) fn write(
        &self,
        mut reading: Reading<C::State>,
        memory: &Memory,
    ) -> Written<C::State> {
        let Some(mut fed) = reading.state.fed.take() else {
            return self.write_at_once(reading, memory);
        };
        let Reading {
            inputs,
            mut state,
            lengths,
            masks,
        } = reading;
        let [_, steps, _] = inputs.dims();
        let (mut outputs, mut attended) = (Vec::new(), Vec::new());
        for step in 0..steps {
            let token = inputs.clone().narrow(1, step, 1);
            let written = self.write_at_once(
                Reading {
                    inputs: Tensor::cat(vec![token, fed.unsqueeze_dim(1)], 2),
                    state,
                    lengths: lengths.as_ref().map(|lengths| at_step(lengths, step)),
                    masks: masks.clone(),
                },
                memory,
            );
            fed = written.attended.clone().squeeze_dim(1);
            state = written.state;
            outputs.push(written.outputs);
            attended.push(written.attended);
        }
        state.fed = Some(fed);
        Written {
            outputs: Tensor::cat(outputs, 1),
            attended: Tensor::cat(attended, 1),
            state,
        }
    }

    /// Runs all steps of what the decoder's first layer reads; what is fed is among it, and in no state.
    fn write_at_once(&self, reading: Reading<C::State>, memory: &Memory) -> Written<C::State> {
        let Reading {
            inputs,
            state: DecoderState { mut network, .. },
            lengths,
            masks: [lower_masks, upper_masks],
        } = reading;
        let below = self.decoder.layers.len().min(network.layers.len());
        let upper = self.upper.as_ref();
        let upper = upper.map(|upper| (upper, network.layers.split_off(below)));
        let run = |network: &Recurrent<C>, inputs, layers, masks| {
            let input = NetworkInput::new(inputs).with_state(NetworkState { layers });
            let input = input.with_lengths(lengths.clone()).with_masks(masks);
            network.forward(input)
        };
        let lower = run(&self.decoder, inputs, network.layers, lower_masks);
        let context = self.attention.context(lower.outputs.clone(), memory);
        let (outputs, mut network) = (lower.outputs, lower.state);
        let outputs = match upper {
            None => outputs,
            Some((upper, above)) => {
                let inputs = Tensor::cat(vec![outputs, context.clone()], 2);
                let output = run(upper, inputs, above, upper_masks);
                network.layers.extend(output.state.layers);
                output.outputs
            }
        };
        Written {
            attended: self.attention.combined(outputs.clone(), context),
            outputs,
            state: DecoderState { network, fed: None },
        }
    }

    /// The decoder's state where nothing has been read.
    pub(super) fn blank_state(&self, rows: usize) -> NetworkState<C::State> {
        initial_state(&self.decoder, self.upper.as_ref(), rows, &self.device())
    }

    /// The decoder's state before its first step, where that of its layers is `network`.
    pub(super) fn first_state(
        &self,
        network: NetworkState<C::State>,
        rows: usize,
    ) -> DecoderState<C::State> {
        let options = (&self.device(), self.target_embedding.weight.dtype());
        let shape = [rows, self.attention.output_size()];
        DecoderState {
            network,
            fed: self.input_feeding.then(|| Tensor::zeros(shape, options)),
        }
    }
}

/// The lengths of the single step `step`: that of a row that has ended before it is 0.
fn at_step(lengths: &Lengths, step: usize) -> Lengths {
    let valid = lengths.as_slice().iter();
    let valid = valid.map(|&length| usize::from(step < length)).collect();
    Lengths::new(valid, 1).expect("a step is at most one")
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
