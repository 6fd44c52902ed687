//! What ends a training before its last epoch, and what does not.

#[path = "../multiplied/mod.rs"]
mod multiplied;

use burn::data::dataloader::DataLoaderBuilder;
use burn::data::dataloader::batcher::Batcher;
use burn::data::dataset::{Dataset, DatasetError};
use burn::optim::SgdConfig;
use burn::tensor::Device;
use burn_train::metric::store::{Aggregate, Direction, Split};
use burn_train::metric::{LearningRateMetric, LossMetric};
use burn_train::{
    Learner, LearningResult, MetricEarlyStoppingStrategy, StoppingCondition, SupervisedTraining,
    TrainingError,
};
use recurra_cells::SeededRng;
use recurra_train::learner::{Learnable, StrategyConfig, TruncatedBpttStrategy};
use recurra_train::{
    OptimizerKind, Schedule, ScheduledRate, TokenWindow, TrainingConfig, TruncatedBptt, schedule,
};

use super::corpus::{any_model, weights, windows};
use super::told::Told;
use super::{SEED, assert_close, descending, training};
use multiplied::{Multiplied, MultipliedWindow};

fn early_stopping_stops(device: &Device) {
    let (folder, told) = (tempfile::tempdir().expect("a folder"), Told::default());
    let strategy = MetricEarlyStoppingStrategy::new(
        &LossMetric::new(),
        Aggregate::Mean,
        Direction::Lowest,
        Split::Valid,
        StoppingCondition::NoImprovementSince { n_epochs: 2 },
    );
    let all = || windows(4, 8);
    let result = training(
        folder.path(),
        [all(), all()],
        StrategyConfig::default(),
        &told,
    )
    .num_epochs(10)
    .early_stopping(strategy)
    .launch(descending(any_model(device, 1), 0.0));
    assert_eq!(told.book().finished_epochs, [1, 2, 3]);
    assert!(result.interrupted.is_none(), "it is an end like any other");
}

/// A factor with a finite loss whose gradients' squares are not.
const OVERFLOW: f64 = 1e30;

/// An epoch on windows times these factors, with at most two steps in a row skipped.
fn multiplied(factors: &[f64], device: &Device) -> (LearningResult<Learnable<Multiplied>>, Told) {
    let (folder, told) = (tempfile::tempdir().expect("a folder"), Told::default());
    let multiply = |(window, &factor)| MultipliedWindow { window, factor };
    let all: Vec<_> = windows(4, 8)
        .into_iter()
        .zip(factors)
        .map(multiply)
        .collect();
    let config = StrategyConfig {
        max_skipped: 2,
        ..StrategyConfig::default()
    };
    let model = Learnable::new(Multiplied {
        model: any_model(device, 1),
    });
    let rate = ScheduledRate::new(Schedule::Exponential(schedule::Exponential::new(0.5)), 0.1);
    let rate = rate.expect("in range");
    let result = training(folder.path(), [all.clone(), all], config, &told)
        .metrics((LearningRateMetric::new(),))
        .launch(Learner::new(model, SgdConfig::new().init(), rate));
    (result, told)
}

fn what_is_not_finite_is_skipped(device: &Device) {
    let (result, told) = multiplied(&[1.0, f64::NAN, OVERFLOW, 1.0], device);
    assert!(result.interrupted.is_none());
    assert_eq!(
        told.windows("train", "Learning Rate"),
        [0.1, 0.1, 0.1, 0.05]
    );
    let losses = told.windows("train", "Loss");
    assert!(losses[1].is_nan() && losses[2].is_finite());

    let config = TrainingConfig {
        optimizer: OptimizerKind::Sgd,
        ..TrainingConfig::default()
    };
    let model = Multiplied {
        model: any_model(device, 1),
    };
    let mut by_hand = TruncatedBptt::new(model, config, SeededRng::new(1)).expect("in range");
    for (window, (factor, rate)) in
        windows(4, 8)
            .into_iter()
            .zip([(1.0, 0.1), (f64::NAN, 0.1), (OVERFLOW, 0.1), (1.0, 0.05)])
    {
        let report = by_hand.train_window(&MultipliedWindow { window, factor }, rate);
        report.expect("two in a row are allowed");
    }
    let expected = weights(&by_hand.model().model);
    assert_close(&weights(&result.model.inner().model), &expected);
}

fn what_stays_not_finite_ends_the_training_and_is_named(device: &Device) {
    let (result, told) = multiplied(&[1.0, OVERFLOW, f64::NAN, OVERFLOW, 1.0], device);
    let reason = result
        .interrupted
        .and_then(|interruption| interruption.reason);
    let reason = reason.expect("there is a reason");
    let expected =
        "gradient norm must be finite, got inf in step 4, the last of 3 skipped in a row";
    assert!(reason.starts_with(expected), "{reason}");
    assert!(told.book().finished_epochs.is_empty());
    let before = multiplied(&[1.0], device).0;
    assert_eq!(
        weights(&result.model.inner().model),
        weights(&before.model.inner().model)
    );
}

fn an_interruption_ends_the_epoch(device: &Device) {
    let (folder, told) = (tempfile::tempdir().expect("a folder"), Told::default());
    let all = || windows(4, 2);
    let session = training(
        folder.path(),
        [all(), all()],
        StrategyConfig::default(),
        &told,
    );
    // Two metrics are told of each window.
    told.book().stop_at = Some((2 * 5, session.interrupter()));
    let result = session
        .num_epochs(3)
        .launch(descending(any_model(device, 1), 0.1));
    let interruption = result.interrupted.expect("it was stopped");
    assert_eq!(interruption.reason.as_deref(), Some("enough"));
    // The metrics run some windows behind the training.
    let trained = told.windows("train", "Loss").len();
    assert!((5..10).contains(&trained), "{trained} of {}", all().len());
    assert!(told.windows("valid", "Loss").is_empty());
}

/// Windows of which the third cannot be read.
struct Unreadable;

impl Dataset<TokenWindow> for Unreadable {
    fn get(&self, index: usize) -> Result<TokenWindow, DatasetError> {
        match index {
            2 => Err(DatasetError::new(std::io::Error::other("no such window"))),
            _ => Ok(windows(4, 8).remove(index)),
        }
    }

    fn len(&self) -> usize {
        4
    }
}

struct First;

impl Batcher<TokenWindow, TokenWindow> for First {
    fn batch(&self, mut items: Vec<TokenWindow>, _: &Device) -> TokenWindow {
        items.remove(0)
    }
}

fn a_window_that_cannot_be_read_is_an_error(device: &Device) {
    let (folder, told) = (tempfile::tempdir().expect("a folder"), Told::default());
    let loader = || {
        DataLoaderBuilder::new(First)
            .set_device(device.clone())
            .batch_size(1)
            .build(Unreadable)
    };
    let strategy = TruncatedBpttStrategy::new(StrategyConfig::default(), SEED).expect("in range");
    let result = SupervisedTraining::new(folder.path(), loader(), loader())
        .metrics((LossMetric::new(),))
        .with_training_strategy(strategy.into())
        .with_application_logger(None)
        .renderer(Box::new(told.clone()))
        .launch(descending(any_model(device, 1), 0.1));
    let error = result.error.expect("the third window cannot be read");
    assert!(matches!(*error, TrainingError::Dataset(_)), "{error}");
    assert_eq!(told.windows("train", "Loss").len(), 2);
}

recurra_cells::cpu_tests!(
    early_stopping_stops,
    what_is_not_finite_is_skipped,
    what_stays_not_finite_ends_the_training_and_is_named,
    an_interruption_ends_the_epoch,
    a_window_that_cannot_be_read_is_an_error,
);
