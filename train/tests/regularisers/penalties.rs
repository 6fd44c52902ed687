//! Activation regularisation and its temporal kind.

use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::{Lengths, SeededRng};
use recurra_train::{activation_penalty, temporal_activation_penalty};

use super::{close, values};

/// The penalties of `[B, T, H]`, number by number.
fn by_hand(outputs: &[f64], [_, steps, width]: [usize; 3], lengths: &[usize]) -> [f64; 2] {
    let at = |row: usize, step: usize, unit: usize| outputs[(row * steps + step) * width + unit];
    let (mut squares, mut changes) = (vec![], vec![]);
    for (row, &length) in lengths.iter().enumerate() {
        for step in 0..length {
            for unit in 0..width {
                squares.push(at(row, step, unit).powi(2));
                if step > 0 {
                    changes.push((at(row, step, unit) - at(row, step - 1, unit)).powi(2));
                }
            }
        }
    }
    [squares, changes].map(|all| all.iter().sum::<f64>() / all.len().max(1) as f64)
}

fn penalties_are_means_over_what_is_valid(device: &Device) {
    let device = device.clone().autodiff();
    let sizes = (
        1..=4_usize,
        1..=7_usize,
        1..=9_usize,
        any::<bool>(),
        any::<u64>(),
    );
    proptest!(ProptestConfig::with_cases(24), |((batch, steps, width, padded, seed) in sizes)| {
        let (mut rng, shape) = (SeededRng::new(seed), [batch, steps, width]);
        let mut lengths = vec![steps; batch];
        if padded {
            lengths.iter_mut().for_each(|length| *length = rng.below(steps + 1));
        }
        let mut numbers: Vec<f64> = (0..batch * steps * width).map(|_| rng.normal()).collect();
        let expected = by_hand(&numbers, shape, &lengths);
        for (index, number) in numbers.iter_mut().enumerate() {
            let (row, step) = (index / (steps * width), index / width % steps);
            if step >= lengths[row] {
                *number = f64::NAN;
            }
        }
        let outputs = Tensor::<3>::from_data(TensorData::new(numbers, shape), &device).require_grad();
        let valid = Lengths::new(lengths.clone(), steps).expect("within the steps");
        let valid = padded.then_some(&valid);
        let penalties = [activation_penalty, temporal_activation_penalty];
        for (penalty, expected) in penalties.into_iter().zip(expected) {
            let penalty = penalty(outputs.clone(), valid);
            close(&values(penalty.clone()), &[expected])?;
            let gradient = outputs.grad(&penalty.backward()).map(values).unwrap_or_default();
            for (index, value) in gradient.into_iter().enumerate() {
                let (row, step) = (index / (steps * width), index / width % steps);
                prop_assert!(value.is_finite() && (step < lengths[row] || value == 0.0));
            }
        }
    });
}

recurra_cells::cpu_tests!(penalties_are_means_over_what_is_valid);
