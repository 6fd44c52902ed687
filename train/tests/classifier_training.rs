//! A classifier in training and in use on the host, on every device of this build.

use std::num::NonZeroUsize;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, Lengths, LstmConfig, Merge, PeepholeLstmConfig,
    RecurrentConfig, RnnConfig, SeededRng,
};
use recurra_train::{
    ClassifierBatch, DropoutRates, Pass, Pooling, Regularization, SequenceClassifier,
    SequenceClassifierConfig, TokenRows, TrainingConfig, TruncatedBptt,
};

const VOCABULARY: usize = 7;
const CLASSES: usize = 3;
/// A few roundings of single precision, for logits of about 1.
const TOLERANCE: f32 = 2e-5;

#[derive(Clone, Debug)]
struct Case {
    config: SequenceClassifierConfig<AnyCellConfig>,
    lengths: Vec<usize>,
    seed: u64,
}

fn cells() -> impl Strategy<Value = AnyCellConfig> {
    (0..4, 1..5_usize).prop_map(|(cell, hidden)| match cell {
        0 => AnyCellConfig::Rnn(RnnConfig::new(hidden)),
        1 => AnyCellConfig::Lstm(LstmConfig::new(hidden)),
        2 => AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden)),
        _ => AnyCellConfig::Gru(GruConfig::new(hidden)),
    })
}

fn cases() -> impl Strategy<Value = Case> {
    use Direction::{Backward, Both, Forward};
    let direction = prop_oneof![Just(Forward), Just(Backward), Just(Both)];
    let pooling = prop_oneof![Just(Pooling::Last), Just(Pooling::Mean), Just(Pooling::Max)];
    let merge = prop_oneof![Just(Merge::Concat), Just(Merge::Separate)];
    let hidden = proptest::option::of(1..20_usize);
    let network = (cells(), 1..3_usize, direction, merge);
    let lengths = proptest::collection::vec(0..6_usize, 1..5);
    (network, 1..5_usize, pooling, hidden, lengths, any::<u64>()).prop_map(
        |((cell, layers, direction, merge), embedding, pooling, hidden, lengths, seed)| {
            let network = RecurrentConfig::new(cell)
                .with_num_layers(layers)
                .with_direction(direction)
                .with_merge(merge);
            let mut config = SequenceClassifierConfig::new(VOCABULARY, embedding, network, CLASSES);
            (config.pooling, config.hidden_layer) = (pooling, hidden);
            // A network needs at least one step to run over.
            let lengths = [lengths, vec![1]].concat();
            Case {
                config,
                lengths,
                seed,
            }
        },
    )
}

impl Case {
    fn model(&self, device: &Device) -> SequenceClassifier<AnyCell> {
        self.config.init(device, &mut SeededRng::new(self.seed))
    }

    fn rows(&self) -> TokenRows {
        let steps = self.lengths.iter().copied().max().unwrap_or(0);
        let mut rng = SeededRng::for_stream(self.seed, 1);
        let count = self.lengths.len() * steps;
        let tokens = (0..count).map(|_| rng.below(VOCABULARY) as u32).collect();
        TokenRows::new(tokens, Lengths::new(self.lengths.clone(), steps).unwrap())
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn close(found: &[f32], expected: &[f32], tolerance: f32) -> bool {
    let mut pairs = found.iter().zip(expected);
    found.len() == expected.len()
        && pairs.all(|(f, e)| (f - e).abs() <= tolerance * (1.0 + e.abs()))
}

fn trained(
    model: &SequenceClassifier<AnyCell>,
    rows: &TokenRows,
    dropout: DropoutRates,
    rng: &mut SeededRng,
) -> Vec<f32> {
    let regularization = &Regularization::from(dropout);
    let pass = Pass::Training {
        regularization,
        rng,
    };
    values(model.pass(rows, pass).logits)
}

fn a_pass_is_the_forward_pass_unless_something_is_dropped(device: &Device) {
    proptest!(ProptestConfig::with_cases(16), |(case in cases())| {
        let (model, rows, mut rng) = (case.model(device), case.rows(), SeededRng::new(1));
        let expected = values(model.forward(rows.tokens(device), rows.lengths().clone()));
        let evaluated = values(model.pass(&rows, Pass::Evaluation).logits);
        prop_assert!(close(&evaluated, &expected, TOLERANCE), "{evaluated:?} {expected:?}");
        let undropped = trained(&model, &rows, DropoutRates::NONE, &mut rng);
        prop_assert!(close(&undropped, &expected, TOLERANCE));
        let rates = DropoutRates { words: 0.5, recurrent_weights: 0.0, ..DropoutRates::uniform(0.5) };
        let twice = [1, 1].map(|seed| trained(&model, &rows, rates, &mut SeededRng::new(seed)));
        prop_assert_eq!(&twice[0], &twice[1]);
    });
}

/// What is read is a product with the mask, so that the mean over masks is what nothing is dropped from.
fn the_mean_of_dropped_outputs_is_the_output(device: &Device) {
    let network = RecurrentConfig::new(AnyCellConfig::Gru(GruConfig::new(3)));
    let network = network.with_direction(Direction::Both);
    let config = SequenceClassifierConfig::new(VOCABULARY, 2, network, CLASSES);
    let case = Case {
        config,
        lengths: vec![3, 2],
        seed: 4,
    };
    let (model, rows, mut rng) = (case.model(device), case.rows(), SeededRng::new(9));
    let rates = DropoutRates {
        output: 0.5,
        ..DropoutRates::NONE
    };
    let draws = 2000;
    let mut mean = vec![0.0; 2 * CLASSES];
    for _ in 0..draws {
        let logits = trained(&model, &rows, rates, &mut rng);
        mean.iter_mut()
            .zip(logits)
            .for_each(|(mean, logit)| *mean += logit / draws as f32);
    }
    let expected = trained(&model, &rows, DropoutRates::NONE, &mut rng);
    assert!(close(&mean, &expected, 0.05), "{mean:?} {expected:?}");
}

/// A text of one word either keeps it everywhere, twice as large, or nowhere.
fn a_word_is_dropped_from_the_whole_text(device: &Device) {
    let network = RecurrentConfig::new(AnyCellConfig::Lstm(LstmConfig::new(4)));
    let network = network.with_direction(Direction::Both);
    let config = SequenceClassifierConfig::new(VOCABULARY, 3, network, CLASSES);
    let model = config.init(device, &mut SeededRng::new(2));
    let rows = TokenRows::new(vec![5; 4], Lengths::new(vec![4], 4).unwrap());
    let embedded = model.embedding.forward(rows.tokens(device));
    let either =
        [0.0, 2.0].map(|kept| values(model.forward_embedded(embedded.clone() * kept, None)));
    let rates = DropoutRates {
        words: 0.5,
        ..DropoutRates::NONE
    };
    let mut seen = [0, 0];
    for seed in 0..40 {
        let found = trained(&model, &rows, rates, &mut SeededRng::new(seed));
        let which = either.iter().position(|it| close(&found, it, TOLERANCE));
        seen[which.unwrap_or_else(|| panic!("{found:?} is neither of {either:?}"))] += 1;
    }
    assert!(seen[0] > 5 && seen[1] > 5, "{seen:?}");
}

/// Batches of any size, one after the other, of a network that runs in both directions.
fn batches_of_any_size_are_learned_from(device: &Device) {
    let network = RecurrentConfig::new(AnyCellConfig::Lstm(LstmConfig::new(6)));
    let network = network.with_direction(Direction::Both).with_num_layers(2);
    let config = SequenceClassifierConfig::new(VOCABULARY, 4, network, 2);
    let model = config.init(&device.clone().autodiff(), &mut SeededRng::new(3));
    let training = TrainingConfig {
        regularization: DropoutRates::uniform(0.1).into(),
        max_norm: 1.0,
        ..TrainingConfig::default()
    };
    let mut training = TruncatedBptt::new(model, training, SeededRng::new(4)).unwrap();
    // The first word decides.
    let batch = |words: &[u32]| {
        let tokens = words.iter().flat_map(|&word| [word, 6, 5]).collect();
        let lengths = Lengths::new(vec![3; words.len()], 3).unwrap();
        let labels = words.iter().map(|&word| usize::from(word > 1)).collect();
        ClassifierBatch::new(TokenRows::new(tokens, lengths), labels)
    };
    let batches = [batch(&[0, 1, 2, 3]), batch(&[3, 0]), batch(&[1, 2, 0])];
    let mut losses = Vec::new();
    for step in 0..60 {
        let report = training.train_window(&batches[step % 3], 2e-2).unwrap();
        losses.push(report.loss);
    }
    let ends = [&losses[..3], &losses[57..]].map(|part| part.iter().sum::<f64>() / 3.0);
    assert!(ends[1] < 0.3 * ends[0], "{ends:?}");
    let model = training.model().valid();
    let rows = batches[0].rows();
    let logits = model.forward(rows.tokens(device), rows.lengths().clone());
    assert_eq!(model.accuracy(logits, batches[0].labels(device)), 1.0);
}

recurra_cells::device_tests!(
    a_pass_is_the_forward_pass_unless_something_is_dropped,
    a_word_is_dropped_from_the_whole_text,
    batches_of_any_size_are_learned_from,
);

mod on_cpu {
    use super::the_mean_of_dropped_outputs_is_the_output;

    recurra_cells::cpu_tests!(the_mean_of_dropped_outputs_is_the_output);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_prepared_classifier_is_the_classifier(case in cases(), threads in 1..3_usize) {
        let device = Device::default();
        let (model, rows) = (case.model(&device), case.rows());
        let expected = values(model.forward(rows.tokens(&device), rows.lengths().clone()));
        let mut prepared = model.prepare(NonZeroUsize::new(threads).unwrap()).unwrap();
        // The second run finds the buffers of the first.
        for _ in 0..2 {
            let found = prepared.logits(&rows);
            prop_assert!(close(&found, &expected, TOLERANCE), "{found:?} {expected:?}");
        }
    }
}

#[test]
fn what_the_outputs_do_not_show_is_not_prepared() {
    let network = RecurrentConfig::new(LstmConfig::new(3)).with_direction(Direction::Both);
    let config = |pooling, merge| {
        let network = network.clone().with_merge(merge);
        let mut config = SequenceClassifierConfig::new(VOCABULARY, 3, network, 2);
        config.pooling = pooling;
        config
    };
    for (pooling, merge) in [
        (Pooling::Attention, Merge::Concat),
        (Pooling::Last, Merge::Sum),
    ] {
        let model = config(pooling, merge).init(&Device::default(), &mut SeededRng::new(1));
        let error = model
            .prepare(NonZeroUsize::MIN)
            .err()
            .expect("it has no such form");
        let text = error.to_string();
        assert!(
            text.contains("pooling") && text.contains(&format!("{pooling:?}")),
            "{text}"
        );
    }
}

#[test]
fn rows_are_padded_to_the_longest() {
    let rows = TokenRows::padded(&[vec![5], vec![], vec![6, 4, 3]], 1);
    assert_eq!(rows.as_slice(), [5, 1, 1, 1, 1, 1, 6, 4, 3]);
    assert_eq!(rows.lengths().as_slice(), [1, 0, 3]);
    assert_eq!(TokenRows::padded(&[[]], 2).as_slice(), [2]);
}

#[test]
#[should_panic(expected = "label 2 is not one of 2 classes")]
fn a_label_that_is_no_class_panics() {
    let network = RecurrentConfig::new(RnnConfig::new(2));
    let config = SequenceClassifierConfig::new(VOCABULARY, 2, network, 2);
    let model = config.init(&Device::default().autodiff(), &mut SeededRng::new(1));
    let mut training =
        TruncatedBptt::new(model, TrainingConfig::default(), SeededRng::new(1)).unwrap();
    let rows = TokenRows::new(vec![0], Lengths::new(vec![1], 1).unwrap());
    training
        .train_window(&ClassifierBatch::new(rows, vec![2]), 0.1)
        .ok();
}

#[test]
#[should_panic(expected = "token 7 is not below the vocabulary of 7")]
fn a_token_that_is_no_word_panics() {
    let network = RecurrentConfig::new(RnnConfig::new(2));
    let config = SequenceClassifierConfig::new(VOCABULARY, 2, network, 2);
    let model = config.init(&Device::default(), &mut SeededRng::new(1));
    let rows = TokenRows::new(vec![7], Lengths::new(vec![1], 1).unwrap());
    model.pass(&rows, Pass::Evaluation);
}
