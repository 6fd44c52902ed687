//! The law of each regulariser, on every device of this build.

mod corpus;
#[path = "regularisers/penalties.rs"]
mod penalties;
#[path = "regularisers/weight_drop.rs"]
mod weight_drop;
#[path = "regularisers/zoneout.rs"]
mod zoneout;

use burn::tensor::{Device, Int, Tensor, TensorData};
use corpus::{VOCABULARY, any_model, configs, model, weights, windows};
use proptest::prelude::*;
use recurra_cells::{AnyCell, NetworkInput, SeededRng};
use recurra_train::{
    DropoutRates, LanguageModel, LanguageModelMasks, Regularization, TrainingConfig, TruncatedBptt,
    ZoneoutRates, drop_recurrent_weights, dropout_mask, evaluate,
};

/// What rounding may leave in f32, relative to values of the order of 1.
const TOLERANCE: f64 = 2e-5;
/// How many standard deviations a mean may be off.
const DEVIATIONS: f64 = 4.0;

/// A model of one of the four cells, and the tokens it reads.
#[derive(Clone, Copy, Debug)]
struct Case {
    kind: usize,
    hidden: usize,
    tied: bool,
    batch: usize,
    steps: usize,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let shape = (0..4_usize, 1..=9_usize, any::<bool>());
    (shape, 1..=3_usize, 2..=7_usize, any::<u64>()).prop_map(
        |((kind, hidden, tied), batch, steps, seed)| Case {
            kind,
            hidden,
            tied,
            batch,
            steps,
            seed,
        },
    )
}

impl Case {
    fn model(&self, zoneout: ZoneoutRates, device: &Device) -> LanguageModel<AnyCell> {
        let mut config = configs(self.hidden).swap_remove(self.kind);
        config.zoneout = zoneout;
        config.tie_embeddings = self.tied;
        if self.tied {
            config.embedding_size = self.hidden;
        }
        model(&config, device, self.seed)
    }

    fn tokens(&self, device: &Device) -> Tensor<2, Int> {
        let mut rng = SeededRng::for_stream(self.seed, 1);
        let tokens: Vec<i64> = (0..self.batch * self.steps)
            .map(|_| rng.below(VOCABULARY) as i64)
            .collect();
        Tensor::from_data(TensorData::new(tokens, [self.batch, self.steps]), device)
    }

    fn rng(&self) -> SeededRng {
        SeededRng::for_stream(self.seed, 2)
    }
}

/// Checks a property on few cases, always the same.
fn check(property: impl Fn(Case) -> Result<(), TestCaseError>) {
    let config = ProptestConfig {
        cases: 16,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::default()
    };
    proptest!(config, |(case in cases())| property(case)?);
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn close(found: &[f64], expected: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), expected.len());
    for (index, (f, e)) in found.iter().zip(expected).enumerate() {
        let within = (f - e).abs() <= TOLERANCE * e.abs().max(1.0);
        prop_assert!(within, "entry {}: {}, not {}", index, f, e);
    }
    Ok(())
}

/// Everything that a unit or a word can be dropped from.
fn all_rates(rate: f64) -> DropoutRates {
    DropoutRates {
        words: rate,
        ..DropoutRates::uniform(rate)
    }
}

/// Which masks there are: words, input, between, recurrent and output.
fn present(masks: &LanguageModelMasks) -> [bool; 5] {
    let (first, rest) = masks.layers.split_first().expect("there is a layer");
    [
        masks.words.is_some(),
        first.input.is_some(),
        rest.iter().any(|layer| layer.input.is_some()),
        masks
            .layers
            .iter()
            .all(|layer| layer.forward_recurrent.is_some()),
        masks.output.is_some(),
    ]
}

fn each_rate_is_of_its_own_mask(device: &Device) {
    let model = any_model(device, 1);
    let rate = |change: fn(&mut DropoutRates)| {
        let mut rates = DropoutRates::NONE;
        change(&mut rates);
        present(&model.sample_masks([2, 3], &rates, &mut SeededRng::new(1)))
    };
    let [t, f] = [true, false];
    assert_eq!(rate(|_| ()), [f, f, f, f, f]);
    assert_eq!(rate(|rates| rates.words = 0.5), [t, f, f, f, f]);
    assert_eq!(rate(|rates| rates.input = 0.5), [f, t, f, f, f]);
    assert_eq!(rate(|rates| rates.between = 0.5), [f, f, t, f, f]);
    assert_eq!(rate(|rates| rates.recurrent = 0.5), [f, f, f, t, f]);
    assert_eq!(rate(|rates| rates.output = 0.5), [f, f, f, f, t]);
    assert_eq!(rate(|rates| rates.recurrent_weights = 0.5), [f, f, f, f, f]);
}

/// The draws of one probability for everything: layer by layer, then the output's, then the words'.
fn masks_are_drawn_in_a_fixed_order(device: &Device) {
    let model = any_model(device, 1);
    let mut rng = SeededRng::new(3);
    let masks = model.sample_masks([2, 5], &all_rates(0.3), &mut rng);
    let mut by_hand = SeededRng::new(3);
    let mut draw = |shape| values(dropout_mask(shape, 0.3, device, &mut by_hand));
    for (layer, width) in masks.layers.into_iter().zip([6, 8]) {
        let [input, recurrent] =
            [layer.input, layer.forward_recurrent].map(|mask| values(mask.expect("a mask")));
        assert_eq!(input, draw([2, width]));
        assert_eq!(recurrent, draw([2, 8]));
        assert!(layer.backward_recurrent.is_none());
    }
    assert_eq!(values(masks.output.expect("a mask")), draw([2, 8]));
    assert_eq!(values(masks.words.expect("a mask")), draw([VOCABULARY, 1]));
    assert_eq!(rng, by_hand);
}

/// A window under masks is its parts under the same masks.
fn masks_are_the_same_at_every_step(device: &Device) {
    check(|case| {
        let (model, tokens) = (case.model(ZoneoutRates::NONE, device), case.tokens(device));
        let masks = model.sample_masks(tokens.dims(), &all_rates(0.4), &mut case.rng());
        let cut = 1 + case.seed as usize % (case.steps - 1);
        let part = |from, to: usize| tokens.clone().narrow(1, from, to - from);
        let (first, state) = model.forward_masked(part(0, cut), None, masks.clone());
        let (second, _) = model.forward_masked(part(cut, case.steps), state, masks.clone());
        let (whole, _) = model.forward_masked(tokens.clone(), None, masks);
        close(&values(whole), &values(Tensor::cat(vec![first, second], 1)))
    });
}

/// Inputs, outputs and words, multiplied step by step; a word is dropped wherever it stands, but not as an answer.
fn masks_multiply_what_they_mask(device: &Device) {
    check(|case| {
        let (model, tokens) = (case.model(ZoneoutRates::NONE, device), case.tokens(device));
        let mut masks = model.sample_masks(tokens.dims(), &all_rates(0.4), &mut case.rng());
        let (found, _) = model.forward_masked(tokens.clone(), None, masks.clone());
        let mut words = model.embedding.clone();
        let kept = masks.words.expect("a mask");
        words.weight = words.weight.map(|weight| weight * kept);
        let at_every_step = |mask: Tensor<2>| mask.unsqueeze_dim::<3>(1).repeat_dim(1, case.steps);
        let input = masks.layers[0].input.take().expect("a mask");
        let inputs = words.forward(tokens) * at_every_step(input);
        let input = NetworkInput::new(inputs).with_masks(masks.layers);
        let output = at_every_step(masks.output.expect("a mask"));
        let expected = model.logits(model.network.forward(input).outputs * output);
        close(&values(found), &values(expected))
    });
}

fn a_mask_keeps_the_mean(device: &Device) {
    for rate in [0.1, 0.5, 0.8] {
        let mask = values(dropout_mask(
            [100, 100],
            rate,
            device,
            &mut SeededRng::new(1),
        ));
        let mean = mask.iter().sum::<f64>() / 1e4;
        let deviation = (rate / (1.0 - rate) / 1e4_f64).sqrt();
        assert!(
            (mean - 1.0).abs() < DEVIATIONS * deviation,
            "{rate}: {mean}"
        );
        let kept = mask.iter().filter(|&&value| value != 0.0);
        assert!(
            kept.clone()
                .all(|value| (value * (1.0 - rate) - 1.0).abs() < TOLERANCE)
        );
        let share = kept.count() as f64 / 1e4;
        assert!(
            (share - 1.0 + rate).abs() < DEVIATIONS * 0.005,
            "{rate}: {share}"
        );
    }
}

fn a_probability_of_zero_changes_no_bit(device: &Device) {
    check(|case| {
        let (model, tokens) = (case.model(ZoneoutRates::NONE, device), case.tokens(device));
        let mut rng = case.rng();
        let masks = model.sample_masks(tokens.dims(), &DropoutRates::NONE, &mut rng);
        let same = drop_recurrent_weights(model.clone(), 0.0, &mut rng);
        prop_assert_eq!(rng, case.rng());
        prop_assert_eq!(weights(&same), weights(&model));
        let (found, _) = same.forward_masked(tokens.clone(), None, masks);
        let (judged, _) = model.forward(tokens.clone(), None);
        // By hand, because the model's own forward pass goes through masks as well.
        let input = NetworkInput::new(model.embedding.forward(tokens));
        let expected = model.logits(model.network.forward(input).outputs);
        let expected = values(expected);
        prop_assert_eq!(values(found), expected.clone());
        prop_assert_eq!(values(judged), expected);
        Ok(())
    });
}

fn everything_together_trains_every_cell(device: &Device) {
    for mut config in configs(16) {
        config.zoneout = ZoneoutRates {
            hidden: 0.05,
            memory: 0.1,
        };
        (config.tie_embeddings, config.embedding_size) = (true, 16);
        let rates = DropoutRates {
            words: 0.05,
            recurrent_weights: 0.1,
            ..DropoutRates::uniform(0.1)
        };
        let settings = TrainingConfig {
            max_norm: 1.0,
            regularization: Regularization {
                dropout: rates,
                activation: 0.1,
                temporal_activation: 0.1,
            },
            ..TrainingConfig::default()
        };
        let run = |seed| {
            let rng = SeededRng::for_stream(seed, 1);
            let mut training =
                TruncatedBptt::new(model(&config, device, 1), settings, rng).expect("in range");
            let before = evaluate(training.model(), windows(4, 8));
            for _ in 0..4 {
                training.reset_state();
                for window in windows(4, 8) {
                    training
                        .train_window(&window, 1e-2)
                        .expect("training is stable");
                }
            }
            let after = evaluate(training.model(), windows(4, 8));
            assert!(after < 0.8 * before, "{config:?}: {before} to {after}");
            weights(training.model())
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }
}

recurra_cells::cpu_tests!(
    each_rate_is_of_its_own_mask,
    masks_are_drawn_in_a_fixed_order,
    masks_are_the_same_at_every_step,
    masks_multiply_what_they_mask,
    a_mask_keeps_the_mean,
    a_probability_of_zero_changes_no_bit,
    everything_together_trains_every_cell,
);

#[test]
fn probabilities_out_of_their_range_are_refused() {
    let device = Device::default();
    let refusal = |change: fn(&mut DropoutRates)| {
        let mut dropout = DropoutRates::NONE;
        change(&mut dropout);
        let settings = TrainingConfig {
            regularization: dropout.into(),
            ..TrainingConfig::default()
        };
        let refused = TruncatedBptt::new(any_model(&device, 1), settings, SeededRng::new(1));
        refused
            .err()
            .expect("a probability is out of its range")
            .to_string()
    };
    assert_eq!(
        refusal(|rates| rates.input = 1.0),
        "dropout.input must be in [0, 1), got 1"
    );
    assert_eq!(
        refusal(|rates| rates.between = -0.1),
        "dropout.between must be in [0, 1), got -0.1"
    );
    assert_eq!(
        refusal(|rates| rates.recurrent = 2.0),
        "dropout.recurrent must be in [0, 1), got 2"
    );
    assert_eq!(
        refusal(|rates| rates.output = f64::NAN),
        "dropout.output must be in [0, 1), got NaN"
    );
    assert_eq!(
        refusal(|rates| rates.words = 1.0),
        "dropout.words must be in [0, 1), got 1"
    );
    assert_eq!(
        refusal(|rates| rates.recurrent_weights = 1.0),
        "dropout.recurrent_weights must be in [0, 1), got 1"
    );
    let mut config = configs(8).swap_remove(0);
    config.zoneout.memory = 1.0;
    let refused = config
        .validate()
        .expect_err("a probability is out of its range");
    assert_eq!(
        refused.to_string(),
        "zoneout.memory must be in [0, 1), got 1"
    );
}

#[test]
fn rates_read_what_is_given_and_nothing_unknown() {
    let rates: DropoutRates =
        serde_json::from_str(r#"{"words": 0.1, "between": 0.3}"#).expect("two rates");
    assert_eq!(
        rates,
        DropoutRates {
            words: 0.1,
            between: 0.3,
            ..DropoutRates::NONE
        }
    );
    assert!(serde_json::from_str::<DropoutRates>(r#"{"word": 0.1}"#).is_err());
    let rates: ZoneoutRates = serde_json::from_str(r#"{"memory": 0.5}"#).expect("one rate");
    assert_eq!(
        rates,
        ZoneoutRates {
            hidden: 0.0,
            memory: 0.5
        }
    );
    assert!(serde_json::from_str::<ZoneoutRates>(r#"{"cell": 0.5}"#).is_err());
}
