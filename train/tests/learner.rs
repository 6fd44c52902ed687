//! Truncated backpropagation in burn-train's learner, beside the same steps made by hand.

#![cfg(feature = "learner")]

mod corpus;
#[path = "learner/stopping.rs"]
mod stopping;
#[path = "learner/told.rs"]
mod told;

use std::path::Path;

use burn::optim::{AdamConfig, ModuleOptimizer, SgdConfig};
use burn::tensor::Device;
use burn_train::metric::{IterationSpeedMetric, LearningRateMetric, LossMetric, PerplexityMetric};
use burn_train::{Learner, LearningResult, SupervisedTraining};
use corpus::{any_model, weights, windows};
use recurra_cells::{AnyCell, Lengths, SeededRng};
use recurra_train::learner::{
    Learnable, SequenceLearner, StrategyConfig, TruncatedBpttStrategy, window_loader,
};
use recurra_train::{
    DropoutRates, LanguageModel, OptimizerKind, Regularization, Schedule, ScheduledRate,
    TokenWindow, TrainingConfig, TruncatedBptt, evaluate, schedule,
};
use told::Told;

const SEED: u64 = 5;
/// Gradients that are divided before they are clipped, and not after, differ by this much relative to weights of about 1.
const TOLERANCE: f32 = 1e-6;
const LOSS_TOLERANCE: f64 = 1e-5;

type Model = Learnable<LanguageModel<AnyCell>>;

/// A training with metrics that draws nothing.
fn training<M: SequenceLearner>(
    folder: &Path,
    [train, valid]: [Vec<M::Window>; 2],
    config: StrategyConfig,
    told: &Told,
) -> SupervisedTraining<M>
where
    M::Window: Clone + std::fmt::Debug + Send + Sync,
{
    let strategy = TruncatedBpttStrategy::new(config, SEED).expect("the configuration is in range");
    SupervisedTraining::new(folder, window_loader(train), window_loader(valid))
        .metrics((LossMetric::new(), PerplexityMetric::new()))
        .with_training_strategy(strategy.into())
        .with_application_logger(None)
        .renderer(Box::new(told.clone()))
}

/// Epochs on the tiny text, with nothing kept.
fn train(
    model: LanguageModel<AnyCell>,
    windows: Vec<TokenWindow>,
    config: StrategyConfig,
    epochs: usize,
    rate: f64,
) -> (LearningResult<Model>, Told) {
    let (folder, told) = (tempfile::tempdir().expect("a folder"), Told::default());
    let result = training(folder.path(), [windows.clone(), windows], config, &told)
        .num_epochs(epochs)
        .launch(descending(model, rate));
    (result, told)
}

/// A learner whose steps are the gradients themselves.
fn descending(model: LanguageModel<AnyCell>, rate: f64) -> Learner<Model> {
    Learner::new(Learnable::new(model), SgdConfig::new().init(), rate)
}

fn assert_close(left: &[f32], right: &[f32]) {
    assert_eq!(left.len(), right.len());
    for (index, (l, r)) in left.iter().zip(right).enumerate() {
        let close = (l - r).abs() <= TOLERANCE * (1.0 + r.abs());
        assert!(close, "weight {index} is {l}, expected {r}");
    }
}

fn assert_losses(left: &[f64], right: &[f64]) {
    assert_eq!(left.len(), right.len(), "{left:?} {right:?}");
    for (l, r) in left.iter().zip(right) {
        assert!((l - r).abs() < LOSS_TOLERANCE, "{left:?} {right:?}");
    }
}

fn the_loss_falls(device: &Device) {
    let (folder, told) = (tempfile::tempdir().expect("a folder"), Told::default());
    let all = || windows(4, 8);
    let config = StrategyConfig {
        max_norm: 1.0,
        ..StrategyConfig::default()
    };
    let before = evaluate(&any_model(device, 1), all());
    let model = Learnable::new(any_model(device, 1));
    let result = training(folder.path(), [all(), all()], config, &told)
        .metrics((LearningRateMetric::new(), IterationSpeedMetric::new()))
        .num_epochs(6)
        .summary()
        .launch(Learner::new(model, AdamConfig::new().init(), 1e-2));
    assert!(result.error.is_none() && result.interrupted.is_none());
    let after = evaluate(result.model.inner(), all());
    assert!(after < 0.8 * before, "{before} to {after}");
    let valid = told.epochs("valid", "Loss");
    assert!(
        (valid[5] - after).abs() < LOSS_TOLERANCE,
        "{valid:?} {after}"
    );
    assert_eq!(told.epochs("train", "Learning Rate"), [1e-2; 6]);
    assert_eq!(told.book().finished_epochs, [1, 2, 3, 4, 5, 6]);
    let summary = told.book().summary.clone().expect("it was asked for");
    assert!(summary.contains("Perplexity"), "{summary}");
}

/// Windows of `batch` rows and `steps`, every third of which ends early in its first row.
fn uneven(batch: usize, steps: usize) -> Vec<TokenWindow> {
    let shortened = |(index, window): (usize, TokenWindow)| {
        let mut lengths = vec![window.steps(); batch];
        if index % 3 == 1 {
            lengths[0] = window.steps().div_ceil(2);
        }
        let lengths = Lengths::new(lengths, window.steps()).expect("rows of the window");
        window.with_lengths(lengths)
    };
    windows(batch, steps)
        .into_iter()
        .enumerate()
        .map(shortened)
        .collect()
}

/// Windows of one step a row and of several, one update a window and one of several, with clipping and dropout or without.
fn it_makes_the_steps_of_truncated_backpropagation(device: &Device) {
    let dropout = DropoutRates {
        recurrent_weights: 0.2,
        ..DropoutRates::uniform(0.1)
    };
    let penalised = Regularization {
        dropout,
        activation: 2.0,
        temporal_activation: 1.0,
    };
    let schedule = Schedule::Exponential(schedule::Exponential::new(0.9));
    let rate = ScheduledRate::new(schedule, 2.0).expect("in range");
    for (shape, accumulation, max_norm, max_value, regularization) in [
        (
            [4, 8],
            1,
            f64::INFINITY,
            f64::INFINITY,
            Regularization::NONE,
        ),
        ([3, 7], 1, 0.3, f64::INFINITY, penalised),
        ([4, 9], 2, f64::INFINITY, f64::INFINITY, dropout.into()),
        ([1, 100], 3, 0.2, 0.05, Regularization::NONE),
        ([40, 1], 4, 0.5, f64::INFINITY, penalised),
    ] {
        let all = || uneven(shape[0], shape[1]);
        let config = StrategyConfig {
            max_norm,
            max_value,
            regularization,
            ..StrategyConfig::default()
        };
        let (folder, told) = (tempfile::tempdir().expect("a folder"), Told::default());
        let learner = Learnable::new(any_model(device, 1));
        let result = training(folder.path(), [all(), all()], config, &told)
            .num_epochs(2)
            .grads_accumulation(accumulation)
            .launch(Learner::new(learner, SgdConfig::new().init(), rate.clone()));

        let config = TrainingConfig {
            optimizer: OptimizerKind::Sgd,
            max_norm,
            max_value,
            regularization,
            ..TrainingConfig::default()
        };
        let (mut model, mut updates, mut losses) = (any_model(device, 1), 0, Vec::new());
        for epoch in 1..=2 {
            let rng = SeededRng::for_stream(SEED, epoch);
            let mut by_hand = TruncatedBptt::new(model, config, rng).expect("in range");
            for windows in all().chunks(accumulation) {
                let report = by_hand.train_windows(windows, rate.at(updates));
                losses.push(report.expect("it is stable").loss);
                updates += 1;
            }
            model = by_hand.model().clone();
        }
        assert_close(&weights(result.model.inner()), &weights(&model));
        if accumulation == 1 {
            assert_losses(&told.windows("train", "Loss"), &losses);
        }
    }
}

/// The losses of windows that each begin at the initial state.
fn fresh(model: &LanguageModel<AnyCell>, windows: Vec<TokenWindow>) -> Vec<f64> {
    windows
        .into_iter()
        .map(|window| evaluate(model, [window]))
        .collect()
}

/// The same windows with and without a state to go on from have other losses, in training and in validation.
fn the_state_is_carried_until_rows_begin(device: &Device) {
    let model = any_model(device, 1);
    let all = windows(4, 8);
    let begin = |window: TokenWindow| window.with_beginnings(vec![true; 4]);
    let begun: Vec<TokenWindow> = all.clone().into_iter().map(begin).collect();
    let alone = fresh(&model, all.clone());
    let (_, carried) = train(
        model.clone(),
        all.clone(),
        StrategyConfig::default(),
        2,
        0.0,
    );
    let (_, reset) = train(model.clone(), begun, StrategyConfig::default(), 2, 0.0);
    for split in ["train", "valid"] {
        let (carried, reset) = (carried.windows(split, "Loss"), reset.windows(split, "Loss"));
        assert_losses(&reset, &alone.repeat(2));
        let (first, second) = carried.split_at(all.len());
        assert_losses(first, second);
        assert!((first[0] - alone[0]).abs() < LOSS_TOLERANCE);
        for (carried, alone) in first.iter().zip(&alone).skip(1) {
            assert!((carried - alone).abs() > 10.0 * LOSS_TOLERANCE, "{split}");
        }
    }
    let (carried, whole) = (carried.epochs("valid", "Loss"), evaluate(&model, all));
    assert_losses(&carried, &[whole; 2]);
}

/// An epoch's metrics are means over valid steps, however windows are filled.
fn metrics_count_valid_steps(device: &Device) {
    let model = any_model(device, 1);
    let windows = uneven(3, 10);
    let whole = evaluate(&model, windows.clone());
    let (_, told) = train(model, windows, StrategyConfig::default(), 1, 0.0);
    for split in ["train", "valid"] {
        assert_losses(&told.epochs(split, "Loss"), &[whole]);
        let perplexity = told.epochs(split, "Perplexity")[0].ln();
        assert!(
            (perplexity - whole).abs() < LOSS_TOLERANCE,
            "{perplexity} {whole}"
        );
        for (loss, perplexity) in told
            .windows(split, "Loss")
            .iter()
            .zip(told.windows(split, "Perplexity"))
        {
            assert!((perplexity.ln() - loss).abs() < LOSS_TOLERANCE);
        }
    }
}

/// A run that goes on from burn's checkpoint is, bit for bit, the one that never stopped.
fn a_resumed_run_is_the_one_that_never_stopped(device: &Device) {
    let config = StrategyConfig {
        max_norm: 0.5,
        regularization: DropoutRates::uniform(0.1).into(),
        ..StrategyConfig::default()
    };
    let learner = |seed| {
        let schedule = Schedule::Cosine(schedule::Cosine::new(40));
        let rate = ScheduledRate::new(schedule, 0.01).expect("in range");
        let optimizer: ModuleOptimizer = AdamConfig::new().init();
        Learner::new(Learnable::new(any_model(device, seed)), optimizer, rate)
    };
    let all = || [windows(4, 8), windows(4, 8)];
    let (whole, parts) = (Told::default(), Told::default());
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let expected = training(folders[0].path(), all(), config, &whole)
        .num_epochs(4)
        .launch(learner(1));
    let half = || training(folders[1].path(), all(), config, &parts).with_default_checkpointers();
    half().num_epochs(2).launch(learner(1));
    for part in ["model", "optim", "scheduler"] {
        let file = folders[1].path().join(format!("checkpoint/{part}-2.bpk"));
        assert!(file.exists(), "{}", file.display());
    }
    let resumed = half().checkpoint(2).num_epochs(4).launch(learner(2));
    assert_eq!(parts.book().starting_epoch, 3);
    assert_eq!(parts.book().finished_epochs, [1, 2, 3, 4]);
    assert_eq!(
        weights(resumed.model.inner()),
        weights(expected.model.inner())
    );
    assert_eq!(
        parts.windows("train", "Loss"),
        whole.windows("train", "Loss")
    );
    assert_eq!(parts.epochs("valid", "Loss"), whole.epochs("valid", "Loss"));
}

/// burn's own strategies read each window as a sequence of its own.
fn a_learnable_model_is_one_of_burns(device: &Device) {
    let (folder, told) = (tempfile::tempdir().expect("a folder"), Told::default());
    let all = || window_loader(windows(4, 8));
    let result = SupervisedTraining::new(folder.path(), all(), all())
        .metrics((LossMetric::new(),))
        .with_application_logger(None)
        .renderer(Box::new(told.clone()))
        .launch(descending(any_model(device, 1), 0.5));
    let config = TrainingConfig {
        optimizer: OptimizerKind::Sgd,
        ..TrainingConfig::default()
    };
    let mut by_hand =
        TruncatedBptt::new(any_model(device, 1), config, SeededRng::new(1)).expect("in range");
    for window in windows(4, 8) {
        by_hand.reset_state();
        by_hand.train_window(&window, 0.5).expect("it is stable");
    }
    assert_close(&weights(result.model.inner()), &weights(by_hand.model()));
    let valid = fresh(by_hand.model(), windows(4, 8));
    assert_losses(&told.windows("valid", "Loss"), &valid);
}

recurra_cells::cpu_tests!(
    the_loss_falls,
    it_makes_the_steps_of_truncated_backpropagation,
    the_state_is_carried_until_rows_begin,
    metrics_count_valid_steps,
    a_resumed_run_is_the_one_that_never_stopped,
    a_learnable_model_is_one_of_burns,
);

#[test]
fn settings_out_of_their_range_are_refused() {
    type Change = fn(&mut StrategyConfig);
    let cases: [(Change, &str); 3] = [
        (
            |config| config.max_norm = f64::NAN,
            "max_norm must be above 0, got NaN",
        ),
        (
            |config| config.max_value = 0.0,
            "max_value must be above 0, got 0",
        ),
        (
            |config| config.regularization.activation = -1.0,
            "activation must be at least 0 and finite, got -1",
        ),
    ];
    for (change, expected) in cases {
        let mut config = StrategyConfig::default();
        change(&mut config);
        let refused = TruncatedBpttStrategy::new(config, SEED).expect_err(expected);
        assert_eq!(refused.to_string(), expected);
    }
}
