//! A language model of letters in burn-train's learner: metrics, early stopping, checkpoints and summary are burn's, the
//! state that flows from window to window is ours.
//!
//! `cargo run -p recurra-train --example learner --features learner,flex FOLDER` writes into the folder.

use std::{env, error::Error};

use burn::optim::AdamConfig;
use burn::tensor::Device;
use burn_train::metric::store::{Aggregate, Direction, Split};
use burn_train::metric::{LossMetric, PerplexityMetric};
use burn_train::{Learner, MetricEarlyStoppingStrategy, StoppingCondition, SupervisedTraining};
use recurra_cells::{LstmConfig, RecurrentConfig, SeededRng};
use recurra_train::learner::{Learnable, StrategyConfig, TruncatedBpttStrategy, window_loader};
use recurra_train::schedule::{Cosine, Schedule};
use recurra_train::{LanguageModelConfig, ScheduledRate, TokenWindow};

const TEXT: &str =
    "the cat sat on the mat and the rat sat on the cat and ate the rat that sat on the mat ";
const STEPS: usize = 32;
const EPOCHS: usize = 10;

/// The text as one row, a window after the other: the letters, and for each the one behind it.
fn windows(text: &str) -> Vec<TokenWindow> {
    let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
    let row = |first: usize| tokens[first..first + STEPS].to_vec();
    let window = |start| TokenWindow::new(row(start), row(start + 1), [1, STEPS]);
    let starts = (0..tokens.len() - STEPS).step_by(STEPS);
    starts.map(window).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("expected a folder, got none")?;
    let (train, valid) = (windows(&TEXT.repeat(8)), windows(&TEXT.repeat(2)));
    let config = LanguageModelConfig::new(128, 16, RecurrentConfig::new(LstmConfig::new(32)));
    let model = config.init(&Device::flex(), &mut SeededRng::new(1));
    let rate = ScheduledRate::new(Schedule::Cosine(Cosine::new(EPOCHS * train.len())), 0.02)?;
    let learner = Learner::new(Learnable::new(model), AdamConfig::new().init(), rate);
    let config = StrategyConfig {
        max_norm: 1.0,
        ..StrategyConfig::default()
    };
    let stalled = MetricEarlyStoppingStrategy::new(
        &LossMetric::new(),
        Aggregate::Mean,
        Direction::Lowest,
        Split::Valid,
        StoppingCondition::NoImprovementSince { n_epochs: 2 },
    );
    let result = SupervisedTraining::new(folder, window_loader(train), window_loader(valid))
        .metrics((LossMetric::new(), PerplexityMetric::new()))
        .num_epochs(EPOCHS)
        .early_stopping(stalled)
        .with_default_checkpointers()
        .with_training_strategy(TruncatedBpttStrategy::new(config, 1)?.into())
        .summary()
        .launch(learner);
    println!("trained:\n{}", result.model.into_inner());
    Ok(())
}
