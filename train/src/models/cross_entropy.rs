//! How far logits are from labels.

use burn::tensor::{Int, Tensor, activation};
use recurra_cells::kernel;

use crate::at_least_single;

/// The mean cross-entropy of `logits [N, V]` against `labels [N]`, in nats: `[1]`.
pub(super) fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    cross_entropies(logits, labels, 0.0).mean()
}

/// The cross-entropy of each row of `logits [N, V]` against `labels [N]`, in nats: `[N]`. A share `smoothing` of every target,
/// in `[0, 1)`, is spread evenly over all labels (Szegedy et al. 2016).
pub(super) fn cross_entropies(
    logits: Tensor<2>,
    labels: Tensor<1, Int>,
    smoothing: f64,
) -> Tensor<1> {
    assert_labels(&logits, &labels);
    let logits = at_least_single(logits);
    if let Some(nats) = kernel::cross_entropy(&logits, &labels, smoothing) {
        return nats;
    }
    let nats = activation::log_softmax(logits, 1).neg();
    let own = nats.clone().gather(1, labels.unsqueeze_dim(1));
    let nats = match smoothing {
        0.0 => own,
        share => own * (1.0 - share) + nats.mean_dim(1) * share,
    };
    nats.squeeze_dim(1)
}

/// The share of `labels [N]` that `logits [N, V]` are highest at.
pub(super) fn accuracy(logits: Tensor<2>, labels: Tensor<1, Int>) -> f64 {
    assert_labels(&logits, &labels);
    let [rows] = labels.dims();
    let predicted = logits.argmax(1).squeeze_dim::<1>(1);
    let hits = predicted.equal(labels).int().sum().into_scalar::<i64>();
    hits as f64 / rows as f64
}

fn assert_labels(logits: &Tensor<2>, labels: &Tensor<1, Int>) {
    let ([rows, classes], [count]) = (logits.dims(), labels.dims());
    assert_eq!(
        count, rows,
        "the labels are [{count}], but the logits are [{rows}, {classes}]"
    );
}
