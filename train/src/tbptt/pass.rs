//! One pass of a model over a window that continues the one before.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use recurra_cells::{NetworkState, SeededRng};

use super::model::begin_rows;
use crate::{
    Pass, Precision, Regularization, SequenceModel, SequenceWindow, WindowLoss, cast_weights,
    drop_recurrent_weights,
};

/// What a pass of training makes of a window.
pub(crate) struct TrainingPass<S> {
    /// The mean loss of a valid step, without penalties: `[1]`, outside of autodiff.
    pub loss: Tensor<1>,
    /// Of the loss and its penalties.
    pub gradients: GradientsParams,
    /// The state behind the window, detached.
    pub state: NetworkState<S>,
}

/// The loss of a window that continues `carried`, and `scale` times its gradients, computed in `precision`.
///
/// # Panics
///
/// If the window does not fit the model, or has another batch size than `carried`.
pub(crate) fn training_pass<M: SequenceModel>(
    model: &M,
    window: &M::Window,
    carried: Option<NetworkState<M::State>>,
    scale: f64,
    precision: Precision,
    regularization: &Regularization,
    rng: &mut SeededRng,
) -> TrainingPass<M::State> {
    model.assert_fits(window);
    let state = begin_window(model, window, carried);
    let rate = regularization.dropout.recurrent_weights;
    // Gone before the update: it holds on to the weights, which are then changed in place.
    let cast = cast_weights(model.clone(), precision);
    let dropped = drop_recurrent_weights(cast, rate, rng);
    let pass = Pass::Training {
        regularization,
        rng,
    };
    let loss = dropped.window_loss(window, state, pass);
    let mean = loss.mean.clone();
    let objective = match loss.penalty {
        Some(penalty) => loss.mean + penalty,
        None => loss.mean,
    };
    let objective = match scale {
        1.0 => objective,
        scale => objective * scale,
    };
    TrainingPass {
        gradients: GradientsParams::from_grads(objective.backward(), model),
        // Neither loss nor state may hold on to the graph, which holds on to weights.
        loss: mean.inner(),
        state: loss.state.detach(),
    }
}

/// What `model` makes of a window that continues `carried`, with nothing left to chance.
///
/// # Panics
///
/// As [`training_pass`].
pub(crate) fn evaluation_pass<M: SequenceModel>(
    model: &M,
    window: &M::Window,
    carried: Option<NetworkState<M::State>>,
) -> WindowLoss<M::State> {
    model.assert_fits(window);
    let state = begin_window(model, window, carried);
    model.window_loss(window, state, Pass::Evaluation)
}

/// The state that a window starts from: that of the window before, but for the rows that begin a sequence.
fn begin_window<M: SequenceModel>(
    model: &M,
    window: &M::Window,
    carried: Option<NetworkState<M::State>>,
) -> Option<NetworkState<M::State>> {
    match (carried, window.begins()) {
        (Some(state), Some(begins)) => {
            let initial = model.initial_state(window.batch_size());
            Some(begin_rows(state, &initial, begins))
        }
        (state, _) => state,
    }
}
