//! The cross-entropy of logits as one operation, with a backward pass of its own.

#[cfg(any(feature = "flex", feature = "ndarray"))]
mod op;

use burn::tensor::{DType, Int, Tensor};

use super::path::{Path, path};
use super::unroll::on_host;
#[cfg(any(feature = "flex", feature = "ndarray"))]
use op::run;

/// The cross-entropy of each row of `logits [N, V]` against `labels [N]` in nats, `[N]`: `log(sum(exp(logits))) - target`, where
/// the target is `(1 - smoothing) * logits[label] + smoothing * mean(logits)` (Szegedy et al. 2016). The logits are read twice,
/// and nothing of their size is kept for the gradient; a row whose cross-entropy no gradient reaches has none itself, even
/// where its logits are not finite.
///
/// None where this is not computed as one operation: on other devices than flex and ndarray, for other numbers than `f32`, for
/// no rows at all, and where [`path`] says so. Results do not depend on the number of threads.
///
/// # Panics
///
/// If there is not one label for each row, or one is not in `0..V`, or `smoothing` is not in `[0, 1]`.
pub fn cross_entropy(
    logits: &Tensor<2>,
    labels: &Tensor<1, Int>,
    smoothing: f64,
) -> Option<Tensor<1>> {
    let [rows, classes] = logits.dims();
    let [count] = labels.dims();
    assert_eq!(
        count, rows,
        "the labels are [{count}], but the logits are [{rows}, {classes}]"
    );
    assert!(
        (0.0..=1.0).contains(&smoothing),
        "smoothing must be in [0, 1], got {smoothing}"
    );
    let on_host = logits.dtype() == DType::F32 && on_host(&logits.device());
    let fits = rows > 0 && on_host && path() == Path::Fused;
    fits.then(|| {
        run(
            logits.clone(),
            on_the_host(labels, classes),
            smoothing as f32,
        )
    })
}

fn on_the_host(labels: &Tensor<1, Int>, classes: usize) -> Vec<u32> {
    let label = |(row, label): (usize, i64)| match u32::try_from(label) {
        Ok(label) if (label as usize) < classes => label,
        _ => panic!("the label of row {row} is {label}, but there are {classes} classes"),
    };
    let labels = labels.to_data();
    labels.iter::<i64>().enumerate().map(label).collect()
}

#[cfg(not(any(feature = "flex", feature = "ndarray")))]
fn run(_: Tensor<2>, _: Vec<u32>, _: f32) -> Tensor<1> {
    unreachable!("no device of this build has the fused path")
}
