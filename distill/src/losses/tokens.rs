//! From the padded steps of a tagger to rows.

use burn::tensor::{Int, Tensor};
use recurra_cells::Lengths;

/// The valid steps of `values [B, T, W]` as rows `[N, W]`, a text after the other.
///
/// # Panics
/// If the lengths are for another batch or number of steps, or no step is valid.
pub fn valid_tokens(values: Tensor<3>, lengths: &Lengths) -> Tensor<2> {
    let [batch, steps, width] = values.dims();
    assert_fits(lengths, [batch, steps]);
    let valid = lengths.valid_steps(&values.device());
    values.reshape([batch * steps, width]).select(0, valid)
}

/// The labels of the valid steps of `labels [B, T]`: `[N]`, in the order of [`valid_tokens`].
///
/// # Panics
/// If the lengths are for another batch or number of steps, or no step is valid.
pub fn valid_token_labels(labels: Tensor<2, Int>, lengths: &Lengths) -> Tensor<1, Int> {
    let [batch, steps] = labels.dims();
    assert_fits(lengths, [batch, steps]);
    let valid = lengths.valid_steps(&labels.device());
    labels.reshape([batch * steps]).select(0, valid)
}

fn assert_fits(lengths: &Lengths, shape: [usize; 2]) {
    let own = [lengths.as_slice().len(), lengths.steps()];
    assert_eq!(
        own, shape,
        "the lengths are for [B, T] = {own:?}, but the steps are {shape:?}"
    );
    assert!(
        lengths.longest() > 0,
        "a loss needs at least one valid step, got {shape:?} whose rows are all empty"
    );
}
