//! Padding has no influence, on no result and on no gradient.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use recurra_cells::{AnyCell, AnyCellConfig, Lengths, RecurrentConfig, SeededRng};
use recurra_train::{
    Forecaster, ForecasterConfig, SequenceClassifier, SequenceClassifierConfig, SequenceTagger,
    SequenceTaggerConfig,
};

use super::{
    CLASSES, DIRECTIONS, POOLINGS, VOCABULARY, cells, close, draws, floats, gradients, ints,
    lengths, reals, values,
};

const HIDDEN: usize = 3;
const CASES: u32 = 24;

/// A batch's rows, of any length up to `steps`, and which network to run over them.
#[derive(Clone, Debug)]
pub struct Case {
    pub valid: Vec<usize>,
    steps: usize,
    /// How many steps of padding the second version of the batch has more.
    more: usize,
    cell: usize,
    direction: usize,
    pooling: usize,
    layers: usize,
    seed: u64,
}

/// Any case whose rows have at least `shortest` steps. At least one row has a step.
pub fn cases(shortest: usize) -> impl Strategy<Value = Case> {
    let sizes = (1..=5usize, 0..=3usize);
    let network = (0..4usize, 0..3usize, 0..4usize, 1..=2usize, any::<u64>());
    (sizes, network).prop_flat_map(move |((steps, more), network)| {
        let rows = proptest::collection::vec(shortest..=steps, 1..=4);
        let rows = rows.prop_filter("a step", |rows| rows.iter().any(|&length| length > 0));
        rows.prop_map(move |valid| {
            let (cell, direction, pooling, layers, seed) = network;
            Case {
                valid,
                steps,
                more,
                cell,
                direction,
                pooling,
                layers,
                seed,
            }
        })
    })
}

impl Case {
    fn network(&self) -> RecurrentConfig<AnyCellConfig> {
        let mut network = RecurrentConfig::new(cells(HIDDEN)[self.cell].clone())
            .with_direction(DIRECTIONS[self.direction])
            .with_num_layers(self.layers);
        // A residual connection would carry what stands in the padding past the cells.
        network.residual_from = (self.layers > 1).then_some(0);
        network
    }

    fn rng(&self) -> SeededRng {
        SeededRng::new(self.seed)
    }

    pub fn classifier(&self, device: &Device) -> SequenceClassifier<AnyCell> {
        let mut config = SequenceClassifierConfig::new(VOCABULARY, 2, self.network(), CLASSES);
        config.pooling = POOLINGS[self.pooling];
        config.hidden_layer = (self.layers == 2).then_some(4);
        config.init(device, &mut self.rng()).train()
    }

    pub fn tagger(&self, device: &Device) -> SequenceTagger<AnyCell> {
        SequenceTaggerConfig::new(VOCABULARY, 2, self.network(), CLASSES)
            .init(device, &mut self.rng())
            .train()
    }

    pub fn forecaster(&self, device: &Device) -> Forecaster<AnyCell> {
        let config = ForecasterConfig::new(2, self.network(), 3, 2).with_highway_steps(2);
        let mut forecaster = config.init(device, &mut self.rng());
        // A highway starts with zeros, which would hide what it sees.
        let highway = forecaster.highway.as_mut().expect("two steps");
        let shape = highway.weight.dims();
        highway.weight = Param::from_tensor(Tensor::ones(shape, device));
        forecaster.train()
    }

    pub fn lengths(&self) -> Lengths {
        lengths(&self.valid, self.steps)
    }

    fn more_lengths(&self) -> Lengths {
        lengths(&self.valid, self.steps + self.more)
    }

    /// `values [B, T, width]` with `padding` in and behind the padding.
    fn padded<T: Copy>(&self, values: &[T], width: usize, padding: T) -> Vec<T> {
        let rows = values.chunks(self.steps * width).zip(&self.valid);
        let padded = rows.flat_map(|(row, &length)| {
            let more = (self.steps + self.more - length) * width;
            let valid = row[..length * width].iter().copied();
            valid.chain(std::iter::repeat_n(padding, more))
        });
        padded.collect()
    }

    /// `values [B, T, width]` with the steps of the padding left out, row by row.
    fn valid_steps(&self, values: &[f32], steps: usize, width: usize) -> Vec<f32> {
        let rows = values.chunks(steps * width).zip(&self.valid);
        rows.flat_map(|(row, &length)| row[..length * width].to_vec())
            .collect()
    }

    /// The shapes `[B, T]` of the batch and of its second version.
    fn shapes(&self) -> [[usize; 2]; 2] {
        let rows = self.valid.len();
        [[rows, self.steps], [rows, self.steps + self.more]]
    }
}

pub fn a_classifier_does_not_see_padding(device: &Device) {
    proptest!(ProptestConfig::with_cases(CASES), |(case in cases(0))| {
        let model = case.classifier(device);
        let device = model.device();
        let ([shape, more], mut rng) = (case.shapes(), SeededRng::new(case.seed ^ 1));
        let tokens = draws(shape[0] * shape[1], VOCABULARY, &mut rng);
        let other = case.padded(&tokens, 1, rng.below(VOCABULARY) as i64);
        let labels = ints(&draws(shape[0], CLASSES, &mut rng), [shape[0]], &device);
        let run = |tokens, lengths| {
            let logits = model.forward(tokens, lengths);
            let gradients = gradients(&model, model.loss(logits.clone(), labels.clone()));
            (values(logits), gradients)
        };
        let before = run(ints(&tokens, shape, &device), case.lengths());
        let after = run(ints(&other, more, &device), case.more_lengths());
        prop_assert!(close(&before.0, &after.0), "logits {:?} {:?}", before.0, after.0);
        prop_assert!(close(&before.1, &after.1), "gradients {:?} {:?}", before.1, after.1);
    });
}

pub fn a_tagger_does_not_see_padding(device: &Device) {
    proptest!(ProptestConfig::with_cases(CASES), |(case in cases(0))| {
        let model = case.tagger(device);
        let device = model.device();
        let ([shape, more], mut rng) = (case.shapes(), SeededRng::new(case.seed ^ 1));
        let tokens = draws(shape[0] * shape[1], VOCABULARY, &mut rng);
        let labels = draws(shape[0] * shape[1], CLASSES, &mut rng);
        let run = |tokens: &[i64], labels: &[i64], shape: [usize; 2], lengths: Lengths| {
            let logits = model.forward(ints(tokens, shape, &device), lengths.clone());
            let labels = ints(labels, shape, &device);
            let accuracy = model.accuracy(logits.clone(), labels.clone(), lengths.clone());
            let predicted = model.predict(logits.clone(), lengths.clone());
            let loss = model.loss(logits.clone(), labels, lengths);
            let logits = case.valid_steps(&values(logits), shape[1], CLASSES);
            (logits, gradients(&model, loss), (accuracy, predicted))
        };
        let before = run(&tokens, &labels, shape, case.lengths());
        let other = case.padded(&tokens, 1, rng.below(VOCABULARY) as i64);
        // No label is above the classes, but in the padding.
        let after = run(&other, &case.padded(&labels, 1, 1000), more, case.more_lengths());
        prop_assert!(close(&before.0, &after.0), "logits {:?} {:?}", before.0, after.0);
        prop_assert!(close(&before.1, &after.1), "gradients {:?} {:?}", before.1, after.1);
        prop_assert_eq!(before.2, after.2);
    });
}

pub fn a_forecaster_does_not_see_padding(device: &Device) {
    proptest!(ProptestConfig::with_cases(CASES), |(case in cases(0))| {
        let model = case.forecaster(device);
        let device = model.device();
        let ([shape, more], mut rng) = (case.shapes(), SeededRng::new(case.seed ^ 1));
        let inputs = reals(shape[0] * shape[1] * 2, &mut rng);
        let targets = floats(&reals(shape[0] * 6, &mut rng), [shape[0], 3, 2], &device);
        let run = |inputs: &[f32], [batch, steps]: [usize; 2], lengths| {
            let forecasts = model.forward(floats(inputs, [batch, steps, 2], &device), lengths);
            let loss = model.loss(forecasts.clone(), targets.clone());
            (values(forecasts), gradients(&model, loss))
        };
        let before = run(&inputs, shape, case.lengths());
        let after = run(&case.padded(&inputs, 2, f32::NAN), more, case.more_lengths());
        prop_assert!(close(&before.0, &after.0), "forecasts {:?} {:?}", before.0, after.0);
        prop_assert!(close(&before.1, &after.1), "gradients {:?} {:?}", before.1, after.1);
    });
}

/// Row by row, cut to its length, each model gives what it gives for the whole batch.
pub fn a_row_of_a_batch_is_that_row_alone(device: &Device) {
    proptest!(ProptestConfig::with_cases(CASES), |(case in cases(1))| {
        let (classifier, tagger, forecaster) =
            (case.classifier(device), case.tagger(device), case.forecaster(device));
        let device = classifier.device();
        let ([shape, _], mut rng) = (case.shapes(), SeededRng::new(case.seed ^ 1));
        let tokens = ints(&draws(shape[0] * shape[1], VOCABULARY, &mut rng), shape, &device);
        let inputs = reals(shape[0] * shape[1] * 2, &mut rng);
        let inputs: Tensor<3> = floats(&inputs, [shape[0], shape[1], 2], &device);
        let logits = classifier.forward(tokens.clone(), case.lengths());
        let tags = tagger.forward(tokens.clone(), case.lengths());
        let forecasts = forecaster.forward(inputs.clone(), case.lengths());
        for (row, &length) in case.valid.iter().enumerate() {
            let tokens = tokens.clone().narrow(0, row, 1).narrow(1, 0, length);
            let alone = values(classifier.forward(tokens.clone(), None));
            let batch = values(logits.clone().narrow(0, row, 1));
            prop_assert!(close(&alone, &batch), "classifier {alone:?} {batch:?}");
            let alone = values(tagger.forward(tokens, None));
            let batch = values(tags.clone().narrow(0, row, 1).narrow(1, 0, length));
            prop_assert!(close(&alone, &batch), "tagger {alone:?} {batch:?}");
            let inputs = inputs.clone().narrow(0, row, 1).narrow(1, 0, length);
            let alone = values(forecaster.forward(inputs, None));
            let batch = values(forecasts.clone().narrow(0, row, 1));
            prop_assert!(close(&alone, &batch), "forecaster {alone:?} {batch:?}");
        }
    });
}
