//! Drawing a continuation from a model, one step at a time.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use recurra_cells::{NetworkInput, NetworkState, RecurrentCell, SeededRng};

use super::MultiLabelPredictor;
use crate::Error;

impl<C: RecurrentCell> MultiLabelPredictor<C> {
    /// The endless continuation of `prompt` (at least one step, each label below `V`), drawn from `rng`: at each step each
    /// label by its probability, independently.
    ///
    /// `temperature` (above 0 and finite) divides the logits: 1 is the model's own distribution, less is more careful.
    ///
    /// # Errors
    ///
    /// If the prompt or the temperature is out of its range.
    pub fn sample(
        &self,
        prompt: &[Vec<usize>],
        temperature: f64,
        rng: SeededRng,
    ) -> Result<MultiLabelSampler<C>, Error> {
        if !(temperature > 0.0 && temperature.is_finite()) {
            let expected = "above 0 and finite";
            return Err(Error::config("temperature", expected, temperature));
        }
        if prompt.is_empty() {
            return Err(Error::config("prompt", "at least one step", "none"));
        }
        let size = self.num_labels();
        if let Some(label) = prompt.iter().flatten().find(|&&label| label >= size) {
            return Err(Error::config(
                "prompt",
                format!("labels below {size}"),
                label,
            ));
        }
        let model = self.valid();
        let (logits, state) = model.run(NetworkInput::new(upload(&model, prompt)));
        Ok(MultiLabelSampler {
            logits: last_step(logits),
            state,
            model,
            temperature,
            rng,
        })
    }
}

/// See [`MultiLabelPredictor::sample`]. Each item lists the labels that hold at a step, rising.
pub struct MultiLabelSampler<C: RecurrentCell> {
    model: MultiLabelPredictor<C>,
    state: NetworkState<C::State>,
    logits: Vec<f64>,
    temperature: f64,
    rng: SeededRng,
}

impl<C: RecurrentCell> Iterator for MultiLabelSampler<C> {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Vec<usize>> {
        let mut holds = |logit: f64| {
            let probability = 1.0 / (1.0 + (-logit / self.temperature).exp());
            self.rng.unit() < probability
        };
        let drawn: Vec<bool> = self.logits.iter().map(|&logit| holds(logit)).collect();
        let labels: Vec<usize> = (0..drawn.len()).filter(|&label| drawn[label]).collect();
        let input = upload(&self.model, std::slice::from_ref(&labels));
        let input = NetworkInput::new(input).with_state(self.state.clone());
        let (logits, state) = self.model.run(input);
        (self.logits, self.state) = (last_step(logits), state);
        Some(labels)
    }
}

/// One row of steps, `[1, T, V]`.
fn upload<C: RecurrentCell>(model: &MultiLabelPredictor<C>, steps: &[Vec<usize>]) -> Tensor<3> {
    let width = model.num_labels();
    let mut values = vec![0.0f32; steps.len() * width];
    for (step, labels) in steps.iter().enumerate() {
        for label in labels {
            values[step * width + label] = 1.0;
        }
    }
    let data = TensorData::new(values, [1, steps.len(), width]);
    Tensor::from_data(data, &model.device())
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
