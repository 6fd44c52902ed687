//! What a sequence is run over: random numbers at awkward addresses.

use std::ops::{Deref, DerefMut};

use super::case::Case;
use crate::kernel::core::{CellKind, extra_len};

/// Numbers that begin one past where their allocation does, so that no vector of them is aligned, and end where it ends,
/// so that a sanitiser sees what reads on.
#[derive(Clone, Debug)]
pub(super) struct Numbers(Vec<f32>);

impl Numbers {
    pub(super) fn new(numbers: impl IntoIterator<Item = f32>) -> Self {
        let mut all: Vec<f32> = std::iter::once(f32::NAN).chain(numbers).collect();
        all.shrink_to_fit();
        Self(all)
    }

    /// Not a number, `len` times: whatever is to be written in full must leave none.
    pub(super) fn unwritten(len: usize) -> Self {
        Self::new(std::iter::repeat_n(f32::NAN, len))
    }
}

impl Deref for Numbers {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0[1..]
    }
}

impl DerefMut for Numbers {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0[1..]
    }
}

/// A generator that needs no crate (Steele et al. 2014, SplitMix).
pub(super) struct Source(pub u64);

impl Source {
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `-scale` to `scale`.
    pub(super) fn uniform(&mut self, len: usize, scale: f32) -> Numbers {
        let unit = |bits: u64| (bits >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
        Numbers::new((0..len).map(|_| scale * unit(self.bits())))
    }

    /// A dropout mask.
    fn mask(&mut self, len: usize) -> Numbers {
        Numbers::new((0..len).map(|_| 2.0 * (self.bits() >> 63) as f32))
    }
}

/// The operands of both passes. What stands in the padding is not a number.
#[derive(Clone, Debug)]
pub(super) struct Operands {
    pub inputs: Numbers,
    pub weight_ih: Numbers,
    pub weight_hh: Numbers,
    pub bias: Option<Numbers>,
    pub extra: Option<Numbers>,
    pub hidden: Numbers,
    pub memory: Numbers,
    pub mask: Option<Numbers>,
    pub d_outputs: Numbers,
    pub d_hidden: Numbers,
    pub d_memory: Numbers,
}

impl Operands {
    pub(super) fn new(case: &Case) -> Self {
        let mut source = Source(case.seed);
        let (sizes, state) = (case.sizes, case.batch() * case.sizes.hidden);
        let gates = case.gates() * sizes.hidden;
        let memory = match case.kind {
            CellKind::Lstm | CellKind::Peephole => state,
            CellKind::RnnTanh | CellKind::RnnRelu | CellKind::Gru => 0,
        };
        let scale = |fan_in: usize| 1.5 / (fan_in as f32).sqrt();
        let steps = case.batch() * case.steps;
        let mut operands = Self {
            inputs: source.uniform(steps * sizes.input, 1.0),
            weight_ih: source.uniform(gates * sizes.input, scale(sizes.input)),
            weight_hh: source.uniform(gates * sizes.hidden, scale(sizes.hidden)),
            bias: case.bias.then(|| source.uniform(gates, 0.5)),
            extra: case
                .extra
                .then(|| source.uniform(extra_len(case.kind, sizes), 0.5)),
            hidden: source.uniform(state, 1.0),
            memory: source.uniform(memory, 1.0),
            mask: case.mask.then(|| source.mask(state)),
            d_outputs: source.uniform(steps * sizes.hidden, 1.0),
            d_hidden: source.uniform(state, 1.0),
            d_memory: source.uniform(memory, 1.0),
        };
        for padded in case.padding() {
            operands.inputs[padded * sizes.input..][..sizes.input].fill(f32::NAN);
            operands.d_outputs[padded * sizes.hidden..][..sizes.hidden].fill(f32::NAN);
        }
        operands
    }
}
