//! A cell's weights, packed for the forward pass.

use super::buffer::Buffer;
use super::cells::Pointwise;
use super::pack::{Group, Sizes, pack_gates, share_out};
use super::shared::Shared;
use super::simd::Simd;

/// A cell's parameters, as the cell has them: `[G*H, D]`, `[G*H, H]`, `[G*H]`, and what else there is, `[EXTRA*H]`.
#[derive(Clone, Copy)]
pub(crate) struct Parameters<'a> {
    pub weight_ih: &'a [f32],
    pub weight_hh: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub extra: Option<&'a [f32]>,
}

/// Weights and biases in the kernels' order, for a number of shares of the work.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(super) sizes: Sizes,
    /// The groups of each share.
    pub(super) shares: Vec<Vec<Group>>,
    pub(super) matrices: Matrices<Buffer>,
    /// `[panels][gates][LANES]`.
    pub(super) bias: Buffer,
    /// `[panels][EXTRA][LANES]`.
    pub(super) extra: Buffer,
}

/// The two weight matrices, for each group in turn `[depth][panels][gates][LANES]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrices<T> {
    /// Its depth is `D`.
    pub input: T,
    /// Its depth is `H`.
    pub recurrent: T,
}

impl Matrices<Buffer> {
    pub(super) fn share(&mut self) -> Matrices<Shared> {
        Matrices {
            input: Shared::new(&mut self.input),
            recurrent: Shared::new(&mut self.recurrent),
        }
    }
}

impl Packed {
    /// Room for the weights of a cell, its work dealt out to `shares` shares.
    pub(super) fn room<S: Simd, C: Pointwise>(sizes: Sizes, shares: usize) -> Self {
        let panels = sizes.panels::<S>();
        let column = sizes.padded::<S>() * C::INPUT_GATES.len();
        // As many panels make a tile as the gates leave vectors for.
        let widest = 4 / C::RECURRENT_GATES.len();
        Self {
            sizes,
            shares: share_out(panels, widest, shares.min(panels)),
            matrices: Matrices {
                input: Buffer::take(column * sizes.input),
                recurrent: Buffer::take(column * sizes.hidden),
            },
            bias: Buffer::zeros(column),
            extra: Buffer::zeros(sizes.padded::<S>() * C::EXTRA),
        }
    }

    /// Packs everything, on this thread.
    pub(super) fn pack<S: Simd, C: Pointwise>(&mut self, parameters: Parameters<'_>) {
        self.pack_vectors::<S, C>(parameters);
        let to = self.matrices.share();
        for share in &self.shares {
            // SAFETY: one thread.
            unsafe { pack_share::<S, C>(share, self.sizes, parameters, to) };
        }
    }

    /// Packs biases and extra parameters, which are few.
    pub(super) fn pack_vectors<S: Simd, C: Pointwise>(&mut self, parameters: Parameters<'_>) {
        if let Some(bias) = parameters.bias {
            pack_vectors::<S>(bias, self.sizes, C::INPUT_GATES, &mut self.bias);
        }
        if let (Some(extra), true) = (parameters.extra, C::EXTRA > 0) {
            pack_vectors::<S>(extra, self.sizes, &[0, 1, 2][..C::EXTRA], &mut self.extra);
        }
    }
}

/// `[panels][which][LANES]` from `[_, H]`.
fn pack_vectors<S: Simd>(from: &[f32], sizes: Sizes, which: &[usize], to: &mut [f32]) {
    for (at, to) in to.chunks_exact_mut(S::LANES).enumerate() {
        let panel = at / which.len();
        let units = sizes.units::<S>(panel);
        let first = which[at % which.len()] * sizes.hidden + panel * S::LANES;
        to[..units].copy_from_slice(&from[first..first + units]);
    }
}

/// Packs the matrices of one share.
///
/// # Safety
/// There must be room for every group, and a share may be packed by one thread only.
#[inline(always)]
pub(super) unsafe fn pack_share<S: Simd, C: Pointwise>(
    share: &[Group],
    sizes: Sizes,
    parameters: Parameters<'_>,
    to: Matrices<Shared>,
) {
    let column = C::INPUT_GATES.len() * S::LANES;
    for &group in share {
        let input = to.input.at(group.first * column * sizes.input);
        let recurrent = to.recurrent.at(group.first * column * sizes.hidden);
        // SAFETY: the caller's; groups do not overlap.
        unsafe {
            pack_gates::<S>(
                parameters.weight_ih,
                sizes.input,
                sizes,
                C::INPUT_GATES,
                group,
                input,
            );
            pack_gates::<S>(
                parameters.weight_hh,
                sizes.hidden,
                sizes,
                C::RECURRENT_GATES,
                group,
                recurrent,
            );
        }
    }
}
