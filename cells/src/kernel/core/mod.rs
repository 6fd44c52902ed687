//! The fused path itself, on slices: it knows no burn.

mod backward;
mod buffer;
mod cells;
mod forward;
mod math;
mod pack;
mod plan;
mod product;
mod shared;
mod simd;
mod team;
mod tile;

use cells::{Gru, Lstm, Pointwise, Rnn};
use simd::{Simd, Task, widest};

pub(crate) use backward::{Backward, Gradients, Received};
pub(crate) use buffer::Buffer;
pub use buffer::release_buffers;
pub(crate) use forward::{Input, Packed, Parameters, State, StateMut, Trace, Workspace};
pub(crate) use pack::Sizes;
pub(crate) use plan::Plan;

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
