//! The fused path itself, on slices: it knows no burn.

mod backward;
mod buffer;
mod cells;
pub(crate) mod cross_entropy;
mod forward;
mod math;
mod pack;
mod packed;
mod plan;
mod product;
mod shared;
mod simd;
mod state;
mod team;
#[cfg(test)]
mod tests;
mod tile;

use cells::{Gru, Lstm, Pointwise, Rnn};
use simd::{Simd, Task, widest};

pub(crate) use backward::{Backward, Gradients, Received};
pub(crate) use buffer::Buffer;
pub use buffer::release_buffers;
pub(crate) use forward::{Input, Trace, Workspace};
pub(crate) use pack::Sizes;
pub(crate) use packed::{Packed, Parameters};
pub(crate) use plan::Plan;
pub(crate) use state::{State, StateMut};

/// The cells that have a fused path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellKind {
    RnnTanh,
    RnnRelu,
    Lstm,
    Peephole,
    Gru,
}

/// Something to be done for one cell on one vector unit.
trait CellTask {
    type Output;

    fn run<S: Simd, C: Pointwise>(self, s: S) -> Self::Output;
}

/// A [`CellTask`] on its way to the vector unit.
struct OnUnit<T>(CellKind, T);

impl<T: CellTask> Task for OnUnit<T> {
    type Output = T::Output;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> T::Output {
        match self.0 {
            CellKind::RnnTanh => self.1.run::<S, Rnn<false>>(s),
            CellKind::RnnRelu => self.1.run::<S, Rnn<true>>(s),
            CellKind::Lstm => self.1.run::<S, Lstm<false>>(s),
            CellKind::Peephole => self.1.run::<S, Lstm<true>>(s),
            CellKind::Gru => self.1.run::<S, Gru>(s),
        }
    }
}

/// How many extra parameters a cell has.
pub(crate) fn extra_len(kind: CellKind, sizes: Sizes) -> usize {
    let vectors = match kind {
        CellKind::RnnTanh | CellKind::RnnRelu | CellKind::Lstm => 0,
        CellKind::Peephole => 3,
        CellKind::Gru => 1,
    };
    vectors * sizes.hidden
}

/// A forward pass that packs the weights as it goes.
pub(crate) struct Forward<'a> {
    pub kind: CellKind,
    pub sizes: Sizes,
    pub parameters: Parameters<'a>,
    pub input: Input<'a>,
    pub threads: usize,
    /// Whether a backward pass will follow.
    pub trace: bool,
    /// `[B, T, H]`; what lies beyond a row's length stays as it is.
    pub outputs: &'a mut [f32],
    pub last: StateMut<'a>,
}

impl CellTask for Forward<'_> {
    type Output = Option<Trace>;

    fn run<S: Simd, C: Pointwise>(self, s: S) -> Option<Trace> {
        let mut packed = Packed::room::<S, C>(self.sizes, self.threads);
        let units = self.sizes.padded::<S>() * self.input.plan.rows();
        let mut trace = self.trace.then(|| Trace {
            kept: Buffer::take(units * C::KEPT),
            memory: Buffer::take(if C::MEMORY { units } else { 0 }),
        });
        let pass = forward::Forward {
            input: self.input,
            packed: &mut packed,
            weights: forward::Weights::Plain(self.parameters),
            keep: trace
                .as_mut()
                .map_or(forward::Keep::Nothing, forward::Keep::Trace),
            workspace: &mut Workspace::default(),
        };
        pass.run::<S, C>(s, self.threads, self.outputs, self.last);
        trace
    }
}

/// A cell whose weights are packed once, for inference.
#[derive(Debug)]
pub(crate) struct Prepared {
    kind: CellKind,
    packed: Packed,
    workspace: Workspace,
    threads: usize,
}

/// Packs the weights of a [`Prepared`].
struct Pack<'a> {
    sizes: Sizes,
    parameters: Parameters<'a>,
    threads: usize,
}

impl CellTask for Pack<'_> {
    type Output = Packed;

    fn run<S: Simd, C: Pointwise>(self, _: S) -> Packed {
        let mut packed = Packed::room::<S, C>(self.sizes, self.threads);
        packed.pack::<S, C>(self.parameters);
        packed
    }
}

/// A sequence for a [`Prepared`], with where its results go.
pub(crate) struct Inference<'a> {
    pub input: Input<'a>,
    /// `[B, T, H]`; what lies beyond a row's length stays as it is.
    pub outputs: &'a mut [f32],
    pub last: StateMut<'a>,
}

impl CellTask for (&mut Prepared, Inference<'_>) {
    type Output = ();

    fn run<S: Simd, C: Pointwise>(self, s: S) {
        let (prepared, inference) = self;
        let pass = forward::Forward {
            input: inference.input,
            packed: &mut prepared.packed,
            weights: forward::Weights::Packed,
            keep: forward::Keep::Nothing,
            workspace: &mut prepared.workspace,
        };
        pass.run::<S, C>(s, prepared.threads, inference.outputs, inference.last);
    }
}

impl Prepared {
    /// Packs a cell's weights for at most `threads` threads.
    pub(crate) fn new(
        kind: CellKind,
        sizes: Sizes,
        parameters: Parameters<'_>,
        threads: usize,
    ) -> Self {
        let pack = Pack {
            sizes,
            parameters,
            threads,
        };
        Self {
            kind,
            packed: widest(OnUnit(kind, pack)),
            workspace: Workspace::default(),
            threads,
        }
    }

    /// The cell's sizes.
    pub(crate) fn sizes(&self) -> Sizes {
        self.packed.sizes
    }

    /// Whether the cell has a memory besides its hidden state.
    pub(crate) fn has_memory(&self) -> bool {
        matches!(self.kind, CellKind::Lstm | CellKind::Peephole)
    }

    /// Runs over a sequence.
    pub(crate) fn run(&mut self, inference: Inference<'_>) {
        widest(OnUnit(self.kind, (self, inference)));
    }
}

/// Runs a sequence forward, and returns what the backward pass needs if one will follow.
pub(crate) fn forward(pass: Forward<'_>) -> Option<Trace> {
    widest(OnUnit(pass.kind, pass))
}

impl CellTask for Backward<'_> {
    type Output = ();

    fn run<S: Simd, C: Pointwise>(self, s: S) {
        self.compute::<S, C>(s);
    }
}

/// Runs a sequence backward.
pub(crate) fn backward(pass: Backward<'_>) {
    widest(OnUnit(pass.kind, pass));
}
