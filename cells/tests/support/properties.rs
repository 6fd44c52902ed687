//! Properties, checked on as many cases as a device affords.

#[path = "devices.rs"]
mod devices;

use std::ops::RangeInclusive;

use burn::tensor::Device;
use devices::launches_kernels;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Sizes to draw from: 1, odd ones, and ones beyond a vector register.
pub fn small(device: &Device) -> RangeInclusive<usize> {
    if launches_kernels(device) {
        1..=6
    } else {
        1..=17
    }
}

/// Checks a property on as many cases as the device affords.
pub fn check<S: Strategy>(
    device: &Device,
    strategy: S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let (cases, max_shrink_iters) = if launches_kernels(device) {
        (3, 0)
    } else {
        (16, 100)
    };
    let config = Config {
        cases,
        max_shrink_iters,
        failure_persistence: None,
        ..Config::default()
    };
    // A fixed seed: what fails once fails again.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    if let Err(error) = TestRunner::new_with_rng(config, rng).run(&strategy, property) {
        panic!("{error}");
    }
}
