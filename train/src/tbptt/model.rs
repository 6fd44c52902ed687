//! What truncated backpropagation asks of a model, and of the windows that it reads.

use burn::module::Module;
use burn::tensor::{Bool, Device, Tensor, TensorData};
use recurra_cells::{NetworkState, RecurrentState, SeededRng};

use crate::Regularization;

/// A model that is trained one window of its sequences after the other, with a state that is carried from each to the next.
///
/// ```
/// # use burn::{module::Module, module::Param, nn::Linear, tensor::{Device, Tensor}};
/// use recurra_cells::{NetworkInput, NetworkState, Recurrent, RecurrentCell};
/// use recurra_train::{Pass, SequenceModel, SequenceWindow, WindowLoss};
///
/// /// Says at every step what the next number will be.
/// #[derive(Module, Debug)]
/// struct NextNumber<C: RecurrentCell> {
///     network: Recurrent<C>,
///     output: Linear,
/// }
///
/// /// Numbers `[B, T, 1]`, and those that follow them.
/// struct Numbers {
///     inputs: Tensor<3>,
///     targets: Tensor<3>,
/// }
///
/// impl SequenceWindow for Numbers {
///     fn batch_size(&self) -> usize {
///         self.inputs.dims()[0]
///     }
///     fn valid_steps(&self) -> usize {
///         self.inputs.dims()[0] * self.inputs.dims()[1]
///     }
/// }
///
/// impl<C: RecurrentCell> SequenceModel for NextNumber<C> {
///     type Window = Numbers;
///     type State = C::State;
///
///     fn device(&self) -> Device {
///         self.output.weight.device()
///     }
///     fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
///         self.network.initial_state(batch_size, &self.device())
///     }
///     fn window_loss(
///         &self,
///         window: &Numbers,
///         state: Option<NetworkState<C::State>>,
///         _: Pass<'_>,
///     ) -> WindowLoss<C::State> {
///         let output = self.network.forward(NetworkInput::new(window.inputs.clone()).with_state(state));
///         let error = self.output.forward(output.outputs) - window.targets.clone();
///         WindowLoss::new(error.square().mean(), output.state)
///     }
/// }
/// ```
pub trait SequenceModel: Module {
    /// What it reads in one pass.
    type Window: SequenceWindow;

    /// The state of each layer of its network.
    type State: RecurrentState;

    /// Where the weights are.
    fn device(&self) -> Device;

    /// What a sequence starts from, for `batch_size` rows.
    fn initial_state(&self, batch_size: usize) -> NetworkState<Self::State>;

    /// The loss of a window that starts from `state`, or from the initial state, and the state behind it.
    fn window_loss(
        &self,
        window: &Self::Window,
        state: Option<NetworkState<Self::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<Self::State>;

    /// Panics if the model cannot read the window, before anything of it reaches the device. By default it reads all.
    fn assert_fits(&self, window: &Self::Window) {
        let _ = window;
    }
}

/// What a model reads a window for.
#[derive(Debug)]
pub enum Pass<'a> {
    /// To be judged: nothing is left to chance.
    Evaluation,
    /// To be trained.
    Training {
        /// What is dropped, and what is added to the loss. Recurrent weights are dropped already.
        regularization: &'a Regularization,
        /// Draws what is a chance.
        rng: &'a mut SeededRng,
    },
}

/// `B` rows of some steps, each row the continuation of its row in the window before, unless it begins anew.
pub trait SequenceWindow {
    /// `B`, at least 1.
    fn batch_size(&self) -> usize;

    /// Over how many steps, of all rows together, the loss is a mean; at least 1.
    fn valid_steps(&self) -> usize;

    /// Which rows begin another sequence (a document, say) and so do not see what was before; by default none.
    fn begins(&self) -> Option<&[bool]> {
        None
    }
}

/// What a model makes of a window.
#[derive(Clone, Debug)]
pub struct WindowLoss<S> {
    /// The mean loss of a valid step, `[1]`.
    pub mean: Tensor<1>,
    /// What is added to it for the step of training only, `[1]`.
    pub penalty: Option<Tensor<1>>,
    /// The state behind the window.
    pub state: NetworkState<S>,
}

impl<S> WindowLoss<S> {
    /// A loss without a penalty.
    pub fn new(mean: Tensor<1>, state: NetworkState<S>) -> Self {
        Self {
            mean,
            penalty: None,
            state,
        }
    }
}

/// `state` with the rows that begin a sequence put back to `initial`.
///
/// # Panics
///
/// If `begins` has not an entry for each row.
pub(crate) fn begin_rows<S: RecurrentState>(
    state: NetworkState<S>,
    initial: &NetworkState<S>,
    begins: &[bool],
) -> NetworkState<S> {
    let mut initial = initial.states().cloned();
    let mut begin = |now: Tensor<2>, first: Tensor<2>| {
        let (shape, dtype) = (now.dims(), now.dtype());
        assert_eq!(
            begins.len(),
            shape[0],
            "the beginnings are of {} rows, but the state is {shape:?}",
            begins.len()
        );
        let rows = TensorData::new(begins.to_vec(), [begins.len(), 1]);
        let rows = Tensor::<2, Bool>::from_data(rows, &now.device());
        now.mask_where(rows.expand(shape), first.cast(dtype))
    };
    state.map(|state| {
        let first = initial.next().expect("a network has one number of states");
        state.zip_tensors(first, &mut begin)
    })
}
