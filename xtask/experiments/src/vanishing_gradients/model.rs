//! The models of the experiment, and what is measured of them.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::{AnyCell, RecurrentConfig, SeededRng};
use recurra_datasets::RecallBatch;
use recurra_train::diagnostics::{GateActivity, StateGradients, gate_activity, state_gradients};
use recurra_train::{SequenceClassifier, SequenceClassifierConfig};

use super::config::Config;
use crate::cells::{CellKind, GateBiases};
use crate::error::Error;

/// A classifier of sequences by their first symbol, with gradients.
pub type Model = SequenceClassifier<AnyCell>;

/// The model of `kind`, its gates' biases as `gate_biases` says.
pub fn build(
    config: &Config,
    kind: CellKind,
    gate_biases: GateBiases,
    device: &Device,
    rng: &mut SeededRng,
) -> Model {
    let cell = gate_biases.of(kind.config(config.hidden_size), config.steps);
    let symbols = config.symbols as usize;
    let tokens = symbols + config.noise as usize;
    let network = RecurrentConfig::new(cell);
    SequenceClassifierConfig::new(tokens, config.embedding_size, network, symbols).init(device, rng)
}

/// Sequences of `[B, T]` tokens and their symbols `[B]`, on the device of a model.
pub fn upload(batch: &RecallBatch, device: &Device) -> (Tensor<2, Int>, Tensor<1, Int>) {
    let ids = |tokens: &[u32]| tokens.iter().map(|&id| i64::from(id)).collect::<Vec<i64>>();
    let rows = batch.targets.len();
    let shape = [rows, batch.tokens.len() / rows];
    let tokens = TensorData::new(ids(&batch.tokens), shape);
    let targets = TensorData::new(ids(&batch.targets), [rows]);
    (
        Tensor::from_data(tokens, device),
        Tensor::from_data(targets, device),
    )
}

/// How the model's loss on these sequences depends on the state after each step.
pub fn gradients(model: &Model, batch: &RecallBatch) -> Result<StateGradients, Error> {
    let (tokens, targets) = upload(batch, &model.device());
    let inputs = model.embedding.forward(tokens);
    let loss = |hidden| model.loss(model.output.forward(hidden), targets);
    Ok(state_gradients(&model.network, inputs, loss)?)
}

/// How open the gates are while the model reads these sequences; nothing for a cell without gates.
pub fn gates(model: &Model, batch: &RecallBatch) -> Vec<GateActivity> {
    let (tokens, _) = upload(batch, &model.device());
    let inputs = model.embedding.forward(tokens);
    let layers = model.network.layers.iter();
    let cells = layers.flat_map(|layer| layer.cells());
    cells
        .flat_map(|cell| gate_activity(cell, inputs.clone(), None))
        .collect()
}

/// The share of these sequences, in `[0, 1]`, whose symbol the model recalls.
pub fn accuracy(model: &Model, batch: &RecallBatch) -> f64 {
    let model = model.valid();
    let (tokens, targets) = upload(batch, &model.device());
    model.accuracy(model.forward(tokens, None), targets)
}
