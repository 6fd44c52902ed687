//! Drawing text from a model, one token at a time.

use burn::module::Module;
use burn::tensor::Tensor;
use recurra_cells::{NetworkState, RecurrentCell, SeededRng};

use crate::window::upload;
use crate::{Error, LanguageModel};

/// The endless continuation of `prompt` (at least one token, each below `V`) that `model` gives, drawn from `rng`.
///
/// `temperature` (above 0 and finite) divides the logits: 1 is the model's own distribution, less is more careful.
///
/// # Errors
///
/// If the prompt or the temperature is out of its range.
pub fn sample<C: RecurrentCell>(
    model: &LanguageModel<C>,
    prompt: &[u32],
    temperature: f64,
    rng: SeededRng,
) -> Result<Sampler<C>, Error> {
    if !(temperature > 0.0 && temperature.is_finite()) {
        return Err(Error::config(
            "temperature",
            "above 0 and finite",
            temperature,
        ));
    }
    if prompt.is_empty() {
        return Err(Error::config("prompt", "at least one token", "none"));
    }
    let size = model.vocabulary_size();
    if let Some(token) = prompt.iter().find(|&&token| token as usize >= size) {
        return Err(Error::config(
            "prompt",
            format!("tokens below {size}"),
            token,
        ));
    }
    let model = model.valid();
    let (logits, state) = model.forward(upload(prompt, [1, prompt.len()], &model.device()), None);
    Ok(Sampler {
        logits: last_step(logits),
        state,
        model,
        temperature,
        rng,
    })
}

/// See [`sample`].
pub struct Sampler<C: RecurrentCell> {
    model: LanguageModel<C>,
    state: NetworkState<C::State>,
    logits: Vec<f64>,
    temperature: f64,
    rng: SeededRng,
}

impl<C: RecurrentCell> Iterator for Sampler<C> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let token = draw(&self.logits, self.temperature, self.rng.unit());
        let input = upload(&[token], [1, 1], &self.model.device());
        let (logits, state) = self.model.forward(input, self.state.clone());
        (self.logits, self.state) = (last_step(logits), state);
        Some(token)
    }
}

/// The logits of the last step of `[1, T, V]`.
fn last_step(logits: Tensor<3>) -> Vec<f64> {
    let [_, steps, _] = logits.dims();
    logits
        .narrow(1, steps - 1, 1)
        .into_data()
        .iter::<f64>()
        .collect()
}

/// The token whose share of `[0, 1)` under `softmax(logits / temperature)` holds `point`.
fn draw(logits: &[f64], temperature: f64, point: f64) -> u32 {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights = logits
        .iter()
        .map(|logit| ((logit - highest) / temperature).exp());
    let target = point * weights.clone().sum::<f64>();
    let mut reached = 0.0;
    let found = weights.clone().position(|weight| {
        reached += weight;
        target < reached
    });
    // Rounding can leave the sum just below the target; the last token is then the one.
    found.unwrap_or(logits.len() - 1) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_drawn_by_their_probability() {
        // Probabilities 1/8, 5/8 and 2/8.
        let logits = [1.0f64.ln(), 5.0f64.ln(), 2.0f64.ln()];
        let tokens: Vec<u32> = [0.0, 0.12, 0.13, 0.74, 0.76, 0.999]
            .iter()
            .map(|&p| draw(&logits, 1.0, p))
            .collect();
        assert_eq!(tokens, [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn a_low_temperature_takes_the_likeliest_token() {
        let logits = [900.0, 1000.0, 999.0];
        assert!((0..100).all(|point| draw(&logits, 0.01, f64::from(point) / 100.0) == 1));
    }
}
