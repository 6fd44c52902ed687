//! The kernels on every vector unit of this machine: against each other, and against exact arithmetic.
//!
//! Nothing here knows burn, so that these tests also run under a sanitiser, in a crate of their own.

mod case;
mod cross_entropy;
mod extremes;
mod math;
mod operands;
mod sequences;
mod teams;
mod unit;

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Checks a property on so many cases, always the same ones: what fails once fails again.
fn check<S: Strategy>(
    cases: u32,
    strategy: S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) where
    S::Value: Debug,
{
    let config = Config {
        cases,
        max_shrink_iters: 100,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    if let Err(error) = TestRunner::new_with_rng(config, rng).run(&strategy, property) {
        panic!("{error}");
    }
}
