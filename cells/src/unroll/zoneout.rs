//! Zoneout: at each step some units of the state stay as they are.

use burn::tensor::{Bool, Tensor};

use crate::RecurrentState;

/// What each tensor of the state keeps of its old value at a step (zoneout; Krueger et al. 2017):
///
/// ```text
/// state_t = keep_t * state_{t-1} + (1 - keep_t) * step(state_{t-1})
/// ```
///
/// Every tensor is mixed with the old one after the whole step, so that an LSTM's hidden state comes from the memory cell
/// that the step computed, as in the paper. Tensors are counted in the order of [`RecurrentState::map_tensors`].
#[derive(Clone, Debug)]
pub enum Zoneout {
    /// In training: a unit keeps its old value where this holds, `[B, T, W]` for each tensor `[B, W]` of the state. A step's
    /// mask stands where its input does, whatever the time order.
    Masks(Vec<Tensor<3, Bool>>),
    /// In evaluation: every unit keeps this share of its old value, in `[0, 1]`, one for each tensor of the state.
    Expectation(Vec<f64>),
}

impl Zoneout {
    /// The same with the steps of every mask put into another order.
    pub(super) fn reordered(self, order: impl Fn(Tensor<3>) -> Tensor<3>) -> Self {
        match self {
            Self::Masks(masks) => {
                let order = |mask: Tensor<3, Bool>| order(mask.float()).greater_elem(0.5);
                Self::Masks(masks.into_iter().map(order).collect())
            }
            Self::Expectation(shares) => Self::Expectation(shares),
        }
    }

    /// What step number `step` leaves behind, if it made `new` of `old`.
    pub(super) fn mix<S: RecurrentState>(&self, step: usize, new: S, old: S) -> S {
        let mut parts = 0..;
        new.zip_tensors(old, &mut |new, old| {
            let part = parts.next().expect("numbers do not end");
            match self {
                Self::Masks(masks) => {
                    let keep = masks[part].clone().narrow(1, step, 1).squeeze_dim(1);
                    new.mask_where(keep, old)
                }
                Self::Expectation(shares) => old * shares[part] + new * (1.0 - shares[part]),
            }
        })
    }

    /// # Panics
    /// If there is not exactly one mask or share for each tensor of `state`, or one has another shape or range.
    pub(crate) fn assert_fits<S: RecurrentState>(&self, state: &S, steps: usize) {
        let mut shapes = Vec::new();
        let _ = state.clone().map_tensors(&mut |tensor| {
            let [batch, width] = tensor.dims();
            shapes.push([batch, steps, width]);
            tensor
        });
        match self {
            Self::Masks(masks) => {
                let masks: Vec<_> = masks.iter().map(Tensor::dims).collect();
                assert_eq!(
                    masks, shapes,
                    "the zoneout masks are {masks:?}, but the state and the steps ask for {shapes:?}"
                );
            }
            Self::Expectation(shares) => {
                let (got, tensors) = (shares.len(), shapes.len());
                assert_eq!(
                    got, tensors,
                    "zoneout has {got} shares, but the state has {tensors} tensors"
                );
                let within = shares.iter().all(|share| (0.0..=1.0).contains(share));
                assert!(within, "zoneout shares must be in [0, 1], got {shares:?}");
            }
        }
    }
}
