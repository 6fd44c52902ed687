//! Poolings against the same on the host.

use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use recurra_cells::{Lengths, NetworkInput, SeededRng};
use recurra_train::{AttentionPooling, Pooling};

use super::padding::cases;
use super::{VOCABULARY, close, draws, ints, values};

const CASES: u32 = 48;

/// The valid steps of each row of `[B, T, W]`, each a list of `W` numbers.
fn rows(outputs: &Tensor<3>, lengths: &Lengths) -> Vec<Vec<Vec<f32>>> {
    let [_, steps, width] = outputs.dims();
    let values = values(outputs.clone());
    let rows = values.chunks(steps * width).zip(lengths.as_slice());
    rows.map(|(row, &length)| {
        let row = row.chunks(width).take(length);
        row.map(<[f32]>::to_vec).collect()
    })
    .collect()
}

/// `start`, and every step folded into it, number by number.
fn fold(row: &[Vec<f32>], start: Vec<f32>, f: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    row.iter().fold(start, |sum, step| {
        sum.iter().zip(step).map(|(&a, &b)| f(a, b)).collect()
    })
}

/// The weights of a row's valid steps, by the formula.
fn attention(row: &[Vec<f32>], pooling: &AttentionPooling) -> Vec<f32> {
    let key = values(pooling.key.weight.val());
    let bias = pooling.key.bias.as_ref().map(|bias| values(bias.val()));
    let bias = bias.expect("the keys have a bias");
    let context = values(pooling.context.val());
    let width = context.len();
    let score = |step: &Vec<f32>| -> f32 {
        let key = |output: usize| {
            let inputs = step.iter().enumerate();
            let sum: f32 = inputs.map(|(i, x)| x * key[i * width + output]).sum();
            (sum + bias[output]).tanh()
        };
        (0..width).map(|output| context[output] * key(output)).sum()
    };
    let scores: Vec<f32> = row.iter().map(|step| score(step).exp()).collect();
    let sum: f32 = scores.iter().sum();
    scores.iter().map(|score| score / sum).collect()
}

/// A row's valid steps, each times its weight, summed.
fn weighted(row: &[Vec<f32>], weights: &[f32], width: usize) -> Vec<f32> {
    let steps: Vec<Vec<f32>> = row
        .iter()
        .zip(weights)
        .map(|(step, weight)| step.iter().map(|x| x * weight).collect())
        .collect();
    fold(&steps, vec![0.0; width], |a, b| a + b)
}

pub fn a_pooling_is_its_formula(device: &Device) {
    proptest!(ProptestConfig::with_cases(CASES), |(case in cases(0))| {
        let (model, lengths) = (case.classifier(device), case.lengths());
        let shape = [case.valid.len(), lengths.steps()];
        let tokens = draws(shape[0] * shape[1], VOCABULARY, &mut SeededRng::new(1));
        let embedded = model.embedding.forward(ints(&tokens, shape, &model.device()));
        let input = NetworkInput::new(embedded).with_lengths(lengths.clone());
        let output = model.network.forward(input);
        let pooled = values(model.pooler.forward(output.clone(), Some(&lengths)));
        let outputs = rows(&output.outputs, &lengths);
        let [_, _, width] = output.outputs.dims();
        let mut expected = Vec::new();
        for (index, row) in outputs.iter().enumerate() {
            let hidden = |outputs: Option<&Tensor<3>>, step: usize| {
                let row = outputs.map(|outputs| rows(outputs, &lengths)[index].clone());
                let zero = vec![0.0; model.network.hidden_size()];
                row.map_or(vec![], |row| row.get(step).cloned().unwrap_or(zero))
            };
            expected.extend(match model.pooler.pooling() {
                Pooling::Last => [
                    hidden(output.forward.as_ref(), row.len().saturating_sub(1)),
                    hidden(output.backward.as_ref(), 0),
                ]
                .concat(),
                Pooling::Mean => weighted(row, &vec![1.0 / row.len() as f32; row.len()], width),
                Pooling::Max if row.is_empty() => vec![0.0; width],
                Pooling::Max => fold(row, vec![f32::NEG_INFINITY; width], f32::max),
                Pooling::Attention => {
                    let pooling = model.pooler.attention.as_ref().expect("it has weights");
                    weighted(row, &attention(row, pooling), width)
                }
            });
        }
        prop_assert!(close(&pooled, &expected), "{pooled:?} {expected:?}");
    });
}

/// Weights of a row sum to 1, and those of its padding are 0.
pub fn attention_is_a_distribution_over_the_valid_steps(device: &Device) {
    proptest!(ProptestConfig::with_cases(CASES), |(case in cases(1))| {
        let (model, lengths) = (case.classifier(device), case.lengths());
        let Some(pooling) = &model.pooler.attention else {
            return Ok(());
        };
        let [steps, width] = [lengths.steps(), model.network.output_size()];
        let shape = [case.valid.len(), steps, width];
        let outputs = Tensor::ones(shape, &model.device());
        let weights = values(pooling.weights(outputs, Some(&lengths)));
        for (row, &length) in weights.chunks(steps).zip(&case.valid) {
            // Steps that are alike have equal weights.
            let mut expected = vec![1.0 / length as f32; length];
            expected.resize(steps, 0.0);
            prop_assert!(close(row, &expected), "{row:?} {expected:?}");
        }
    });
}
