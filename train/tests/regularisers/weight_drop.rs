//! Dropped recurrent weights: where the gradients arrive, what the optimiser steps, and the path that is taken.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor};
use proptest::prelude::*;
use recurra_cells::{AnyCell, SeededRng, kernel};
use recurra_train::{
    ClippedAdam, ClippedAdamConfig, DropoutRates, LanguageModel, TrainingConfig, TruncatedBptt,
    ZoneoutRates, drop_recurrent_weights, evaluate,
};

use super::corpus::{any_model, weights, windows};
use super::{Case, DEVIATIONS, TOLERANCE, all_rates, check, close, values};

/// A parameter's path, its identity and its values.
type Named = (String, ParamId, Vec<f64>);

/// Every parameter, or its gradient.
struct Walk<'a> {
    path: Vec<String>,
    gradients: Option<&'a GradientsParams>,
    found: Vec<Named>,
}

impl ModuleVisitor for Walk<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = match self.gradients {
            Some(gradients) => values(gradients.get::<D>(param.id).expect("a gradient")),
            None => values(param.val()),
        };
        self.found.push((self.path.join("."), param.id, values));
    }
}

fn named(model: &LanguageModel<AnyCell>, gradients: Option<&GradientsParams>) -> Vec<Named> {
    let mut walk = Walk {
        path: Vec::new(),
        gradients,
        found: Vec::new(),
    };
    model.visit(&mut walk);
    walk.found
}

/// The same values as parameters of their own.
struct Leaves;

impl ModuleMapper for Leaves {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|weight| weight.detach().require_grad())
    }
}

/// The gradients of `model` by a loss of what `run` makes of the tokens.
fn gradients(
    run: &LanguageModel<AnyCell>,
    model: &LanguageModel<AnyCell>,
    tokens: Tensor<2, Int>,
) -> GradientsParams {
    let (logits, _) = run.forward(tokens, None);
    GradientsParams::from_grads(logits.square().mean().backward(), model)
}

fn gradients_reach_the_raw_weights_through_the_mask(device: &Device) {
    let device = device.clone().autodiff();
    check(|case| {
        let (model, tokens) = (
            case.model(ZoneoutRates::NONE, &device),
            case.tokens(&device),
        );
        let dropped = drop_recurrent_weights(model.clone(), 0.5, &mut case.rng());
        let at_raw = gradients(&dropped, &model, tokens.clone());
        let leaves = dropped.clone().map(&mut Leaves);
        let at_masked = gradients(&leaves, &leaves, tokens);
        let (raw, masked) = (named(&model, None), named(&dropped, None));
        let (at_raw, at_masked) = (
            named(&model, Some(&at_raw)),
            named(&leaves, Some(&at_masked)),
        );
        let mut recurrent = 0;
        for ((raw, masked), (at_raw, at_masked)) in
            raw.iter().zip(&masked).zip(at_raw.iter().zip(&at_masked))
        {
            prop_assert_eq!((&raw.0, raw.1), (&masked.0, masked.1));
            if raw.0.contains("weight_hh") {
                recurrent += 1;
                let mask: Vec<f64> = raw
                    .2
                    .iter()
                    .zip(&masked.2)
                    .map(|(raw, masked)| masked / raw)
                    .collect();
                prop_assert!(
                    mask.iter().all(|&value| value == 0.0 || value == 2.0),
                    "{:?}",
                    mask
                );
                let expected: Vec<f64> = at_masked
                    .2
                    .iter()
                    .zip(mask)
                    .map(|(g, mask)| g * mask)
                    .collect();
                close(&at_raw.2, &expected)?;
            } else {
                prop_assert_eq!(&raw.2, &masked.2);
                close(&at_raw.2, &at_masked.2)?;
            }
        }
        prop_assert_eq!(recurrent, model.network.num_layers());
        Ok(())
    });
}

fn the_optimiser_steps_the_raw_weights(device: &Device) {
    let device = device.clone().autodiff();
    let (case, mut rng) = (
        Case {
            kind: 0,
            hidden: 5,
            tied: false,
            batch: 2,
            steps: 4,
            seed: 1,
        },
        SeededRng::new(4),
    );
    let (model, tokens) = (
        case.model(ZoneoutRates::NONE, &device),
        case.tokens(&device),
    );
    let before = named(&model, None);
    let dropped = drop_recurrent_weights(model.clone(), 0.5, &mut rng);
    let masked = named(&dropped, None);
    let gradients = gradients(&dropped, &model, tokens.clone());
    drop(dropped);
    let mut optimizer = ClippedAdam::new(ClippedAdamConfig::new(f64::INFINITY)).expect("in range");
    let (model, _) = optimizer.step(0.01, model, gradients);
    let (mut moved, mut still) = (0, 0);
    for ((before, after), masked) in before.iter().zip(named(&model, None)).zip(masked) {
        assert_eq!(before.1, after.1);
        if !before.0.contains("weight_hh") {
            continue;
        }
        for ((before, after), masked) in before.2.iter().zip(after.2).zip(masked.2) {
            // Adam's first step is the learning rate, but for gradients as small as its epsilon; a dropped weight has none.
            if masked == 0.0 {
                still += 1;
                assert_eq!(*before, after);
            } else {
                moved += 1;
                let step = (before - after).abs();
                assert!(step > 1e-4 && step < 0.01 + 1e-6, "{before} to {after}");
            }
        }
    }
    assert!(moved > 50 && still > 50, "{moved} moved, {still} did not");
}

/// What is evaluated and kept are the weights of before the mask.
fn training_drops_no_weight_for_good(device: &Device) {
    let dropout = DropoutRates {
        recurrent_weights: 0.9,
        ..DropoutRates::NONE
    };
    let settings = TrainingConfig {
        regularization: dropout.into(),
        ..TrainingConfig::default()
    };
    let (model, window) = (any_model(device, 1), windows(4, usize::MAX).remove(0));
    let mut training =
        TruncatedBptt::new(model.clone(), settings, SeededRng::new(1)).expect("in range");
    let trained = training
        .train_window(&window, 0.0)
        .expect("training is stable");
    assert_eq!(weights(training.model()), weights(&model));
    let judged = evaluate(training.model(), [window.clone()]);
    assert_eq!(judged, evaluate(&model, [window]));
    assert!((judged - trained.loss).abs() > 1e-3, "{judged}");
}

fn weight_drop_keeps_the_mean(device: &Device) {
    const DRAWS: usize = 400;
    let (model, mut rng) = (any_model(device, 1), SeededRng::new(2));
    let raw = named(&model, None);
    let mut sums: Vec<Vec<f64>> = raw
        .iter()
        .map(|(_, _, values)| vec![0.0; values.len()])
        .collect();
    for _ in 0..DRAWS {
        let dropped = drop_recurrent_weights(model.clone(), 0.3, &mut rng);
        for (sums, (_, _, values)) in sums.iter_mut().zip(named(&dropped, None)) {
            sums.iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += value / DRAWS as f64);
        }
    }
    // 512 weights: none of them is expected beyond four deviations, one is allowed to be.
    let deviation = (0.3 / 0.7 / DRAWS as f64).sqrt();
    let means = raw.iter().flat_map(|raw| &raw.2).zip(sums.iter().flatten());
    let beyond = means.filter(|(raw, mean)| {
        (*mean - *raw).abs() > DEVIATIONS * deviation * raw.abs() + TOLERANCE
    });
    assert!(beyond.count() <= 1);
}

/// Weight drop leaves sequences to the fused path, zoneout to the stepwise loop.
fn the_path_is_the_one_that_can(device: &Device) {
    let name = format!("{device:?}");
    if !["Flex", "NdArray"].iter().any(|host| name.contains(host)) {
        return;
    }
    for kind in 0..4 {
        let case = Case {
            kind,
            hidden: 5,
            tied: false,
            batch: 2,
            steps: 4,
            seed: 1,
        };
        let zoneout = ZoneoutRates {
            hidden: 0.1,
            memory: 0.1,
        };
        for (zoneout, fuses) in [(ZoneoutRates::NONE, true), (zoneout, false)] {
            let model = drop_recurrent_weights(case.model(zoneout, device), 0.5, &mut case.rng());
            let masks = model.sample_masks([2, 4], &all_rates(0.2), &mut case.rng());
            let before = kernel::runs();
            model.forward_masked(case.tokens(device), None, masks);
            model.forward(case.tokens(device), None);
            let after = kernel::runs();
            let ran = (after.fused - before.fused, after.stepwise - before.stepwise);
            let all = 2 * model.network.num_layers();
            assert_eq!(ran, if fuses { (all, 0) } else { (0, all) }, "{case:?}");
        }
    }
}

recurra_cells::cpu_tests!(
    gradients_reach_the_raw_weights_through_the_mask,
    the_optimiser_steps_the_raw_weights,
    training_drops_no_weight_for_good,
    weight_drop_keeps_the_mean,
    the_path_is_the_one_that_can,
);
