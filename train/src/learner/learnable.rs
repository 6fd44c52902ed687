//! Sequence models as burn-train's learner takes them.

use burn::module::{Module, ModuleDisplay};
use burn::tensor::Device;
use burn_train::{InferenceStep, LearnerModel, TrainOutput, TrainStep};
use recurra_cells::NetworkState;

use super::WindowOutput;
use crate::tbptt::pass::evaluation_pass;
use crate::{Pass, SequenceModel, SequenceWindow, WindowLoss};

/// A model that a [`TruncatedBpttStrategy`](super::TruncatedBpttStrategy) trains: a [`SequenceModel`] whose steps take windows
/// and give [`WindowOutput`]s. [`Learnable`] is one, and so is whatever meets the bounds.
pub trait SequenceLearner:
    LearnerModel
    + SequenceModel
    + TrainStep<Input = <Self as SequenceModel>::Window, Output = WindowOutput>
    + InferenceStep<Input = <Self as SequenceModel>::Window, Output = WindowOutput>
{
}

impl<M> SequenceLearner for M where
    M: LearnerModel
        + SequenceModel
        + TrainStep<Input = <M as SequenceModel>::Window, Output = WindowOutput>
        + InferenceStep<Input = <M as SequenceModel>::Window, Output = WindowOutput>
{
}

/// Any [`SequenceModel`] as a model of burn-train's learner.
///
/// Its steps read each window as a sequence of its own, from the initial state and without regularisation, which is all that
/// burn-train's own strategies and its evaluator can do; a [`TruncatedBpttStrategy`](super::TruncatedBpttStrategy) reads
/// windows that continue each other.
#[derive(Module, Debug)]
pub struct Learnable<M: SequenceModel + ModuleDisplay> {
    model: M,
}

impl<M: SequenceModel + ModuleDisplay> Learnable<M> {
    /// The model, ready to be trained.
    pub fn new(model: M) -> Self {
        Self {
            model: model.train(),
        }
    }

    /// The model inside.
    pub fn inner(&self) -> &M {
        &self.model
    }

    /// The model without its wrapping.
    pub fn into_inner(self) -> M {
        self.model
    }
}

impl<M> TrainStep for Learnable<M>
where
    M: SequenceModel<Window: Send + 'static> + ModuleDisplay,
{
    type Input = M::Window;
    type Output = WindowOutput;

    fn step(&self, window: M::Window) -> TrainOutput<WindowOutput> {
        let loss = evaluation_pass(&self.model, &window, None).mean;
        let output = WindowOutput::new(loss.clone(), window.valid_steps());
        TrainOutput::new(self, loss.backward(), output)
    }
}

impl<M> InferenceStep for Learnable<M>
where
    M: SequenceModel<Window: Send + 'static> + ModuleDisplay,
{
    type Input = M::Window;
    type Output = WindowOutput;

    fn step(&self, window: M::Window) -> WindowOutput {
        let loss = evaluation_pass(&self.model, &window, None).mean;
        WindowOutput::new(loss, window.valid_steps())
    }
}

impl<M: SequenceModel + ModuleDisplay> SequenceModel for Learnable<M> {
    type Window = M::Window;
    type State = M::State;

    fn device(&self) -> Device {
        self.model.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<M::State> {
        self.model.initial_state(batch_size)
    }

    fn window_loss(
        &self,
        window: &M::Window,
        state: Option<NetworkState<M::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<M::State> {
        self.model.window_loss(window, state, pass)
    }

    fn assert_fits(&self, window: &M::Window) {
        self.model.assert_fits(window);
    }
}
