//! States, and the order in which the kernels keep them: `[panels][B][LANES]`, the rows as the plan orders them.

use super::pack::Sizes;
use super::plan::Plan;
use super::simd::Simd;

/// A state or its gradient, `[B, H]` each; the memory cell is empty for cells without.
#[derive(Clone, Copy)]
pub(crate) struct State<'a> {
    pub hidden: &'a [f32],
    pub memory: &'a [f32],
}

/// A state that is written to.
pub(crate) struct StateMut<'a> {
    pub hidden: &'a mut [f32],
    pub memory: &'a mut [f32],
}

/// `rows [B, H]` in the kernels' order, padded with zeros.
pub(super) fn spread<S: Simd>(rows: &[f32], plan: &Plan, sizes: Sizes, to: &mut [f32]) {
    to.fill(0.0);
    for panel in 0..sizes.panels::<S>() {
        let units = sizes.units::<S>(panel);
        for (place, &row) in plan.order.iter().enumerate() {
            let from = row * sizes.hidden + panel * S::LANES;
            let at = (panel * plan.batch() + place) * S::LANES;
            to[at..at + units].copy_from_slice(&rows[from..from + units]);
        }
    }
}

/// The opposite of [`spread`].
pub(super) fn gather<S: Simd>(from: &[f32], plan: &Plan, sizes: Sizes, to: &mut [f32]) {
    for panel in 0..sizes.panels::<S>() {
        let units = sizes.units::<S>(panel);
        for (place, &row) in plan.order.iter().enumerate() {
            let at = (panel * plan.batch() + place) * S::LANES;
            let first = row * sizes.hidden + panel * S::LANES;
            to[first..first + units].copy_from_slice(&from[at..at + units]);
        }
    }
}
