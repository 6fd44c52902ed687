//! The steps of a padded batch that count.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use recurra_cells::Lengths;

/// The logits `[N, V]` and the labels `[N]` of the `N` valid steps.
pub(super) fn valid_steps(
    logits: Tensor<3>,
    labels: Tensor<2, Int>,
    lengths: Option<Lengths>,
) -> (Tensor<2>, Tensor<1, Int>) {
    let (dims, own) = (logits.dims(), labels.dims());
    let [batch, steps, classes] = dims;
    assert_eq!(
        own,
        [batch, steps],
        "the labels are {own:?}, but the logits are {dims:?}"
    );
    let logits = logits.reshape([batch * steps, classes]);
    let labels = labels.reshape([batch * steps]);
    let Some(lengths) = lengths else {
        return (logits, labels);
    };
    assert_lengths(&lengths, dims);
    assert!(
        lengths.longest() > 0,
        "a mean needs at least one valid step, got logits {dims:?} whose rows are all empty"
    );
    let valid = lengths.valid_steps(&logits.device());
    (logits.select(0, valid.clone()), labels.select(0, valid))
}

pub(super) fn assert_lengths(lengths: &Lengths, logits: [usize; 3]) {
    let own = [lengths.as_slice().len(), lengths.steps()];
    assert_eq!(
        own,
        [logits[0], logits[1]],
        "the lengths are for [B, T] = {own:?}, but the logits are {logits:?}"
    );
}

/// Where there is nothing to see, `[B, T]`, if there is such a place. A row of length 0 keeps its first step, where the
/// outputs are zero: there is no maximum of nothing, and no softmax.
pub(super) fn padding(lengths: Option<&Lengths>, device: &Device) -> Option<Tensor<2, Bool>> {
    let lengths = lengths.filter(|lengths| lengths.shortest() < lengths.steps())?;
    let (rows, steps) = (lengths.as_slice(), lengths.steps());
    let padding: Vec<bool> = rows
        .iter()
        .flat_map(|&length| (0..steps).map(move |step| step >= length.max(1)))
        .collect();
    let data = TensorData::new(padding, [rows.len(), steps]);
    Some(Tensor::from_data(data, device))
}
