//! Networks made ready for inference on slices.

use std::num::NonZeroUsize;

use burn::tensor::Tensor;

use super::core::{self, Inference, Input, Parameters, Plan, Sizes, State, StateMut};
use super::unroll::FusedCell;
use crate::{Direction, Error, Layer, Lengths, Merge, Recurrent};

/// A network whose weights were packed once: it runs over sequences, or steps, on slices of `f32`.
///
/// Made by [`Recurrent::prepare`]. Once it has run on a shape, running on it again allocates nothing. It computes on the
/// CPU whatever the network's device was, and does not see later changes of the network's weights.
///
/// ```
/// use burn::tensor::Device;
/// use recurra_cells::{GruConfig, RecurrentConfig, SeededRng};
///
/// let network = RecurrentConfig::new(GruConfig::new(16)).init(8, &Device::default(), &mut SeededRng::new(1));
/// let mut ready = network.prepare()?;
/// let mut state = ready.initial_state(1)?;
/// let mut output = [0.0; 16];
/// for input in [[0.5; 8], [0.25; 8]] {
///     ready.step(&input, &mut state, &mut output);
/// }
/// # Ok::<(), recurra_cells::Error>(())
/// ```
#[derive(Debug)]
pub struct Prepared {
    layers: Vec<PreparedLayer>,
    direction: Direction,
    merge: Merge,
    plans: Plans,
    /// What the layers hand on, for each direction.
    streams: [Vec<f32>; 2],
    /// What the directions of a layer make of it.
    results: [Vec<f32>; 2],
    /// The directions side by side, on their way.
    merged: Vec<f32>,
    /// The zero state, and room for a last state that nobody asked for.
    spare: Vec<f32>,
}

#[derive(Debug)]
struct PreparedLayer {
    /// Forward, then backward, those that the network runs in.
    cells: [Option<core::Prepared>; 2],
    residual: bool,
}

/// The state of a streamed [`Prepared`] network.
#[derive(Clone, Debug)]
pub struct PreparedState {
    batch: usize,
    /// Of each layer the hidden state `[B, H]` and the memory cell, `[B, H]` or empty.
    layers: Vec<[Vec<f32>; 2]>,
    /// Where the next one is written.
    next: Vec<[Vec<f32>; 2]>,
}

impl PreparedState {
    /// The hidden state of layer `layer`, `[B, H]`.
    pub fn hidden(&self, layer: usize) -> &[f32] {
        &self.layers[layer][0]
    }
}

/// The plans of the last shape, which the next often shares.
#[derive(Debug, Default)]
struct Plans {
    shape: Option<[usize; 2]>,
    forward: Plan,
    backward: Plan,
}

impl Plans {
    /// For `batch` whole rows.
    fn whole(&mut self, batch: usize, steps: usize) {
        if self.shape != Some([batch, steps]) {
            self.of(&vec![steps; batch], steps);
            self.shape = Some([batch, steps]);
        }
    }

    fn of(&mut self, lengths: &[usize], steps: usize) {
        *self = Self {
            shape: None,
            forward: Plan::forward(lengths, steps),
            backward: Plan::backward(lengths, steps),
        };
    }
}

impl<C: FusedCell> Recurrent<C> {
    /// Packs the network's weights for inference on slices, on one thread.
    ///
    /// # Errors
    /// [`Error::NoCounterpart`] if a cell has an option that the kernels lack, or a residual connection is projected.
    pub fn prepare(&self) -> Result<Prepared, Error> {
        self.prepare_for(NonZeroUsize::MIN)
    }

    /// The same for at most `threads` threads, for large batches or hidden sizes.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn prepare_for(&self, threads: NonZeroUsize) -> Result<Prepared, Error> {
        let layers = self
            .layers
            .iter()
            .map(|layer| PreparedLayer::new(layer, threads.get()));
        Ok(Prepared {
            layers: layers.collect::<Result<_, _>>()?,
            direction: self.direction(),
            merge: self.merge(),
            plans: Plans::default(),
            streams: Default::default(),
            results: Default::default(),
            merged: Vec::new(),
            spare: Vec::new(),
        })
    }
}

impl PreparedLayer {
    fn new<C: FusedCell>(layer: &Layer<C>, threads: usize) -> Result<Self, Error> {
        if layer.residual_projection.is_some() {
            return Err(Error::no_counterpart(
                "a projected residual connection",
                WHOM,
            ));
        }
        let prepare = |cell: &Option<C>| {
            cell.as_ref()
                .map(|cell| prepare_cell(cell, threads))
                .transpose()
        };
        Ok(Self {
            cells: [prepare(&layer.forward)?, prepare(&layer.backward)?],
            residual: layer.is_residual(),
        })
    }
}

/// Who cannot express an option.
const WHOM: &str = "a prepared network";

fn prepare_cell<C: FusedCell>(cell: &C, threads: usize) -> Result<core::Prepared, Error> {
    let fused = cell
        .fused()
        .map_err(|what| Error::no_counterpart(what, WHOM))?;
    let [_, hidden] = fused.weight_hh.dims();
    let [_, input] = fused.weight_ih.dims();
    let weight_ih = numbers(fused.weight_ih);
    let weight_hh = numbers(fused.weight_hh);
    let (bias, extra) = (fused.bias.map(numbers), fused.extra.map(numbers));
    let parameters = Parameters {
        weight_ih: &weight_ih,
        weight_hh: &weight_hh,
        bias: bias.as_deref(),
        extra: extra.as_deref(),
    };
    Ok(core::Prepared::new(
        fused.kind,
        Sizes { input, hidden },
        parameters,
        threads,
    ))
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as().expect("weights read as numbers")
}

impl Prepared {
    /// `D`, the width of an input.
    pub fn input_size(&self) -> usize {
        self.sizes(0).input
    }

    /// The width of an output, after merging.
    pub fn output_size(&self) -> usize {
        self.merge.width(self.direction, self.sizes(0).hidden)
    }

    fn sizes(&self, layer: usize) -> Sizes {
        let cells = self.layers[layer].cells.iter().flatten();
        cells
            .map(core::Prepared::sizes)
            .next()
            .expect("a layer has at least one direction")
    }

    /// Runs over `inputs [B, T, D]` from the zero state, and writes `outputs [B, T, output_size]`.
    ///
    /// # Panics
    /// If `batch` is 0, or the lengths of the slices do not fit; the message has both.
    pub fn run(&mut self, inputs: &[f32], batch: usize, outputs: &mut [f32]) {
        let row = batch * self.input_size();
        assert!(batch > 0, "a batch needs at least one row");
        assert!(
            !inputs.is_empty() && inputs.len().is_multiple_of(row),
            "inputs [B, T, D] of {batch} rows {} wide have a multiple of {row} numbers, got {}",
            self.input_size(),
            inputs.len()
        );
        let steps = inputs.len() / row;
        self.plans.whole(batch, steps);
        self.run_planned(inputs, [batch, steps], outputs);
    }

    /// The same, with only the first `lengths[b]` steps of each row valid; outputs beyond them are zero.
    ///
    /// # Panics
    /// If the lengths of the slices do not fit; the message has both.
    pub fn run_padded(&mut self, inputs: &[f32], lengths: &Lengths, outputs: &mut [f32]) {
        let (batch, steps) = (lengths.as_slice().len(), lengths.steps());
        let expected = batch * steps * self.input_size();
        assert_eq!(
            inputs.len(),
            expected,
            "the lengths ask for inputs [{batch}, {steps}, {}]",
            self.input_size()
        );
        self.plans.of(lengths.as_slice(), steps);
        self.run_planned(inputs, [batch, steps], outputs);
    }

    fn run_planned(&mut self, inputs: &[f32], shape: [usize; 2], outputs: &mut [f32]) {
        let rows = shape[0] * shape[1];
        let (width, hidden) = (self.output_size(), self.sizes(0).hidden);
        assert_eq!(
            outputs.len(),
            rows * width,
            "the outputs are [{}, {}, {width}]",
            shape[0],
            shape[1]
        );
        self.spare.clear();
        self.spare.resize(4 * shape[0] * hidden, 0.0);
        for at in 0..self.layers.len() {
            self.run_layer(at, inputs, rows);
            self.connect(at, inputs, rows);
        }
        match (self.direction, self.merge) {
            (Direction::Both, Merge::Separate) => {
                let [forward, backward] = &self.streams;
                side_by_side(forward, backward, hidden, outputs);
            }
            _ => outputs.copy_from_slice(&self.streams[0]),
        }
    }

    /// Runs the directions of a layer, each into its own result.
    fn run_layer(&mut self, at: usize, inputs: &[f32], rows: usize) {
        let separate = self.merge == Merge::Separate && self.direction == Direction::Both;
        let plans = [&self.plans.forward, &self.plans.backward];
        for (direction, cell) in self.layers[at].cells.iter_mut().enumerate() {
            let Some(cell) = cell else { continue };
            let stream = if separate { direction } else { 0 };
            let inputs = if at == 0 {
                inputs
            } else {
                &self.streams[stream]
            };
            let outputs = &mut self.results[direction];
            let hidden = cell.sizes().hidden;
            outputs.clear();
            outputs.resize(rows * hidden, 0.0);
            let state = plans[direction].batch() * hidden;
            let (zeros, last) = self.spare.split_at_mut(2 * state);
            let memory = if cell.has_memory() { state } else { 0 };
            let (last_hidden, last_memory) = last.split_at_mut(state);
            cell.run(Inference {
                input: Input {
                    plan: plans[direction],
                    inputs,
                    state: State {
                        hidden: &zeros[..state],
                        memory: &zeros[state..state + memory],
                    },
                    mask: None,
                },
                outputs,
                last: StateMut {
                    hidden: last_hidden,
                    memory: &mut last_memory[..memory],
                },
            });
        }
    }

    /// Makes what the next layer sees of the results of a layer, and of its inputs where it is residual.
    fn connect(&mut self, at: usize, inputs: &[f32], rows: usize) {
        self.bring_together(rows);
        if self.layers[at].residual {
            for (result, stream) in self.results.iter_mut().zip(&self.streams) {
                let before = if at == 0 { inputs } else { stream };
                let pairs = result.iter_mut().zip(before);
                pairs.for_each(|(to, from)| *to += from);
            }
        }
        std::mem::swap(&mut self.streams, &mut self.results);
    }

    /// Leaves what the directions have in common in the first of the results.
    fn bring_together(&mut self, rows: usize) {
        let [forward, backward] = &mut self.results;
        match (self.direction, self.merge) {
            (Direction::Forward, _) | (Direction::Both, Merge::Separate) => {}
            (Direction::Backward, _) => std::mem::swap(forward, backward),
            (Direction::Both, Merge::Sum) => combine(forward, backward, |f, b| f + b),
            (Direction::Both, Merge::Mean) => combine(forward, backward, |f, b| (f + b) * 0.5),
            (Direction::Both, Merge::Product) => combine(forward, backward, |f, b| f * b),
            (Direction::Both, Merge::Concat) => {
                let hidden = forward.len() / rows;
                self.merged.resize(2 * forward.len(), 0.0);
                side_by_side(forward, backward, hidden, &mut self.merged);
                std::mem::swap(forward, &mut self.merged);
            }
        }
    }
}

fn combine(to: &mut [f32], other: &[f32], f: impl Fn(f32, f32) -> f32) {
    let pairs = to.iter_mut().zip(other);
    pairs.for_each(|(to, other)| *to = f(*to, *other));
}

/// `a` and `b [rows, hidden]` as `[rows, 2 * hidden]`.
fn side_by_side(a: &[f32], b: &[f32], hidden: usize, to: &mut [f32]) {
    let pairs = a.chunks_exact(hidden).zip(b.chunks_exact(hidden));
    for (to, (a, b)) in to.chunks_exact_mut(2 * hidden).zip(pairs) {
        to[..hidden].copy_from_slice(a);
        to[hidden..].copy_from_slice(b);
    }
}

impl Prepared {
    /// The zero state for streaming `batch` rows.
    ///
    /// # Errors
    /// [`Error::NotStreamable`] if the network runs backward, or both ways.
    pub fn initial_state(&self, batch: usize) -> Result<PreparedState, Error> {
        if self.direction != Direction::Forward {
            let direction = self.direction.name();
            return Err(Error::NotStreamable { direction });
        }
        let cells = self
            .layers
            .iter()
            .flat_map(|layer| layer.cells.iter().flatten());
        let layers: Vec<_> = cells
            .map(|cell| {
                let size = batch * cell.sizes().hidden;
                [
                    vec![0.0; size],
                    vec![0.0; if cell.has_memory() { size } else { 0 }],
                ]
            })
            .collect();
        Ok(PreparedState {
            batch,
            next: layers.clone(),
            layers,
        })
    }

    /// One step: `input [B, D]` and the state so far give `output [B, output_size]` and the next state.
    ///
    /// # Panics
    /// If the lengths of the slices do not fit the state; the message has both.
    pub fn step(&mut self, input: &[f32], state: &mut PreparedState, output: &mut [f32]) {
        let batch = state.batch;
        let expected = [batch * self.input_size(), batch * self.output_size()];
        assert_eq!(
            [input.len(), output.len()],
            expected,
            "a step of {batch} rows takes and gives other numbers"
        );
        self.plans.whole(batch, 1);
        for at in 0..self.layers.len() {
            let cell = self.layers[at].cells[0]
                .as_mut()
                .expect("a streamed network runs forward");
            let inputs = if at == 0 { input } else { &self.streams[0] };
            let [hidden, memory] = &state.layers[at];
            let [next_hidden, next_memory] = &mut state.next[at];
            let result = &mut self.results[0];
            result.resize(hidden.len(), 0.0);
            cell.run(Inference {
                input: Input {
                    plan: &self.plans.forward,
                    inputs,
                    state: State { hidden, memory },
                    mask: None,
                },
                outputs: result,
                last: StateMut {
                    hidden: next_hidden,
                    memory: next_memory,
                },
            });
            self.connect(at, input, batch);
        }
        std::mem::swap(&mut state.layers, &mut state.next);
        output.copy_from_slice(&self.streams[0]);
    }
}
