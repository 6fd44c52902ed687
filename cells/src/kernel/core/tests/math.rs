//! Exponential, sigmoid and hyperbolic tangent against double precision.

use super::operands::Source;
use super::unit::Unit;
use crate::kernel::core::math::{exp, sigmoid, tanh};
use crate::kernel::core::simd::{Simd, Task};

/// What the module promises, relative to the exact value.
const RELATIVE_ERROR: f64 = 4e-7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Exp,
    Sigmoid,
    Tanh,
}

const FUNCTIONS: [Function; 3] = [Function::Exp, Function::Sigmoid, Function::Tanh];

impl Function {
    fn exact(self, x: f64) -> f64 {
        match self {
            Self::Exp => x.exp(),
            // As it stands, this loses nothing in double precision within what single precision can say.
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Tanh => x.tanh(),
        }
    }

    /// Where the error is promised to be small.
    fn is_exact_at(self, x: f32) -> bool {
        match self {
            Self::Exp | Self::Sigmoid => (-87.0..=88.0).contains(&x),
            Self::Tanh => !x.is_nan(),
        }
    }

    fn on(self, unit: Unit, values: &[f32]) -> Vec<f32> {
        unit.run(Map(self, values))
    }
}

/// A function of every number.
struct Map<'a>(Function, &'a [f32]);

impl Task for Map<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<f32> {
        let mut results = vec![0.0; self.1.len()];
        for (from, to) in self.1.chunks(S::LANES).zip(results.chunks_mut(S::LANES)) {
            // SAFETY: both have as many numbers as the chunk.
            unsafe {
                let x = s.load_first(from.as_ptr(), from.len());
                let y = match self.0 {
                    Function::Exp => exp(s, x),
                    Function::Sigmoid => sigmoid(s, x),
                    Function::Tanh => tanh(s, x),
                };
                s.store_first(to.as_mut_ptr(), y, to.len());
            }
        }
        results
    }
}

/// Checks every function on every unit: promised errors, numbers from numbers, and NaN from NaN.
fn hold(values: &[f32]) {
    for unit in Unit::all() {
        for function in FUNCTIONS {
            let results = function.on(unit, values);
            for (&x, &y) in values.iter().zip(&results) {
                let exact = function.exact(f64::from(x));
                assert_eq!(
                    x.is_nan(),
                    y.is_nan(),
                    "{unit:?}: {function:?}({x:?}) is {y:?}"
                );
                let off = (f64::from(y) - exact).abs();
                assert!(
                    !function.is_exact_at(x) || off <= RELATIVE_ERROR * exact.abs(),
                    "{unit:?}: {function:?}({x:?}) is {y:?}, and should be {exact:?}"
                );
            }
        }
    }
}

#[test]
fn errors_are_small_where_the_functions_bend() {
    let sweep = (-400_000..=400_000).map(|x| x as f32 * 2.5e-4);
    hold(&sweep.collect::<Vec<_>>());
}

#[test]
fn errors_are_small_over_all_magnitudes() {
    // An odd stride visits every exponent, both signs, and what is not a number.
    let bits = (0..u32::MAX).step_by(9973);
    hold(&bits.map(f32::from_bits).collect::<Vec<_>>());
    let mut source = Source(1);
    let random = (0..100_000).map(|_| f32::from_bits(source.bits() as u32));
    hold(&random.collect::<Vec<_>>());
}

#[test]
fn the_ends_are_where_the_functions_end() {
    let ends = [f32::INFINITY, 1e30, f32::MAX];
    let starts = ends.map(|x| -x);
    let tiny = [0.0, -0.0, 1e-45, -1e-45, 1e-39, f32::MIN_POSITIVE];
    hold(&[&ends[..], &starts, &tiny, &[f32::NAN, -f32::NAN]].concat());
    for unit in Unit::all() {
        let all = |function: Function, values: &[f32], good: &dyn Fn(f32) -> bool| {
            let results = function.on(unit, values);
            assert!(
                results.iter().all(|&y| good(y)),
                "{unit:?}: {function:?}({values:?}) is {results:?}"
            );
        };
        all(Function::Exp, &ends, &|y| (2e38..=f32::MAX).contains(&y));
        all(Function::Exp, &starts, &|y| (0.0..2e-38).contains(&y));
        all(Function::Sigmoid, &ends, &|y| y == 1.0);
        all(Function::Sigmoid, &starts, &|y| (0.0..2e-38).contains(&y));
        all(Function::Tanh, &ends, &|y| y == 1.0);
        all(Function::Tanh, &starts, &|y| y == -1.0);
        all(Function::Exp, &tiny, &|y| y == 1.0);
        all(Function::Sigmoid, &tiny, &|y| y == 0.5);
        assert_eq!(Function::Tanh.on(unit, &tiny), tiny, "{unit:?}");
    }
}
