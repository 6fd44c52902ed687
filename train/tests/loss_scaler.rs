//! The loss scaler against `torch.amp.GradScaler`, and what holds of it whatever it sees.

use proptest::prelude::*;
use recurra_train::checkpoint::Checkpoint;
use recurra_train::{LossScaler, LossScalerConfig, LossScalerState};

fn scaler(config: LossScalerConfig) -> LossScaler {
    LossScaler::new(config).expect("the configuration is in range")
}

/// Scale and good steps after each step; `x` is one whose gradients are not finite.
fn trace(scaler: &mut LossScaler, steps: &str) -> Vec<(f64, usize)> {
    let step = |step| {
        scaler.update(step == 'x');
        (scaler.state().scale, scaler.state().good_steps)
    };
    steps.chars().map(step).collect()
}

// def trace(steps, **settings):
//     scaler = torch.amp.GradScaler("cpu", **settings)
//     weight = torch.nn.Parameter(torch.ones(1))
//     optimizer = torch.optim.SGD([weight], lr=0.0)
//     for step in steps:
//         optimizer.zero_grad()
//         scaler.scale((weight * (torch.inf if step == "x" else 1.0)).sum()).backward()
//         scaler.step(optimizer)
//         scaler.update()
//         yield scaler.get_scale(), scaler._growth_tracker.item()
//
// list(trace("...x..x...x....xxx..", growth_interval=3))
#[test]
fn the_scale_is_pytorchs() {
    let mut scaler = scaler(LossScalerConfig {
        growth_interval: 3,
        ..LossScalerConfig::default()
    });
    let expected = [
        (65536.0, 1),
        (65536.0, 2),
        (131072.0, 0),
        (65536.0, 0),
        (65536.0, 1),
        (65536.0, 2),
        (32768.0, 0),
        (32768.0, 1),
        (32768.0, 2),
        (65536.0, 0),
        (32768.0, 0),
        (32768.0, 1),
        (32768.0, 2),
        (65536.0, 0),
        (65536.0, 1),
        (32768.0, 0),
        (16384.0, 0),
        (8192.0, 0),
        (8192.0, 1),
        (8192.0, 2),
    ];
    assert_eq!(trace(&mut scaler, "...x..x...x....xxx.."), expected);
    assert_eq!(scaler.skipped_steps(), 6);
}

// list(trace("....x..x", init_scale=8.0, growth_factor=4.0, backoff_factor=0.25, growth_interval=2))
#[test]
fn other_factors_are_pytorchs() {
    let mut scaler = scaler(LossScalerConfig {
        initial_scale: 8.0,
        growth_factor: 4.0,
        backoff_factor: 0.25,
        growth_interval: 2,
    });
    let expected = [
        (8.0, 1),
        (32.0, 0),
        (32.0, 1),
        (128.0, 0),
        (32.0, 0),
        (32.0, 1),
        (128.0, 0),
        (32.0, 0),
    ];
    assert_eq!(trace(&mut scaler, "....x..x"), expected);
}

// steps = list(trace("." * 2001 + "x" + "." * 1999))
// steps[1998:2003], steps[-1]
#[test]
fn the_defaults_are_pytorchs() {
    let mut scaler = scaler(LossScalerConfig::default());
    let steps = format!("{}x{}", ".".repeat(2001), ".".repeat(1999));
    let steps = trace(&mut scaler, &steps);
    let expected = [
        (65536.0, 1999),
        (131072.0, 0),
        (131072.0, 1),
        (65536.0, 0),
        (65536.0, 1),
    ];
    assert_eq!(steps[1998..2003], expected);
    assert_eq!(steps.last(), Some(&(65536.0, 1999)));
}

/// Configurations with PyTorch's factors.
fn configs() -> impl Strategy<Value = LossScalerConfig> {
    (-126..=126, 1..6_usize).prop_map(|(exponent, growth_interval)| LossScalerConfig {
        initial_scale: 2.0_f64.powi(exponent),
        growth_interval,
        ..LossScalerConfig::default()
    })
}

/// Mostly good steps, mostly bad ones, or both alike.
fn steps() -> impl Strategy<Value = Vec<bool>> {
    (0.0..=1.0).prop_flat_map(|bad| prop::collection::vec(prop::bool::weighted(bad), 0..300))
}

proptest! {
    #[test]
    fn the_scale_is_the_first_times_a_power_of_two_that_a_device_can_hold(
        config in configs(),
        steps in steps(),
    ) {
        let mut scaler = scaler(config);
        for found_non_finite in steps {
            let before = scaler.scale();
            scaler.update(found_non_finite);
            let power = (scaler.scale() / config.initial_scale).log2();
            prop_assert_eq!(power, power.round());
            prop_assert!((scaler.scale() as f32).is_normal());
            prop_assert!((scaler.scale() as f32).recip().is_normal());
            prop_assert!(scaler.scale() <= before || !found_non_finite);
        }
    }

    #[test]
    fn only_an_unbroken_run_of_good_steps_makes_it_grow(interval in 1..6_usize, steps in steps()) {
        let mut scaler = scaler(LossScalerConfig {
            // So far below the border that no run of this test meets it.
            initial_scale: 2.0_f64.powi(-100),
            backoff_factor: 0.999,
            growth_factor: 1.5,
            growth_interval: interval,
        });
        let (mut run, mut skipped) = (0, 0);
        for found_non_finite in steps {
            let before = scaler.scale();
            scaler.update(found_non_finite);
            skipped += usize::from(found_non_finite);
            run = if found_non_finite { 0 } else { run + 1 };
            prop_assert_eq!(scaler.scale() > before, run == interval);
            run %= interval;
            prop_assert_eq!(scaler.state().good_steps, run);
            prop_assert_eq!(scaler.skipped_steps(), skipped);
        }
    }

    #[test]
    fn it_goes_on_from_what_was_saved(config in configs(), steps in steps(), more in steps()) {
        let mut whole = scaler(config);
        steps.into_iter().for_each(|step| whole.update(step));
        let mut saved = Checkpoint::new(1);
        saved.set_value("scaler", &whole.state()).expect("plain numbers");
        let saved: LossScalerState = saved.value("scaler").expect("what was just written");
        let mut resumed = scaler(config);
        resumed.set_state(saved).expect("a state of a scaler is in range");
        for step in more {
            whole.update(step);
            resumed.update(step);
            prop_assert_eq!(&whole, &resumed);
        }
    }
}

#[test]
fn what_is_out_of_range_is_refused_by_name() {
    let good = LossScalerConfig::default();
    let refused = |config: LossScalerConfig| {
        let error = LossScaler::new(config).expect_err("out of range");
        error.to_string()
    };
    for initial_scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 2.0_f64.powi(127)] {
        let text = refused(LossScalerConfig {
            initial_scale,
            ..good
        });
        let expected = format!("initial_scale must be in [2^-126, 2^126], got {initial_scale}");
        assert_eq!(text, expected);
    }
    for growth_factor in [1.0, 0.5, f64::NAN, f64::INFINITY] {
        let text = refused(LossScalerConfig {
            growth_factor,
            ..good
        });
        let expected = format!("growth_factor must be above 1 and finite, got {growth_factor}");
        assert_eq!(text, expected);
    }
    for backoff_factor in [0.0, 1.0, -0.5, f64::NAN] {
        let text = refused(LossScalerConfig {
            backoff_factor,
            ..good
        });
        let expected = format!("backoff_factor must be in (0, 1), got {backoff_factor}");
        assert_eq!(text, expected);
    }
    let text = refused(LossScalerConfig {
        growth_interval: 0,
        ..good
    });
    assert_eq!(text, "growth_interval must be at least 1, got 0");
}

#[test]
fn a_saved_scale_out_of_range_changes_nothing() {
    let mut scaler = scaler(LossScalerConfig::default());
    let before = scaler.clone();
    let broken = LossScalerState {
        scale: 0.0,
        ..scaler.state()
    };
    let error = scaler.set_state(broken).expect_err("out of range");
    assert_eq!(error.to_string(), "scale must be in [2^-126, 2^126], got 0");
    assert_eq!(scaler, before);
}

#[test]
fn settings_need_only_name_what_they_change() {
    let config: LossScalerConfig =
        serde_json::from_str(r#"{"initial_scale": 1024.0}"#).expect("a field of the configuration");
    let expected = LossScalerConfig {
        initial_scale: 1024.0,
        ..LossScalerConfig::default()
    };
    assert_eq!(config, expected);
    assert!(serde_json::from_str::<LossScalerConfig>(r#"{"scale": 1.0}"#).is_err());
}
