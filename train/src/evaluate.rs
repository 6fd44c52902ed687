//! How well a model predicts.

use crate::tbptt::pass::evaluation_pass;
use crate::{SequenceModel, SequenceWindow};

/// The mean loss of a valid step over `windows`, each continuing the one before: of a language model, the cross-entropy in
/// nats per token.
///
/// The state is carried from window to window, no gradients are tracked, nothing is dropped, and a shorter last window
/// counts by its steps. NaN without any window.
///
/// # Panics
///
/// If the windows do not all have the same batch size, or one does not fit the model.
pub fn evaluate<M: SequenceModel>(model: &M, windows: impl IntoIterator<Item = M::Window>) -> f64 {
    let model = model.valid();
    let (mut state, mut total, mut steps) = (None, 0.0, 0);
    for window in windows {
        let loss = evaluation_pass(&model, &window, state);
        total += loss.mean.into_scalar::<f64>() * window.valid_steps() as f64;
        steps += window.valid_steps();
        state = Some(loss.state);
    }
    total / steps as f64
}
