//! The fused cross-entropy against burn's operations: the same values and gradients, and where it is to be had.
#![cfg(feature = "fused")]

#[path = "support/close.rs"]
mod close;
#[path = "support/properties.rs"]
mod properties;

use std::panic::catch_unwind;

use burn::tensor::{DType, Device, Int, Tensor, TensorData, activation};
use close::{assert_close, values};
use properties::{check, small};
use proptest::prelude::*;
use recurra_cells::kernel::{Path, cross_entropy, with_path};
use recurra_cells::{SeededRng, cpu_tests};

#[derive(Clone, Debug)]
struct Case {
    rows: usize,
    classes: usize,
    smoothing: f64,
    /// Whether the logits lie in memory column by column.
    transposed: bool,
    seed: u64,
}

fn cases(device: &Device) -> impl Strategy<Value = Case> + use<> {
    let classes = prop_oneof![small(device), Just(129usize)];
    let smoothing = prop_oneof![Just(0.0), 0.0..1.0];
    (
        small(device),
        classes,
        smoothing,
        any::<bool>(),
        any::<u64>(),
    )
        .prop_map(|(rows, classes, smoothing, transposed, seed)| Case {
            rows,
            classes,
            smoothing,
            transposed,
            seed,
        })
}

fn normal<const D: usize>(rng: &mut SeededRng, dims: [usize; D], device: &Device) -> Tensor<D> {
    let numbers = (0..dims.iter().product()).map(|_| 3.0 * rng.normal() as f32);
    Tensor::from_data(TensorData::new(numbers.collect(), dims), device)
}

fn labels(labels: Vec<i64>, device: &Device) -> Tensor<1, Int> {
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), device)
}

/// What the fused operation is compared with.
fn reference(logits: Tensor<2>, labels: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
    let nats = activation::log_softmax(logits, 1).neg();
    let own = nats.clone().gather(1, labels.unsqueeze_dim(1));
    (own * (1.0 - smoothing) + nats.mean_dim(1) * smoothing).squeeze_dim(1)
}

/// The cross-entropies of a case and the gradient of its logits, where some rows do not count.
fn trace(
    case: &Case,
    device: &Device,
    cross_entropy: impl Fn(Tensor<2>, Tensor<1, Int>, f64) -> Tensor<1>,
) -> [Vec<f32>; 2] {
    let device = device.clone().autodiff();
    let mut rng = SeededRng::new(case.seed);
    let dims = match case.transposed {
        true => [case.classes, case.rows],
        false => [case.rows, case.classes],
    };
    let leaf = normal(&mut rng, dims, &device).require_grad();
    let logits = match case.transposed {
        true => leaf.clone().transpose(),
        false => leaf.clone(),
    };
    let right = (0..case.rows).map(|_| rng.below(case.classes) as i64);
    let right = labels(right.collect(), &device);
    let counts = (0..case.rows).map(|row| (row % 3) as f32);
    let counts = TensorData::new(counts.collect(), [case.rows]);
    let nats = cross_entropy(logits, right, case.smoothing);
    let loss = (nats.clone() * Tensor::from_data(counts, &device)).sum();
    let gradients = loss.backward();
    let gradient = leaf.grad(&gradients).expect("the logits are in the graph");
    [values(&nats), values(&gradient)]
}

fn fused_equals_reference(device: &Device) {
    check(device, cases(device), |case| {
        let fused = trace(&case, device, |logits, labels, smoothing| {
            cross_entropy(&logits, &labels, smoothing).expect("single precision on the host")
        });
        let expected = trace(&case, device, reference);
        for (what, (got, expected)) in ["values", "gradients"]
            .iter()
            .zip(fused.iter().zip(&expected))
        {
            // What is 0 but for rounding has no largest entry.
            let shift = |numbers: &[f32]| [&[1.0], numbers].concat();
            assert_close(what, &shift(got), &shift(expected));
        }
        Ok(())
    });
}

fn without_a_graph_the_values_are_the_same(device: &Device) {
    let logits = normal(&mut SeededRng::new(1), [5, 40], device);
    let right = labels(vec![0, 39, 7, 7, 20], device);
    let tracked = Tensor::from_data(logits.to_data(), &device.clone().autodiff()).require_grad();
    let own = cross_entropy(&logits, &right, 0.1).expect("single precision on the host");
    let right = labels(vec![0, 39, 7, 7, 20], &device.clone().autodiff());
    let in_graph = cross_entropy(&tracked, &right, 0.1).expect("single precision on the host");
    assert_eq!(values(&own), values(&in_graph));
}

fn a_label_out_of_range_is_named(device: &Device) {
    for label in [3, -1] {
        let device = device.clone();
        let refused = catch_unwind(move || {
            cross_entropy(
                &Tensor::ones([2, 3], &device),
                &labels(vec![0, label], &device),
                0.0,
            )
        });
        let message = *refused
            .expect_err("out of range")
            .downcast::<String>()
            .unwrap();
        assert_eq!(
            message,
            format!("the label of row 1 is {label}, but there are 3 classes")
        );
    }
}

/// Whether there is a fused cross-entropy of such logits.
fn is_there(rows: usize, dtype: DType, device: &Device) -> bool {
    let logits = Tensor::<2>::ones([rows, 3], (device, dtype));
    cross_entropy(&logits, &labels(vec![1; rows], device), 0.0).is_some()
}

fn the_rule_decides(device: &Device) {
    assert!(is_there(2, DType::F32, device));
    assert!(!is_there(2, DType::F64, device));
    assert!(!is_there(0, DType::F32, device));
    assert!(!with_path(Path::Stepwise, || is_there(
        2,
        DType::F32,
        device
    )));
}

cpu_tests!(
    fused_equals_reference,
    without_a_graph_the_values_are_the_same,
    a_label_out_of_range_is_named,
    the_rule_decides,
);

#[test]
#[cfg_attr(
    not(feature = "wgpu"),
    ignore = "this build leaves the device's feature off"
)]
fn there_is_none_on_wgpu() {
    #[cfg(feature = "wgpu")]
    assert!(!is_there(2, DType::F32, &Device::wgpu(Default::default())));
}
