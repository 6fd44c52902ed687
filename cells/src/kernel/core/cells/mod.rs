//! What each cell does to one vector of hidden units once the recurrent product is known, and its derivative.

mod gru;
mod lstm;
mod rnn;

use super::simd::Simd;

pub(super) use gru::Gru;
pub(super) use lstm::Lstm;
pub(super) use rnn::Rnn;

/// The most vectors that are kept for a vector of hidden units.
pub(super) const MAX_KEPT: usize = 4;
/// The most vectors of parameters, besides weights and biases, that a vector of hidden units has.
pub(super) const MAX_EXTRA: usize = 3;

/// The hidden state and the memory cell of a vector of hidden units, or their gradients. A cell without memory ignores
/// the second.
#[derive(Clone, Copy)]
pub(super) struct Pair<V> {
    pub hidden: V,
    pub memory: V,
}

/// What goes back through a step.
#[derive(Clone, Copy)]
pub(super) struct Derivative<V> {
    /// The gradients of what is kept, in its order: those of the pre-activations.
    pub kept: [V; MAX_KEPT],
    /// The gradient of the state before, but for what flows through the recurrent weights.
    pub before: Pair<V>,
}

/// A cell's pointwise half. For every row and vector of hidden units `KEPT` vectors are kept from the forward pass to the
/// backward pass: first the projected inputs, then the activations, at last their gradients, all in the same place.
pub(super) trait Pointwise: Copy + Send + Sync + 'static {
    /// For each gate of the input's weights, in the order it is kept: which gate of the weight matrix it is.
    const INPUT_GATES: &'static [usize];
    /// For each gate of the recurrent weights, in the order it is kept.
    const RECURRENT_GATES: &'static [usize];
    /// How many vectors are kept. The input's gates are the first of them, the recurrent gates the last.
    const KEPT: usize;
    /// How many vectors of parameters there are besides weights and biases.
    const EXTRA: usize;
    /// Whether there is a memory cell.
    const MEMORY: bool;
    /// Whether [`backward`](Self::backward) looks at the hidden state before.
    const LOOKS_BACK: bool;

    /// What the recurrent product of gate `gate` is added to.
    ///
    /// # Safety
    /// `kept` and `extra` must be readable for their numbers of vectors.
    unsafe fn start<S: Simd>(s: S, gate: usize, kept: *const f32, extra: *const f32) -> S::Vector;

    /// The state after the step; `keep` receives what the backward pass needs.
    ///
    /// # Safety
    /// `kept` and `extra` must be readable for their numbers of vectors.
    unsafe fn forward<S: Simd>(
        s: S,
        sums: &[S::Vector],
        before: Pair<S::Vector>,
        kept: *const f32,
        extra: *const f32,
    ) -> (Pair<S::Vector>, [S::Vector; MAX_KEPT]);

    /// From the gradient of the state after the step to that of what went into it; what goes to the extra parameters is
    /// added to `extra_sums`.
    ///
    /// # Safety
    /// `extra` must be readable for its number of vectors.
    unsafe fn backward<S: Simd>(
        s: S,
        kept: [S::Vector; MAX_KEPT],
        before: Pair<S::Vector>,
        after: Pair<S::Vector>,
        gradient: Pair<S::Vector>,
        extra: *const f32,
        extra_sums: &mut [S::Vector; MAX_EXTRA],
    ) -> Derivative<S::Vector>;
}

/// `a * (1 - a)`: the derivative of the sigmoid whose value is `a`.
#[inline(always)]
fn sigmoid_slope<S: Simd>(s: S, a: S::Vector) -> S::Vector {
    s.mul_sub_from(a, a, a)
}

/// `1 - a^2`: the derivative of the hyperbolic tangent whose value is `a`.
#[inline(always)]
fn tanh_slope<S: Simd>(s: S, a: S::Vector) -> S::Vector {
    s.mul_sub_from(a, a, s.splat(1.0))
}
