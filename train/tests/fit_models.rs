//! A classifier, a tagger and a forecaster of each cell fit what can be fitted, on every device of this build.

mod heads;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use heads::metrics::*;
use heads::padding::*;
use heads::pooling::*;
use heads::{CLASSES, POOLINGS, VOCABULARY, draws, floats, ints, lengths, networks};
use recurra_cells::{Direction, Lengths, SeededRng};
use recurra_train::{
    ClippedAdam, ClippedAdamConfig, ForecasterConfig, SequenceClassifierConfig,
    SequenceTaggerConfig,
};

const EXAMPLES: usize = 16;
const STEPS: usize = 6;
const HIDDEN: usize = 16;
const EMBEDDING: usize = 8;
const LEARNING_RATE: f64 = 2e-2;
/// The steps of the optimiser in which everything must be fitted.
const ATTEMPTS: usize = 400;

/// Trains until `fitted`, and says whether it came to that.
fn fit<M: Module>(model: M, loss: impl Fn(&M) -> Tensor<1>, fitted: impl Fn(&M) -> bool) -> bool {
    let mut optimizer =
        ClippedAdam::new(ClippedAdamConfig::new(1.0)).expect("the configuration is in range");
    let mut model = model.train();
    for attempt in 1..=ATTEMPTS {
        let gradients = GradientsParams::from_grads(loss(&model).backward(), &model);
        model = optimizer.step(LEARNING_RATE, model, gradients).0;
        if attempt % 10 == 0 && fitted(&model) {
            return true;
        }
    }
    false
}

/// Random rows of 3 steps or more.
struct Sentences {
    tokens: Vec<i64>,
    valid: Vec<usize>,
}

impl Sentences {
    fn new() -> Self {
        let mut rng = SeededRng::new(11);
        Self {
            tokens: draws(EXAMPLES * STEPS, VOCABULARY, &mut rng),
            valid: (0..EXAMPLES).map(|_| 3 + rng.below(STEPS - 2)).collect(),
        }
    }

    fn lengths(&self) -> Lengths {
        lengths(&self.valid, STEPS)
    }

    /// The sum of a row's first and last token decides, so that both must be known at its end.
    fn classes(&self) -> Vec<i64> {
        let rows = self.tokens.chunks(STEPS).zip(&self.valid);
        rows.map(|(row, length)| (row[0] + row[length - 1]) % CLASSES as i64)
            .collect()
    }

    /// The sum of a token and the one before it decides.
    fn tags(&self) -> Vec<i64> {
        let tag = |row: &[i64], step: usize| row[step] + if step > 0 { row[step - 1] } else { 0 };
        let rows = self.tokens.chunks(STEPS);
        rows.flat_map(|row| (0..STEPS).map(move |step| tag(row, step) % CLASSES as i64))
            .collect()
    }
}

fn a_classifier_of_every_cell_fits_its_examples(device: &Device) {
    let sentences = Sentences::new();
    for (network, pooling) in networks(HIDDEN).into_iter().zip(POOLINGS) {
        let network = network.with_direction(Direction::Both);
        let mut config = SequenceClassifierConfig::new(VOCABULARY, EMBEDDING, network, CLASSES);
        config.pooling = pooling;
        config.hidden_layer = Some(HIDDEN);
        let model = config.init(device, &mut SeededRng::new(1)).train();
        let device = model.device();
        let tokens = ints(&sentences.tokens, [EXAMPLES, STEPS], &device);
        let labels = ints(&sentences.classes(), [EXAMPLES], &device);
        let fitted = fit(
            model,
            |model| {
                let logits = model.forward(tokens.clone(), sentences.lengths());
                model.loss(logits, labels.clone())
            },
            |model| {
                let logits = model.forward(tokens.clone(), sentences.lengths());
                model.accuracy(logits, labels.clone()) == 1.0
            },
        );
        assert!(fitted, "{config:?}");
    }
}

fn a_classifier_of_final_states_fits_its_examples(device: &Device) {
    let sentences = Sentences::new();
    for network in networks(HIDDEN) {
        let config = SequenceClassifierConfig::new(VOCABULARY, EMBEDDING, network, CLASSES);
        let model = config.init(device, &mut SeededRng::new(1)).train();
        let device = model.device();
        let tokens = ints(&sentences.tokens, [EXAMPLES, STEPS], &device);
        let labels = ints(&sentences.classes(), [EXAMPLES], &device);
        let logits = |model: &recurra_train::SequenceClassifier<_>| {
            model.forward(tokens.clone(), sentences.lengths())
        };
        let fitted = fit(
            model,
            |model| model.loss(logits(model), labels.clone()),
            |model| model.accuracy(logits(model), labels.clone()) == 1.0,
        );
        assert!(fitted, "{config:?}");
    }
}

fn a_tagger_of_every_cell_fits_its_examples(device: &Device) {
    let sentences = Sentences::new();
    let expected: Vec<Vec<u32>> = sentences
        .tags()
        .chunks(STEPS)
        .zip(&sentences.valid)
        .map(|(row, &length)| row[..length].iter().map(|&tag| tag as u32).collect())
        .collect();
    for network in networks(HIDDEN) {
        let config = SequenceTaggerConfig::new(VOCABULARY, EMBEDDING, network, CLASSES);
        let model = config.init(device, &mut SeededRng::new(1)).train();
        let device = model.device();
        let tokens = ints(&sentences.tokens, [EXAMPLES, STEPS], &device);
        let labels = ints(&sentences.tags(), [EXAMPLES, STEPS], &device);
        let lengths = || sentences.lengths();
        let fitted = fit(
            model,
            |model| {
                let logits = model.forward(tokens.clone(), lengths());
                model.loss(logits, labels.clone(), lengths())
            },
            |model| {
                let logits = model.forward(tokens.clone(), lengths());
                model.predict(logits, lengths()) == expected
            },
        );
        assert!(fitted, "{config:?}");
    }
}

/// Waves of the same period and different phases; their sum follows, and their difference.
fn waves() -> (Vec<f32>, Vec<f32>) {
    const HORIZON: usize = 2;
    let wave = |row: usize, step: usize| {
        let phase = row as f32 * 0.4;
        let time = step as f32 * 0.7;
        [(time + phase).sin(), (time + 2.0 * phase).cos()]
    };
    let rows = |steps: std::ops::Range<usize>| {
        let steps = (0..EXAMPLES).flat_map(move |row| steps.clone().map(move |step| (row, step)));
        steps.map(move |(row, step)| wave(row, step))
    };
    let inputs = rows(0..STEPS).flatten().collect();
    let targets = rows(STEPS..STEPS + HORIZON).flat_map(|[a, b]| [(a + b) / 2.0, (a - b) / 2.0]);
    (inputs, targets.collect())
}

fn a_forecaster_of_every_cell_fits_its_examples(device: &Device) {
    let (inputs, targets) = waves();
    for network in networks(HIDDEN) {
        let config = ForecasterConfig::new(2, network, 2, 2);
        let model = config.init(device, &mut SeededRng::new(1)).train();
        let device = model.device();
        let inputs = floats(&inputs, [EXAMPLES, STEPS, 2], &device);
        let targets = floats(&targets, [EXAMPLES, 2, 2], &device);
        let loss = |model: &recurra_train::Forecaster<_>| {
            model.loss(model.forward(inputs.clone(), None), targets.clone())
        };
        let fitted = fit(model, loss, |model| loss(model).into_scalar::<f64>() < 1e-3);
        assert!(fitted, "{config:?}");
    }
}

recurra_cells::cpu_tests!(
    a_classifier_of_every_cell_fits_its_examples,
    a_classifier_of_final_states_fits_its_examples,
    a_tagger_of_every_cell_fits_its_examples,
    a_forecaster_of_every_cell_fits_its_examples,
    a_classifier_does_not_see_padding,
    a_tagger_does_not_see_padding,
    a_forecaster_does_not_see_padding,
    a_row_of_a_batch_is_that_row_alone,
    a_pooling_is_its_formula,
    attention_is_a_distribution_over_the_valid_steps,
    a_classifier_is_judged_by_its_rows,
    a_tagger_is_judged_by_its_valid_steps,
    labels_are_where_the_logits_are_highest,
    a_forecast_is_judged_by_its_errors,
    shapes_that_do_not_fit_are_named,
);

#[test]
fn sizes_of_0_are_refused() {
    a_size_of_0_is_refused_by_name();
}

#[test]
fn configurations_are_read_from_json() {
    a_configuration_is_read_from_json();
}
