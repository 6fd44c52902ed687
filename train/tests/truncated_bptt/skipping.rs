//! Steps whose loss or gradients are not finite.

use burn::module::Param;
use burn::tensor::Device;
use recurra_cells::SeededRng;
use recurra_train::{Error, Quantity, StepReport, TrainingConfig, TruncatedBptt};

use crate::corpus::{any_model, weights, windows};
use crate::multiplied::{Multiplied, MultipliedWindow};
use crate::{descent, training};

/// Steps on windows times these factors, one behind the other: the reports, the error if there is one, and the training.
fn multiplied(
    factors: &[f64],
    max_skipped: usize,
    device: &Device,
) -> (Vec<StepReport>, Option<Error>, TruncatedBptt<Multiplied>) {
    let config = TrainingConfig {
        max_skipped,
        ..descent()
    };
    let model = any_model(device, 1);
    let mut training =
        TruncatedBptt::new(Multiplied { model }, config, SeededRng::new(1)).expect("in range");
    let mut reports = Vec::new();
    for (window, &factor) in windows(4, 8).into_iter().zip(factors) {
        match training.train_window(&MultipliedWindow { window, factor }, 0.1) {
            Ok(report) => reports.push(report),
            Err(error) => return (reports, Some(error), training),
        }
    }
    (reports, None, training)
}

/// A factor with a finite loss whose gradients' squares are not.
const OVERFLOW: f64 = 1e37;

fn what_is_not_finite_is_skipped(device: &Device) {
    let (reports, error, spoiled) =
        multiplied(&[1.0, f64::NAN, OVERFLOW, 1.0, OVERFLOW, 1.0], 2, device);
    assert!(error.is_none(), "{error:?}");
    let updated: Vec<bool> = reports.iter().map(|report| report.updated).collect();
    assert_eq!(updated, [true, false, false, true, false, true]);
    assert_eq!((spoiled.steps(), spoiled.updates()), (6, 3));
    assert!(reports[1].loss.is_nan() && reports[2].loss.is_finite());
    assert!(!reports[2].grad_norm.is_finite());
    let before = multiplied(&[1.0], 2, device).2;
    let after = multiplied(&[1.0, f64::NAN, OVERFLOW], 2, device).2;
    assert_eq!(
        weights(&before.model().model),
        weights(&after.model().model)
    );
}

fn what_stays_not_finite_ends_the_training_and_is_named(device: &Device) {
    let cases = [
        (vec![1.0, f64::NAN, f64::NAN, f64::NAN, 1.0], Quantity::Loss),
        (
            vec![1.0, OVERFLOW, f64::NAN, OVERFLOW, 1.0],
            Quantity::GradientNorm,
        ),
    ];
    for (factors, expected) in cases {
        let (reports, error, training) = multiplied(&factors, 2, device);
        assert_eq!(reports.len(), 3);
        let error = error.expect("three in a row are too many");
        let text = error.to_string();
        assert!(text.contains("the last of 3 skipped in a row"), "{text}");
        let Error::Diverged {
            quantity,
            step,
            skipped,
            ..
        } = error
        else {
            panic!("{text}");
        };
        assert_eq!((quantity, step, skipped), (expected, 4, 3));
        let before = multiplied(&[1.0], 2, device).2;
        assert_eq!(
            weights(&before.model().model),
            weights(&training.model().model)
        );
    }
}

fn the_parameter_that_is_not_finite_is_named(device: &Device) {
    let mut model = any_model(device, 1);
    let bias = model.output.bias.val();
    model.output.bias = Param::from_tensor(bias.zeros_like() + f64::INFINITY);
    let config = TrainingConfig {
        max_skipped: 0,
        ..TrainingConfig::default()
    };
    let mut training = training(model, config);
    let refused = training.train_window(&windows(4, 8)[0], 1e-2);
    let text = refused.expect_err("the loss is not finite").to_string();
    assert!(
        text.ends_with("the first parameter concerned was output.bias"),
        "{text}"
    );
}

recurra_cells::device_tests!(
    what_is_not_finite_is_skipped,
    what_stays_not_finite_ends_the_training_and_is_named,
    the_parameter_that_is_not_finite_is_named,
);
