//! What clipping does where gradients explode.

use recurra_cells::{AnyCellConfig, Init, RnnConfig, WeightInit};
use recurra_train::{OptimizerKind, TrainingConfig};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::config::MAX_NORM;
use super::super::finding::{Finding, Verdict};
use crate::cells::CellKind;
use crate::error::Error;

/// The spectral radius that the recurrent weights have, about.
const GAIN: f64 = 2.0;
/// Of stochastic gradient descent. Adam takes the size of gradients out of its updates, clipped or not.
const LEARNING_RATE: f64 = 0.05;
/// Below which share of the other's an error is better.
const BETTER: f64 = 0.9;

/// An RNN with large recurrent weights, by gradient descent with and without clipping.
pub fn measure(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let distance = with.config.distance;
    let cell = explosive(with.hidden_size(CellKind::Rnn));
    let descent = |max_norm| TrainingConfig {
        optimizer: OptimizerKind::Sgd,
        max_norm,
        ..TrainingConfig::default()
    };
    let mut learn = |name, max_norm| {
        let told = (descent(max_norm), LEARNING_RATE);
        with.add((name, cell.clone()), distance, told)
    };
    let free = learn("rnn-free", f64::INFINITY)?;
    let clipped = learn("rnn-clipped", MAX_NORM)?;
    let diverged = f64::from(u8::from(!free.error().is_finite()));
    let figures = vec![
        ("free_largest_norm".to_owned(), free.largest_norm),
        ("clipped_largest_norm".to_owned(), clipped.largest_norm),
        ("free_diverged_count".to_owned(), diverged),
        ("free_mse".to_owned(), free.error()),
        ("clipped_mse".to_owned(), clipped.error()),
    ];
    Ok(Finding::new(
        Claim::Clipping,
        "Where gradients explode, an RNN learns better if their norm is clipped.",
        figures,
        Verdict::of(clipped.error() < BETTER * free.error()),
        format!(
            "Holds if the error of the adding problem over {distance} steps is below {BETTER} of that without clipping, or that \
             diverges; recurrent weights N(0, {GAIN}^2/H), gradient descent at {LEARNING_RATE}, clipped to a norm of {MAX_NORM} \
             or not at all, {} updates. Norms are before clipping, and left out where not finite.",
            with.config.updates
        ),
    ))
}

fn explosive(size: usize) -> AnyCellConfig {
    let std = GAIN / (size as f64).sqrt();
    let init = WeightInit {
        recurrent: Init::Normal { std },
        ..WeightInit::default()
    };
    AnyCellConfig::Rnn(RnnConfig::new(size).with_init(init))
}
