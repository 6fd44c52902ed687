//! Weights in the order in which the kernels read them.

use std::ops::Range;

use super::simd::Simd;

/// The sizes of a cell, and how its hidden units fall into vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// `D`.
    pub input: usize,
    /// `H`.
    pub hidden: usize,
}

impl Sizes {
    /// The vectors of hidden units, the last of them perhaps not full.
    pub(super) fn panels<S: Simd>(self) -> usize {
        self.hidden.div_ceil(S::LANES)
    }

    /// `H`, rounded up to whole vectors.
    pub(super) fn padded<S: Simd>(self) -> usize {
        self.panels::<S>() * S::LANES
    }

    /// How many hidden units panel `panel` has.
    pub(super) fn units<S: Simd>(self, panel: usize) -> usize {
        (self.hidden - panel * S::LANES).min(S::LANES)
    }
}

/// Neighbouring panels that are computed in one tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub first: usize,
    pub panels: usize,
}

/// `panels` panels as groups of 4, 2 or 1, at most `widest`, dealt out to `shares` in neighbouring runs.
pub(super) fn share_out(panels: usize, widest: usize, shares: usize) -> Vec<Vec<Group>> {
    let border = |share: usize| share * panels / shares;
    let runs = (0..shares).map(|share| border(share)..border(share + 1));
    runs.map(|run| groups(run, widest)).collect()
}

fn groups(mut run: Range<usize>, widest: usize) -> Vec<Group> {
    let mut groups = Vec::new();
    while !run.is_empty() {
        let fits = |&size: &usize| size <= widest && size <= run.len();
        let panels = [4, 2, 1].into_iter().find(fits).unwrap_or(1);
        groups.push(Group {
            first: run.start,
            panels,
        });
        run.start += panels;
    }
    groups
}

/// `[depth][panels of the group][gates][LANES]` from `weight [gates of the matrix * H, depth]`.
///
/// # Safety
/// `to` must be writable for the group's panels.
#[inline(always)]
pub(super) unsafe fn pack_gates<S: Simd>(
    weight: &[f32],
    depth: usize,
    sizes: Sizes,
    gates: &[usize],
    group: Group,
    to: *mut f32,
) {
    let width = group.panels * gates.len() * S::LANES;
    for panel in 0..group.panels {
        let first = (group.first + panel) * S::LANES;
        let units = sizes.units::<S>(group.first + panel);
        for (at, &gate) in gates.iter().enumerate() {
            let rows = &weight[(gate * sizes.hidden + first) * depth..][..units * depth];
            let column = (panel * gates.len() + at) * S::LANES;
            for k in 0..depth {
                // SAFETY: the caller's; `k * width + column + LANES` is within the group.
                let to =
                    unsafe { std::slice::from_raw_parts_mut(to.add(k * width + column), S::LANES) };
                for (lane, to) in to.iter_mut().enumerate() {
                    *to = if lane < units {
                        rows[lane * depth + k]
                    } else {
                        0.0
                    };
                }
            }
        }
    }
}

/// Columns `first..first + columns` of `weight [gates of the matrix * H, width]` for every gate and hidden unit:
/// `[panels][gates][LANES][vectors * LANES]`, zero where there is no unit or no column.
///
/// # Safety
/// `to` must be writable for all of it.
#[inline(always)]
pub(super) unsafe fn pack_columns<S: Simd>(
    weight: &[f32],
    width: usize,
    sizes: Sizes,
    gates: &[usize],
    columns: Columns,
    to: *mut f32,
) {
    let row = columns.vectors * S::LANES;
    for panel in 0..sizes.panels::<S>() {
        for (at, &gate) in gates.iter().enumerate() {
            for lane in 0..S::LANES {
                let at = ((panel * gates.len() + at) * S::LANES + lane) * row;
                // SAFETY: the caller's.
                let to = unsafe { std::slice::from_raw_parts_mut(to.add(at), row) };
                to.fill(0.0);
                if lane < sizes.units::<S>(panel) {
                    let unit = gate * sizes.hidden + panel * S::LANES + lane;
                    to[..columns.count]
                        .copy_from_slice(&weight[unit * width + columns.first..][..columns.count]);
                }
            }
        }
    }
}

/// A few neighbouring columns of a matrix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub first: usize,
    pub count: usize,
    /// How many vectors they fill, the last perhaps not wholly.
    pub vectors: usize,
}

impl Columns {
    /// All of `width` columns, at most four vectors at a time.
    pub(super) fn all<S: Simd>(width: usize) -> impl Iterator<Item = Self> {
        let step = 4 * S::LANES;
        (0..width).step_by(step).map(move |first| {
            let count = step.min(width - first);
            let vectors = count.div_ceil(S::LANES);
            Self {
                first,
                count,
                vectors,
            }
        })
    }

    /// The columns of a group's hidden units.
    pub(super) fn of<S: Simd>(group: Group, hidden: usize) -> Self {
        let first = group.first * S::LANES;
        Self {
            first,
            count: (hidden - first).min(group.panels * S::LANES),
            vectors: group.panels,
        }
    }

    /// How many numbers the last vector has.
    pub(super) fn last<S: Simd>(self) -> usize {
        self.count - (self.vectors - 1) * S::LANES
    }
}
