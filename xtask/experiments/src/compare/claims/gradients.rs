//! How far back gradients reach in networks that have learned nothing.

use recurra_cells::{AnyCellConfig, LstmConfig, RecurrentConfig, SeededRng};
use recurra_datasets::DelayedRecall;
use recurra_train::SequenceClassifierConfig;
use recurra_train::diagnostics::StateGradients;

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{ChartData, Finding, Verdict};
use super::{KINDS, of_cell};
use crate::cells::CellKind;
use crate::error::Error;
use crate::training::streams::WEIGHTS;
use crate::vanishing_gradients::model;

/// The tokens to recall, those of noise, `E`, `H`, and how many sequences are read.
const SYMBOLS: u32 = 8;
const NOISE: u32 = 8;
const EMBEDDING: usize = 16;
const HIDDEN: usize = 64;
const SEQUENCES: usize = 64;
/// The largest slope of a sigmoid.
const SIGMOID: f64 = 0.25;

/// Plain and gated cells with their usual biases.
pub fn reach(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let mut gradients = Vec::new();
    for kind in KINDS {
        gradients.push((kind, follow(with, kind.config(HIDDEN))?));
    }
    let factors: Vec<f64> = gradients.iter().map(|it| it.1.decay_per_step()).collect();
    let figures = gradients.iter().flat_map(|(kind, gradients)| {
        [
            (of_cell(*kind, "factor_a_step"), gradients.decay_per_step()),
            (of_cell(*kind, "first_norm_ratio"), farthest(gradients)),
        ]
    });
    let curves = gradients.iter().map(|(kind, gradients)| {
        let norms = gradients.relative().into_iter().enumerate();
        let points = norms.map(|(distance, norm)| (distance as f64, norm));
        (kind.name().to_owned(), points.collect())
    });
    let chart = ChartData {
        title: "Norm of the gradient at the state before training, relative to the last step's"
            .to_owned(),
        x_label: "distance from the last step".to_owned(),
        x_log: false,
        y_log: true,
        curves: curves.collect(),
    };
    let holds = factors[0] < factors[1].min(factors[3]);
    let finding = Finding::new(
        Claim::GradientReach,
        "Before any training, gradients reach further back through an LSTM or a GRU than through an RNN.",
        figures.collect(),
        Verdict::of(holds),
        format!(
            "Holds if the factor that the norm changes by with each of {} steps is smaller for the RNN than for both. All have \
             orthogonal recurrent weights, the LSTM a forget bias of 1, the GRU an update bias of 0.",
            with.config.gradient_steps
        ),
    );
    Ok(finding.with_chart(chart))
}

/// An LSTM's forget bias of 0 and of 1.
pub fn forget_decay(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let mut factors = [0.0; 2];
    for (bias, factor) in [0.0, 1.0].into_iter().zip(&mut factors) {
        let cell = LstmConfig::new(HIDDEN).with_forget_bias(bias);
        *factor = follow(with, AnyCellConfig::Lstm(cell))?.decay_per_step();
    }
    let [without, with_bias] = factors;
    let figures = vec![
        ("bias_0_factor_a_step".to_owned(), without),
        ("bias_1_factor_a_step".to_owned(), with_bias),
    ];
    Ok(Finding::new(
        Claim::ForgetDecay,
        "An LSTM that starts with a forget bias of 0 loses half of its gradient with each step; a bias of 1 keeps more.",
        figures,
        Verdict::of((without - 0.5).abs() <= 0.1 && with_bias > without),
        "Holds if the factor a step is between 0.4 and 0.6 with a bias of 0, and larger with 1. The gate alone would give \
         sigmoid(0) = 0.5 and sigmoid(1) = 0.73.",
    ))
}

/// The bound that textbooks have for an RNN of sigmoids, and the RNN of today.
pub fn sigmoid_bound(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let steps = with.config.gradient_steps;
    let gradients = follow(with, CellKind::Rnn.config(HIDDEN))?;
    let factor = gradients.decay_per_step();
    let figures = vec![
        ("rnn_factor_a_step".to_owned(), factor),
        ("bound_factor_a_step".to_owned(), SIGMOID),
        ("rnn_first_norm_ratio".to_owned(), farthest(&gradients)),
        (
            "bound_first_norm_ratio".to_owned(),
            SIGMOID.powi(steps as i32 - 1),
        ),
    ];
    Ok(Finding::new(
        Claim::SigmoidBound,
        "The gradient of an RNN falls to a quarter with each step at best: by 0.25^T over T steps.",
        figures,
        Verdict::of(factor <= SIGMOID),
        "Holds if the factor a step is at most 0.25, the largest slope of a sigmoid (times recurrent weights of norm 1). The \
         cell has tanh, whose slope is up to 1.",
    ))
}

/// How the loss of a network of this cell depends on its state after each step.
fn follow(with: &Measuring<'_, '_>, cell: AnyCellConfig) -> Result<StateGradients, Error> {
    let device = with.trainer.device().clone().autodiff();
    let rng = &mut SeededRng::for_stream(with.seed, WEIGHTS);
    let mut task = DelayedRecall::new(with.seed, SYMBOLS, NOISE, with.config.gradient_steps);
    let network = RecurrentConfig::new(cell);
    let tokens = task.vocabulary_size();
    let classifier = SequenceClassifierConfig::new(tokens, EMBEDDING, network, SYMBOLS as usize);
    let classifier = classifier.init(&device, rng);
    model::gradients(&classifier, &task.batch(SEQUENCES))
}

/// The norm at the first step as a share of that at the last.
fn farthest(gradients: &StateGradients) -> f64 {
    gradients.relative().last().copied().unwrap_or(f64::NAN)
}
