//! The contract of a recurrent cell: its trait, its state, its configuration, and the sequence it is run over.

use std::fmt::Debug;

use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Bool, Device, Int, Tensor};

use crate::{Error, Lengths, SeededRng, Zoneout, ops, unroll_stepwise};

/// One step over time, and what the rest of the workspace may rely on.
///
/// A cell is a burn [`Module`] that says how one step is taken; whole sequences, stacks, directions, padding, masks and
/// streaming follow from that. [`crate::tutorial`] writes one from scratch.
///
/// # Laws
/// `laws::check_all` (feature `testing`) checks them for any cell, on any device:
/// 1. *Unroll is stepping*: [`unroll`](Self::unroll) equals stepping by hand, in outputs, final state and gradients.
/// 2. *Chunks are whole*: unrolling `xs ++ ys` equals unrolling `xs`, then `ys` from its final state.
/// 3. *Rows are alone*: rows of a batch are independent, and padded steps change nothing, in either time order: outputs
///    there are zero, the state stays.
/// 4. *Recurrence is masked*: the recurrent weights see only `recurrent`, never the state's own hidden part, because
///    `recurrent` is what variational dropout masks.
/// 5. *Gradients are whole*: every parameter receives a gradient, and finite differences agree with it.
pub trait RecurrentCell: Module + ModuleDisplay + Sized + 'static {
    /// What is carried from one step to the next.
    type State: RecurrentState;

    /// `D`, the width of an input.
    fn input_size(&self) -> usize;

    /// `H`, the width of [`RecurrentState::hidden`]. A projected LSTM's wider memory cell is its own affair.
    fn hidden_size(&self) -> usize;

    /// The state before the first step, for `batch_size` rows: zero for every cell of this crate.
    fn initial_state(&self, batch_size: usize, device: &Device) -> Self::State;

    /// The input's half of the gates for all steps at once, `[B, T, D] -> [B, T, P]` (`P = G*H` for the classic cells).
    ///
    /// By default the inputs themselves (`P = D`). An override may use only the same step's inputs: whatever it computes
    /// must be the same whether a step comes alone or in a sequence.
    fn project(&self, inputs: Tensor<3>) -> Tensor<3> {
        inputs
    }

    /// One step: `projected [B, P]` is this step's part of [`project`](Self::project), `recurrent [B, H]` is the hidden
    /// state of the step before, masked under variational dropout, and `state` is that step's whole state.
    ///
    /// Weights that multiply the hidden state read `recurrent`; what is carried over element by element (a GRU's `z * h`)
    /// reads `state`. The names of such weights begin with `weight_hh`.
    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: Self::State) -> Self::State;

    /// The whole sequence: the hidden states `[B, T, H]`, zero beyond each row's length, and the state after each row's
    /// last valid step.
    ///
    /// By default one step at a time. Override it only with a faster equal (a fused kernel), never with a different
    /// function: what the override does not know, [`Sequence::zoneout`] for one, it leaves to [`unroll_stepwise`].
    fn unroll(&self, sequence: Sequence<Self::State>) -> (Tensor<3>, Self::State) {
        unroll_stepwise(self, sequence)
    }
}

/// What a cell carries from one step to the next: a fixed set of tensors `[B, _]`, one of which is the hidden state.
pub trait RecurrentState: Clone + Debug + Send + 'static {
    /// The hidden state `[B, H]`, which is also the step's output.
    fn hidden(&self) -> Tensor<2>;

    /// Applies `f` to every tensor, in a fixed order.
    #[must_use]
    fn map_tensors(self, f: &mut dyn FnMut(Tensor<2>) -> Tensor<2>) -> Self;

    /// Applies `f` to every tensor and its counterpart in `other`, in the order of [`map_tensors`](Self::map_tensors).
    #[must_use]
    fn zip_tensors(self, other: Self, f: &mut dyn FnMut(Tensor<2>, Tensor<2>) -> Tensor<2>)
    -> Self;

    /// The same values, cut off from the graph that computed them: the border of truncated backpropagation.
    #[must_use]
    fn detach(self) -> Self {
        self.map_tensors(&mut |tensor| tensor.detach())
    }

    /// The state of the rows `indices [N]` (with repetition, as a beam search needs it).
    #[must_use]
    fn select_rows(self, indices: Tensor<1, Int>) -> Self {
        self.map_tensors(&mut |tensor| tensor.select(0, indices.clone()))
    }

    /// `previous` for the rows where `frozen [B, 1]` holds, `self` for the others.
    #[must_use]
    fn freeze_where(self, previous: Self, frozen: Tensor<2, Bool>) -> Self {
        self.zip_tensors(previous, &mut |new, old| {
            let frozen = frozen.clone().expand(new.dims());
            new.mask_where(frozen, old)
        })
    }
}

/// A cell whose whole state is its hidden state.
impl RecurrentState for Tensor<2> {
    fn hidden(&self) -> Tensor<2> {
        self.clone()
    }

    fn map_tensors(self, f: &mut dyn FnMut(Tensor<2>) -> Tensor<2>) -> Self {
        f(self)
    }

    fn zip_tensors(
        self,
        other: Self,
        f: &mut dyn FnMut(Tensor<2>, Tensor<2>) -> Tensor<2>,
    ) -> Self {
        f(self, other)
    }
}

/// What stacking asks of a cell's configuration.
pub trait CellConfig: Clone + Debug {
    /// The cell it builds.
    type Cell: RecurrentCell;

    /// Says which field is out of its range, if one is.
    fn validate(&self) -> Result<(), Error>;

    /// `H`, the width of the hidden state of the cell it builds.
    fn hidden_size(&self) -> usize;

    /// Builds the cell for inputs `[B, T, input_size]`, its weights drawn from `rng`.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) reports an error, or `input_size` is 0.
    fn init(&self, input_size: usize, device: &Device, rng: &mut SeededRng) -> Self::Cell;
}

/// Which way a sequence is run over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeOrder {
    /// From the first step on.
    #[default]
    FirstToLast,
    /// From each row's last valid step back to its first. Outputs stand where their inputs do, and the last state is that
    /// of the first step.
    LastToFirst,
}

/// What a cell is unrolled over.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sequence<S> {
    /// `[B, T, D]`, padded on the right, `T >= 1`.
    pub inputs: Tensor<3>,
    /// The state before the first step.
    pub state: S,
    /// How many steps of each row are valid; all of them without it.
    pub lengths: Option<Lengths>,
    /// Multiplies the hidden state that the recurrent weights see, `[B, H]`, the same at every step (variational dropout;
    /// Gal and Ghahramani 2016).
    pub recurrent_mask: Option<Tensor<2>>,
    /// What each tensor of the state keeps of its old value at each step. Only the stepwise loop applies it.
    pub zoneout: Option<Zoneout>,
    /// Which way it is run over.
    pub time_order: TimeOrder,
}

impl<S: RecurrentState> Sequence<S> {
    /// The whole of `inputs [B, T, D]`, from `state`.
    pub fn new(inputs: Tensor<3>, state: S) -> Self {
        Self {
            inputs,
            state,
            lengths: None,
            recurrent_mask: None,
            zoneout: None,
            time_order: TimeOrder::default(),
        }
    }

    /// Only the first `lengths[b]` steps of each row are valid.
    #[must_use]
    pub fn with_lengths(mut self, lengths: impl Into<Option<Lengths>>) -> Self {
        self.lengths = lengths.into();
        self
    }

    /// Masks what the recurrent weights see, `[B, H]`.
    #[must_use]
    pub fn with_recurrent_mask(mut self, mask: impl Into<Option<Tensor<2>>>) -> Self {
        self.recurrent_mask = mask.into();
        self
    }

    /// Keeps part of the old state at each step.
    #[must_use]
    pub fn with_zoneout(mut self, zoneout: impl Into<Option<Zoneout>>) -> Self {
        self.zoneout = zoneout.into();
        self
    }

    /// Runs over the steps in this order.
    #[must_use]
    pub fn with_time_order(mut self, time_order: TimeOrder) -> Self {
        self.time_order = time_order;
        self
    }

    /// # Panics
    /// If a shape or a number type does not fit `cell` or another; the message has both.
    pub(crate) fn assert_fits<C: RecurrentCell<State = S>>(&self, cell: &C) {
        let [batch, steps, width] = self.inputs.dims();
        assert!(
            steps > 0,
            "a sequence needs at least one step, got inputs [{batch}, {steps}, {width}]"
        );
        assert_eq!(
            width,
            cell.input_size(),
            "the inputs are [{batch}, {steps}, {width}], but the cell takes [B, T, {}]",
            cell.input_size()
        );
        assert!(
            batch > 0,
            "a sequence needs at least one row, got inputs [{batch}, {steps}, {width}]"
        );
        let expected = [batch, cell.hidden_size()];
        let state = self.state.hidden().dims();
        assert_eq!(
            state, expected,
            "the hidden state is {state:?}, but the inputs and the cell ask for {expected:?}"
        );
        if let Some(mask) = &self.recurrent_mask {
            let mask = mask.dims();
            assert_eq!(
                mask, expected,
                "the recurrent mask is {mask:?}, but the hidden state is {expected:?}"
            );
        }
        if let Some(zoneout) = &self.zoneout {
            zoneout.assert_fits(&self.state, steps);
        }
        if let Some(lengths) = &self.lengths {
            lengths.assert_fits(batch, steps);
        }
        self.assert_one_type();
    }

    fn assert_one_type(&self) {
        let inputs = self.inputs.dtype();
        let _ = self.state.clone().map_tensors(&mut |tensor| {
            ops::assert_type("the state is", tensor.dtype(), "the inputs are", inputs);
            tensor
        });
        if let Some(mask) = &self.recurrent_mask {
            let mask = mask.dtype();
            ops::assert_type("the recurrent mask is", mask, "the inputs are", inputs);
        }
    }
}
