//! Penalties on what a network puts out.

use burn::tensor::Tensor;
use recurra_cells::Lengths;

use crate::at_least_single;

/// Activation regularisation (AR; Merity et al. 2017): the mean square of `outputs [B, T, H]` over the valid steps, `[1]`.
///
/// It is added to the loss with a factor, 2 in AWD-LSTM (Merity et al. 2018), which applies it to what the output layer
/// reads, dropout included. Without a valid step it is 0.
///
/// # Panics
///
/// If the lengths are for another batch or number of steps; the message has both shapes.
pub fn activation_penalty(outputs: Tensor<3>, lengths: Option<&Lengths>) -> Tensor<1> {
    let [batch, steps, width] = outputs.dims();
    let (outputs, valid) = match lengths {
        Some(lengths) => (lengths.zero_padding(outputs), total(lengths)),
        None => (outputs, batch * steps),
    };
    mean_square(outputs, valid * width)
}

/// Temporal activation regularisation (TAR; Merity et al. 2017): the mean square of `outputs_{t+1} - outputs_t` over all
/// neighbouring valid steps of `outputs [B, T, H]`, `[1]`.
///
/// It is added to the loss with a factor, 1 in AWD-LSTM (Merity et al. 2018), which applies it to the outputs of the last
/// layer before dropout. Without two neighbouring valid steps it is 0.
///
/// # Panics
///
/// If the lengths are for another batch or number of steps; the message has both shapes.
pub fn temporal_activation_penalty(outputs: Tensor<3>, lengths: Option<&Lengths>) -> Tensor<1> {
    let [batch, steps, width] = outputs.dims();
    // What stands in the padding must not reach a difference.
    let outputs = match lengths {
        Some(lengths) => lengths.zero_padding(outputs),
        None => outputs,
    };
    if steps < 2 {
        return mean_square(outputs, 0);
    }
    let later = outputs.clone().narrow(1, 1, steps - 1);
    let change = later - outputs.narrow(1, 0, steps - 1);
    match lengths.map(pairs) {
        Some(pairs) => mean_square(pairs.zero_padding(change), total(&pairs) * width),
        None => mean_square(change, batch * (steps - 1) * width),
    }
}

/// How many pairs of neighbouring steps each row has.
fn pairs(lengths: &Lengths) -> Lengths {
    let shorter = lengths.as_slice().iter().map(|n| n.saturating_sub(1));
    Lengths::new(shorter.collect(), lengths.steps() - 1).expect("every row has a step less")
}

/// How many steps are valid.
fn total(lengths: &Lengths) -> usize {
    lengths.as_slice().iter().sum()
}

/// The sum of the squares over `count`, in `f32` at least; 0 if that is 0.
fn mean_square(values: Tensor<3>, count: usize) -> Tensor<1> {
    let share = match count {
        0 => 0.0,
        _ => 1.0 / count as f64,
    };
    at_least_single(values).square().sum() * share
}
