//! Cross-entropies and their gradients against double precision.

use proptest::prelude::*;

use super::operands::{Numbers, Source};
use super::unit::Unit;
use super::{case, check};
use crate::kernel::core::cross_entropy::{Backward, Forward, Rows, Softmax, backward, forward};

/// How far a cross-entropy may be off, relative to itself or to 1, whichever is more.
const TOLERANCE: f64 = 3e-6;

#[derive(Clone, Debug)]
struct Logits {
    logits: Numbers,
    labels: Vec<u32>,
    smoothing: f32,
    d_nats: Numbers,
}

impl Logits {
    fn classes(&self) -> usize {
        self.logits.len() / self.labels.len()
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            logits: &self.logits,
            labels: &self.labels,
            smoothing: self.smoothing,
        }
    }

    /// Cross-entropies and gradients by one unit.
    fn on(&self, unit: Unit) -> (Numbers, Numbers) {
        let rows = self.rows();
        let mut nats = Numbers::unwritten(self.labels.len());
        let mut softmax = vec![Softmax::default(); self.labels.len()];
        unit.run(Forward {
            rows,
            nats: &mut nats,
            softmax: &mut softmax,
        });
        let mut d_logits = Numbers::unwritten(self.logits.len());
        unit.run(Backward {
            rows,
            softmax: &softmax,
            d_nats: &self.d_nats,
            d_logits: &mut d_logits,
        });
        (nats, d_logits)
    }

    /// The cross-entropy of a row, and its gradient before it is multiplied by that of the loss.
    fn exact(&self, row: usize) -> (f64, Vec<f64>) {
        let classes = self.classes();
        let logits = &self.logits[row * classes..][..classes];
        let logits: Vec<f64> = logits.iter().copied().map(f64::from).collect();
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|x| (x - largest).exp()).sum();
        let log_sum = largest + sum.ln();
        let (label, smoothing) = (self.labels[row] as usize, f64::from(self.smoothing));
        let share = |class: usize| {
            let own = if class == label { 1.0 - smoothing } else { 0.0 };
            own + smoothing / classes as f64
        };
        let nats = (0..classes).map(|class| share(class) * (log_sum - logits[class]));
        let gradient = (0..classes).map(|class| (logits[class] - log_sum).exp() - share(class));
        (nats.sum(), gradient.collect())
    }
}

fn strategy() -> impl Strategy<Value = Logits> {
    let classes = prop_oneof![1..40usize, Just(257usize)];
    let smoothing = prop_oneof![Just(0.0_f32), Just(1.0_f32), 0.0..1.0_f32];
    let scale = prop_oneof![Just(1.0_f32), Just(20.0_f32), Just(1000.0_f32)];
    (1..6usize, classes, smoothing, scale, any::<u64>()).prop_map(
        |(rows, classes, smoothing, scale, seed)| {
            let mut source = Source(seed);
            Logits {
                logits: source.uniform(rows * classes, scale),
                labels: (0..rows)
                    .map(|_| (source.bits() % classes as u64) as u32)
                    .collect(),
                smoothing,
                d_nats: source.uniform(rows, 2.0),
            }
        },
    )
}

#[test]
fn every_unit_is_close_to_exact() {
    check(300, strategy(), |case| {
        for unit in Unit::all() {
            let (nats, d_logits) = case.on(unit);
            for (row, d_row) in d_logits.chunks(case.classes()).enumerate() {
                let (exact, gradient) = case.exact(row);
                let off = (f64::from(nats[row]) - exact).abs();
                prop_assert!(
                    off <= TOLERANCE * exact.max(1.0),
                    "{unit:?}: {} is not {exact}",
                    nats[row]
                );
                for (&d, exact) in d_row.iter().zip(gradient) {
                    let exact = exact * f64::from(case.d_nats[row]);
                    let off = (f64::from(d) - exact).abs();
                    prop_assert!(off <= TOLERANCE, "{unit:?}: {d} is not {exact}");
                }
            }
        }
        Ok(())
    });
}

#[test]
fn threads_change_no_bit() {
    let _turn = case::turn();
    check(100, strategy(), |case| {
        let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let on = |threads| {
            let (nats, softmax) = forward(case.rows(), threads);
            let d_logits = backward(case.rows(), &softmax, &case.d_nats, threads);
            (bits(&nats), bits(&d_logits))
        };
        prop_assert_eq!(on(1), on(3));
        Ok(())
    });
}

/// One row of five classes, the second of which is right.
fn one_row(logits: [f32; 5], d_nats: f32) -> Logits {
    Logits {
        logits: Numbers::new(logits),
        labels: vec![1],
        smoothing: 0.0,
        d_nats: Numbers::new([d_nats]),
    }
}

#[test]
fn a_class_that_cannot_be_has_no_gradient() {
    let case = one_row([f32::NEG_INFINITY, 0.5, f32::NEG_INFINITY, 0.5, -1e30], 1.0);
    for unit in Unit::all() {
        let (nats, d_logits) = case.on(unit);
        assert!(
            (nats[0] - std::f32::consts::LN_2).abs() < 1e-6,
            "{unit:?}: {nats:?}"
        );
        for (d, expected) in d_logits.iter().zip([0.0, -0.5, 0.0, 0.5, 0.0]) {
            assert!((d - expected).abs() < 1e-6, "{unit:?}: {d_logits:?}");
        }
    }
}

#[test]
fn what_is_not_a_number_shows_unless_nothing_depends_on_it() {
    for place in 0..5 {
        let mut logits = [1.0; 5];
        logits[place] = f32::NAN;
        for unit in Unit::all() {
            let (nats, d_logits) = one_row(logits, 1.0).on(unit);
            assert!(nats[0].is_nan(), "{unit:?}: {nats:?}");
            assert!(
                d_logits.iter().all(|d| d.is_nan()),
                "{unit:?}: {d_logits:?}"
            );
            let (_, d_logits) = one_row(logits, 0.0).on(unit);
            assert_eq!(d_logits[..], [0.0; 5], "{unit:?}");
        }
    }
}
