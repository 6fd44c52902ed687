//! Training on every device of this build.

mod corpus;

use burn::module::Module;
use burn::tensor::Device;
use corpus::{TEXT, VOCABULARY, any_model, configs, model, windows};
use recurra_cells::{AnyCell, SeededRng};
use recurra_train::{
    DropoutRates, LanguageModel, Schedule, TrainingConfig, TruncatedBptt, evaluate,
};

fn clipped() -> TrainingConfig {
    TrainingConfig {
        max_norm: 1.0,
        ..TrainingConfig::default()
    }
}
const LEARNING_RATE: f64 = 1e-2;

/// Sums over a window in another order differ by this much, relative to a loss of a few nats.
const LOSS_TOLERANCE: f64 = 1e-5;

fn training(
    model: LanguageModel<AnyCell>,
    config: TrainingConfig,
) -> TruncatedBptt<LanguageModel<AnyCell>> {
    TruncatedBptt::new(model, config, SeededRng::for_stream(1, 1))
        .expect("the configuration is in range")
}

fn bits(model: &LanguageModel<AnyCell>) -> Vec<u32> {
    corpus::weights(model)
        .into_iter()
        .map(f32::to_bits)
        .collect()
}

fn loss_falls_for_every_cell(device: &Device) {
    for config in configs(16) {
        let mut training = training(model(&config, device, 1), clipped());
        let before = evaluate(training.model(), windows(4, 8));
        for _ in 0..6 {
            training.reset_state();
            for window in windows(4, 8) {
                training
                    .train_window(&window, LEARNING_RATE * Schedule::Constant.factor(0))
                    .expect("training is stable");
            }
        }
        let after = evaluate(training.model(), windows(4, 8));
        assert!(after < 0.8 * before, "{config:?}: {before} to {after}");
    }
}

fn windows_with_a_carried_state_are_the_whole_sequence(device: &Device) {
    for config in configs(8) {
        let model = model(&config, device, 1);
        let whole = evaluate(&model, windows(2, usize::MAX));
        for steps in [1, 5, 7] {
            let parts = evaluate(&model, windows(2, steps));
            assert!(
                (whole - parts).abs() < LOSS_TOLERANCE,
                "{config:?}, {steps} steps: {whole} and {parts}"
            );
        }
    }
}

fn a_fresh_model_is_as_uncertain_as_its_vocabulary_allows(device: &Device) {
    let nats = evaluate(&any_model(device, 1), windows(2, 8));
    assert!((nats - (VOCABULARY as f64).ln()).abs() < 0.5, "{nats}");
}

fn the_same_seed_trains_bit_for_bit_alike(device: &Device) {
    let run = |seed| {
        let mut training = training(
            any_model(device, seed),
            TrainingConfig {
                regularization: DropoutRates::uniform(0.2).into(),
                ..clipped()
            },
        );
        for window in windows(4, 8).into_iter().take(3) {
            training
                .train_window(&window, LEARNING_RATE)
                .expect("training is stable");
        }
        bits(training.model())
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

fn dropout_is_off_outside_of_training(device: &Device) {
    let mut training = training(
        any_model(device, 1),
        TrainingConfig {
            regularization: DropoutRates::uniform(0.5).into(),
            ..clipped()
        },
    );
    let window = windows(4, usize::MAX).remove(0);
    let judged = evaluate(training.model(), [window.clone()]);
    let trained = training
        .train_window(&window, LEARNING_RATE)
        .expect("training is stable")
        .loss;
    assert!((judged - trained).abs() > 1e-3, "{judged} and {trained}");
    let model = training.model().valid();
    assert_eq!(
        evaluate(&model, [window.clone()]),
        evaluate(&model, [window])
    );
}

recurra_cells::device_tests!(
    loss_falls_for_every_cell,
    windows_with_a_carried_state_are_the_whole_sequence,
    a_fresh_model_is_as_uncertain_as_its_vocabulary_allows,
    the_same_seed_trains_bit_for_bit_alike,
    dropout_is_off_outside_of_training,
);

#[test]
fn the_corpus_has_the_vocabulary_it_claims() {
    assert!(
        TEXT.bytes()
            .all(|byte| corpus::id(byte) < VOCABULARY as u32)
    );
}
