//! Losses and metrics against the same on the host, and what is refused.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::Device;
use proptest::prelude::*;
use recurra_cells::{AnyCell, LstmConfig, RecurrentConfig, SeededRng};
use recurra_train::{
    Error, Forecaster, ForecasterConfig, Pooling, SequenceClassifier, SequenceClassifierConfig,
    SequenceTagger, SequenceTaggerConfig,
};

use super::{CLASSES, close, draws, floats, ints, lengths, networks, reals, values};

fn classifier(device: &Device) -> SequenceClassifier<AnyCell> {
    let [_, network, _, _] = networks(2);
    SequenceClassifierConfig::new(5, 2, network, CLASSES).init(device, &mut SeededRng::new(1))
}

fn tagger(device: &Device) -> SequenceTagger<AnyCell> {
    let [_, network, _, _] = networks(2);
    SequenceTaggerConfig::new(5, 2, network, CLASSES).init(device, &mut SeededRng::new(1))
}

fn forecaster(device: &Device) -> Forecaster<AnyCell> {
    let [_, network, _, _] = networks(2);
    ForecasterConfig::new(2, network, 2, 1).init(device, &mut SeededRng::new(1))
}

/// The mean cross-entropy, in nats, and the share of hits.
fn judge<'a>(judged: impl Iterator<Item = (&'a [f32], i64)>) -> (f32, f64) {
    let (mut nats, mut hits, mut count) = (0.0, 0, 0);
    for (logits, label) in judged {
        let sum: f32 = logits.iter().map(|logit| logit.exp()).sum();
        nats += sum.ln() - logits[label as usize];
        hits += usize::from(logits.iter().all(|&logit| logit <= logits[label as usize]));
        count += 1;
    }
    (
        nats / count as f32,
        f64::from(hits as u32) / f64::from(count),
    )
}

pub fn a_classifier_is_judged_by_its_rows(device: &Device) {
    let model = classifier(device);
    proptest!(ProptestConfig::with_cases(16), |(rows in 1..=5usize, seed: u64)| {
        let mut rng = SeededRng::new(seed);
        let logits = reals(rows * CLASSES, &mut rng);
        let labels = draws(rows, CLASSES, &mut rng);
        let expected = judge(logits.chunks(CLASSES).zip(labels.iter().copied()));
        let logits = floats(&logits, [rows, CLASSES], device);
        let labels = ints(&labels, [rows], device);
        let loss = values(model.loss(logits.clone(), labels.clone()));
        prop_assert!(close(&loss, &[expected.0]), "{loss:?} {expected:?}");
        prop_assert_eq!(model.accuracy(logits, labels), expected.1);
    });
}

pub fn a_tagger_is_judged_by_its_valid_steps(device: &Device) {
    let model = tagger(device);
    let rows = (1..=5usize).prop_flat_map(|steps| {
        let rows = proptest::collection::vec(0..=steps, 1..=4);
        let rows = rows.prop_filter("a step", |rows| rows.iter().any(|&length| length > 0));
        (Just(steps), rows)
    });
    proptest!(ProptestConfig::with_cases(16), |((steps, valid) in rows, seed: u64)| {
        let (mut rng, batch) = (SeededRng::new(seed), valid.len());
        let logits = reals(batch * steps * CLASSES, &mut rng);
        let labels = draws(batch * steps, CLASSES, &mut rng);
        let judged = logits.chunks(CLASSES).zip(labels.iter().copied()).enumerate();
        let is_valid = |index: usize| index % steps < valid[index / steps];
        let expected = judge(judged.filter(|(index, _)| is_valid(*index)).map(|(_, step)| step));
        let logits = floats(&logits, [batch, steps, CLASSES], device);
        let labels = ints(&labels, [batch, steps], device);
        let lengths = lengths(&valid, steps);
        let loss = values(model.loss(logits.clone(), labels.clone(), lengths.clone()));
        prop_assert!(close(&loss, &[expected.0]), "{loss:?} {expected:?}");
        let accuracy = model.accuracy(logits.clone(), labels, lengths.clone());
        prop_assert_eq!(accuracy, expected.1);
        let predicted = model.predict(logits, lengths);
        let cut: Vec<usize> = predicted.iter().map(Vec::len).collect();
        prop_assert_eq!(cut, valid);
    });
}

pub fn labels_are_where_the_logits_are_highest(device: &Device) {
    let logits = [0.0, 2.0, 1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 5.0, 0.0];
    let logits = floats(&logits, [2, 2, CLASSES], device);
    let model = tagger(device);
    let predicted = model.predict(logits.clone(), lengths(&[2, 1], 2));
    assert_eq!(predicted, [vec![1, 0], vec![2]]);
    assert_eq!(model.predict(logits, None), [[1, 0], [2, 1]]);
}

pub fn a_forecast_is_judged_by_its_errors(device: &Device) {
    let model = forecaster(device);
    let forecasts = floats(&[1.0, 2.0, -1.0, 0.0], [2, 2, 1], device);
    let targets = floats(&[0.0, 4.0, -1.0, 1.0], [2, 2, 1], device);
    let loss = values(model.loss(forecasts.clone(), targets.clone()));
    assert!(close(&loss, &[1.5]), "{loss:?}");
    let error = model.mean_absolute_error(forecasts, targets);
    assert!(close(&[error as f32], &[1.0]), "{error}");
}

/// What it panics with.
fn message<R>(run: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(run)) else {
        panic!("the shapes do not fit, but nobody noticed");
    };
    let message = payload.downcast::<String>();
    *message.expect("a message with values in it")
}

pub fn shapes_that_do_not_fit_are_named(device: &Device) {
    let (classifier, tagger, forecaster) = (classifier(device), tagger(device), forecaster(device));
    let labels = ints(&[0, 1, 2], [3], device);
    let logits = floats(&[0.0; 6], [2, CLASSES], device);
    let text = message(|| classifier.loss(logits, labels));
    assert!(text.contains("[3]") && text.contains("[2, 3]"), "{text}");

    let logits = floats(&[0.0; 12], [2, 2, CLASSES], device);
    let labels = ints(&[0; 4], [2, 2], device);
    let others = ints(&[0; 6], [2, 3], device);
    let text = message(|| tagger.loss(logits.clone(), others, None));
    assert!(
        text.contains("[2, 3]") && text.contains("[2, 2, 3]"),
        "{text}"
    );
    let text = message(|| tagger.predict(logits.clone(), lengths(&[1], 2)));
    assert!(
        text.contains("[1, 2]") && text.contains("[2, 2, 3]"),
        "{text}"
    );
    let text = message(|| tagger.loss(logits, labels, lengths(&[0, 0], 2)));
    assert!(text.contains("at least one valid step"), "{text}");

    let forecasts = floats(&[0.0; 4], [2, 2, 1], device);
    let targets = floats(&[0.0; 2], [2, 1, 1], device);
    let text = message(|| forecaster.loss(forecasts, targets));
    assert!(
        text.contains("[2, 1, 1]") && text.contains("[2, 2, 1]"),
        "{text}"
    );
}

/// The field that an error is about.
fn field(result: Result<(), Error>) -> &'static str {
    match result {
        Err(Error::Config { field, .. }) => field,
        other => panic!("expected a field out of its range, got {other:?}"),
    }
}

pub fn a_size_of_0_is_refused_by_name() {
    let network = || RecurrentConfig::new(LstmConfig::new(2));
    let classifier = |[vocabulary, embedding, classes, hidden]: [usize; 4]| {
        let mut config = SequenceClassifierConfig::new(vocabulary, embedding, network(), classes);
        config.hidden_layer = Some(hidden);
        config.validate()
    };
    assert!(classifier([1, 1, 1, 1]).is_ok());
    assert_eq!(field(classifier([0, 1, 1, 1])), "vocabulary_size");
    assert_eq!(field(classifier([1, 0, 1, 1])), "embedding_size");
    assert_eq!(field(classifier([1, 1, 0, 1])), "classes");
    assert_eq!(field(classifier([1, 1, 1, 0])), "hidden_layer");
    let tagger = |[vocabulary, embedding, classes]: [usize; 3]| {
        SequenceTaggerConfig::new(vocabulary, embedding, network(), classes).validate()
    };
    assert!(tagger([1, 1, 1]).is_ok());
    assert_eq!(field(tagger([0, 1, 1])), "vocabulary_size");
    assert_eq!(field(tagger([1, 0, 1])), "embedding_size");
    assert_eq!(field(tagger([1, 1, 0])), "classes");
    let forecaster = |[inputs, horizon, outputs]: [usize; 3]| {
        ForecasterConfig::new(inputs, network(), horizon, outputs).validate()
    };
    assert!(forecaster([1, 1, 1]).is_ok());
    assert_eq!(field(forecaster([0, 1, 1])), "input_size");
    assert_eq!(field(forecaster([1, 0, 1])), "horizon");
    assert_eq!(field(forecaster([1, 1, 0])), "outputs");
    let layerless = SequenceTaggerConfig::new(1, 1, network().with_num_layers(0), 1);
    assert!(matches!(layerless.validate(), Err(Error::Cells(_))));
}

pub fn a_configuration_is_read_from_json() {
    type Config = SequenceClassifierConfig<LstmConfig>;
    let text = r#"{"vocabulary_size": 9, "embedding_size": 2, "classes": 3,
        "network": {"cell": {"hidden_size": 4}}, "pooling": "attention", "hidden_layer": 200}"#;
    let config: Config = serde_json::from_str(text).expect("every field is known");
    assert_eq!(config.pooling, Pooling::Attention);
    assert_eq!(config.hidden_layer, Some(200));
    let json = serde_json::to_string(&config).expect("a configuration serialises");
    let again: Config = serde_json::from_str(&json).expect("and comes back");
    assert_eq!(again, config);
    let unknown = text.replace("pooling", "polling");
    let error = serde_json::from_str::<Config>(&unknown).expect_err("a field is misspelt");
    assert!(error.to_string().contains("polling"), "{error}");
}
