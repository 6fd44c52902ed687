//! How well a model predicts text.

use burn::module::Module;
use recurra_cells::RecurrentCell;

use crate::{LanguageModel, TokenWindow};

/// The mean cross-entropy in nats per token over `windows`, each continuing the one before.
///
/// The state is carried from window to window, no gradients are tracked, no dropout is applied, and a shorter last window
/// counts by its tokens. NaN without any window.
///
/// # Panics
///
/// If the windows do not all have the same batch size, or a token is not below `V`.
pub fn evaluate<C: RecurrentCell>(
    model: &LanguageModel<C>,
    windows: impl IntoIterator<Item = TokenWindow>,
) -> f64 {
    let model = model.valid();
    let device = model.device();
    let (mut state, mut nats, mut tokens) = (None, 0.0, 0);
    for window in windows {
        window.assert_below(model.vocabulary_size());
        let (logits, next) = model.forward(window.inputs(&device), state);
        let loss = model
            .loss(logits, window.targets(&device))
            .into_scalar::<f64>();
        nats += loss * window.tokens() as f64;
        tokens += window.tokens();
        state = Some(next);
    }
    nats / tokens as f64
}
