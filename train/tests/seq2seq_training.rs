//! An encoder and a decoder in training, on every device of this build.

mod seq2seq_models;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_train::{
    DropoutRates, Pass, Regularization, SearchLimits, Seq2Seq, Seq2SeqBatch, Seq2SeqConfig,
    SequenceModel, SequenceWindow, TrainingConfig, TruncatedBptt, evaluate, load, save,
};
use seq2seq_models::{MARKS, VOCABULARY, cells, config, model, pairs};

/// A few roundings of single precision, for logits of about 1.
const TOLERANCE: f32 = 2e-5;

type Pairs = Vec<(Vec<u32>, Vec<u32>)>;

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn close(found: &[f32], expected: &[f32]) -> bool {
    found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() <= TOLERANCE)
}

/// Pairs of any length, empty ones among them.
fn some_pairs() -> impl Strategy<Value = Pairs> {
    let tokens = || proptest::collection::vec(2..VOCABULARY as u32, 0..5);
    proptest::collection::vec((tokens(), tokens()), 1..5)
}

fn training_loss(model: &Seq2Seq<AnyCell>, batch: &Seq2SeqBatch, rates: DropoutRates) -> f32 {
    let pass = Pass::Training {
        regularization: &Regularization::from(rates),
        rng: &mut SeededRng::new(1),
    };
    model.window_loss(batch, None, pass).mean.into_scalar()
}

fn a_pass_is_the_forward_pass_unless_something_is_dropped(device: &Device) {
    let cases = (some_pairs(), 0..4_usize);
    proptest!(ProptestConfig::with_cases(12), |((pairs, index) in cases)| {
        let model = model(cells(5).remove(index), index, device);
        let batch = Seq2SeqBatch::new(&pairs, MARKS);
        let lengths = batch.source_lengths().clone();
        let logits = model.forward(batch.sources(device), lengths, batch.inputs(device));
        // What stands behind a target means nothing.
        let valid = |logits| values(batch.target_lengths().zero_padding(logits));
        let expected = valid(logits);
        let trained = |rates: DropoutRates| {
            let pass = Pass::Training {
                regularization: &Regularization::from(rates),
                rng: &mut SeededRng::new(1),
            };
            valid(model.pass(&batch, pass).logits)
        };
        let evaluated = valid(model.pass(&batch, Pass::Evaluation).logits);
        prop_assert!(close(&evaluated, &expected), "{evaluated:?} {expected:?}");
        prop_assert!(close(&trained(DropoutRates::NONE), &expected));
        let rates = DropoutRates { words: 0.2, ..DropoutRates::uniform(0.5) };
        prop_assert_eq!(trained(rates), trained(rates));
        let loss = model.batch_loss(&batch).expect("the tokens are in range");
        let own = model.window_loss(&batch, None, Pass::Evaluation).mean;
        prop_assert!(close(&values(own), &values(loss)));
        let tokens = pairs.iter().map(|(_, target)| target.len() + 1).sum::<usize>();
        prop_assert_eq!((batch.batch_size(), batch.valid_steps()), (pairs.len(), tokens));
    });
}

/// What is behind a pass is the state of each target's own last token.
fn a_state_is_that_of_each_row(device: &Device) {
    for index in [0, 1] {
        let model = model(cells(5).remove(index), index, device);
        let hidden = |pairs: &[(Vec<u32>, Vec<u32>)]| {
            let batch = Seq2SeqBatch::new(pairs, MARKS);
            let state = model.pass(&batch, Pass::Evaluation).state;
            let state = state.states().next().expect("a layer has a state").clone();
            values(recurra_cells::RecurrentState::hidden(&state))
        };
        let pairs = pairs();
        let apart: Vec<f32> = pairs.chunks(1).flat_map(hidden).collect();
        assert!(close(&hidden(&pairs), &apart));
    }
}

fn every_rate_drops_something(device: &Device) {
    let (batch, cell) = (Seq2SeqBatch::new(&pairs(), MARKS), cells(5).remove(3));
    let mut config = config(cell, 3);
    (config.encoder.num_layers, config.decoder.num_layers) = (2, 2);
    let model = config.init(device, &mut SeededRng::new(3));
    let none = training_loss(&model, &batch, DropoutRates::NONE);
    for change in [
        |rates: &mut DropoutRates| rates.input = 0.5,
        |rates: &mut DropoutRates| rates.between = 0.5,
        |rates: &mut DropoutRates| rates.recurrent = 0.5,
        |rates: &mut DropoutRates| rates.output = 0.5,
        |rates: &mut DropoutRates| rates.words = 0.5,
    ] {
        let mut rates = DropoutRates::NONE;
        change(&mut rates);
        assert_ne!(training_loss(&model, &batch, rates), none, "{rates:?}");
    }
    // Of single layers there is nothing between but what the attention looks at.
    (config.encoder.num_layers, config.decoder.num_layers) = (1, 1);
    let model = config.init(device, &mut SeededRng::new(3));
    let [none, between] = [0.0, 0.5].map(|between| {
        let rates = DropoutRates {
            between,
            ..DropoutRates::NONE
        };
        training_loss(&model, &batch, rates)
    });
    assert_ne!(none, between);
}

/// With a share `e` the target has `1 - e + e / V` of the probability, and every other token `e / V`.
fn smoothed_labels_are_a_share_of_every_token(device: &Device) {
    proptest!(ProptestConfig::with_cases(8), |(pairs in some_pairs(), share in 0.0..0.9_f64)| {
        let mut config = config(cells(5).remove(1), 1);
        config.label_smoothing = share;
        let model = config.init(device, &mut SeededRng::new(3));
        let batch = Seq2SeqBatch::new(&pairs, MARKS);
        let logits = values(model.pass(&batch, Pass::Evaluation).logits);
        let targets: Vec<u32> = batch.targets(device).into_data().iter::<u32>().collect();
        let steps = batch.target_lengths().steps();
        let mut sum = 0.0;
        for (at, logits) in logits.chunks(VOCABULARY).enumerate() {
            if at % steps >= batch.target_lengths().as_slice()[at / steps] {
                continue;
            }
            let norm = logits.iter().map(|&logit| f64::from(logit).exp()).sum::<f64>().ln();
            for (token, &logit) in logits.iter().enumerate() {
                let own = if token as u32 == targets[at] { 1.0 - share } else { 0.0 };
                sum += (own + share / VOCABULARY as f64) * (norm - f64::from(logit));
            }
        }
        let expected = (sum / batch.valid_steps() as f64) as f32;
        let found = training_loss(&model, &batch, DropoutRates::NONE);
        prop_assert!(close(&[found], &[expected]), "{found} {expected}");
        let plain = values(model.batch_loss(&batch).expect("the tokens are in range"));
        prop_assert!(close(&[evaluate(&model, [batch]) as f32], &plain));
    });
}

/// With embeddings that are the output layer's weight, and narrower than the decoder's outputs.
fn tied(index: usize) -> Seq2SeqConfig<AnyCellConfig> {
    let mut config = config(cells(24).remove(index), index);
    (config.embedding_size, config.tie_embeddings) = (20, true);
    config
}

fn tied_embeddings_learn_and_come_back_from_a_file(device: &Device) {
    let config = tied(1);
    let model = config.init(&device.clone().autodiff(), &mut SeededRng::new(3));
    let apart = Seq2SeqConfig {
        tie_embeddings: false,
        ..config.clone()
    };
    let apart = apart.init(device, &mut SeededRng::new(3));
    // The attention gives as much as the decoder where they are apart, and as much as an embedding where they are tied.
    let attended = |width: usize| {
        let decoder = model.decoder.output_size();
        (model.encoder.output_size() + decoder + 1) * width
    };
    assert_eq!(
        apart.num_params() - model.num_params(),
        VOCABULARY * 24 + attended(24) - attended(20)
    );
    let batch = Seq2SeqBatch::new(&pairs(), MARKS);
    let loss = model.batch_loss(&batch).expect("the tokens are in range");
    let gradients = GradientsParams::from_grads(loss.backward(), &model);
    assert_eq!(gradients.len(), burn::module::list_param_ids(&model).len());
    let folder = tempfile::tempdir().expect("a folder for the test");
    save(folder.path(), &config, &model).expect("the model is written");
    let (read, loaded) =
        load::<Seq2SeqConfig<AnyCellConfig>>(folder.path(), device).expect("the model is read");
    assert_eq!(read, config);
    let loss = |model: &Seq2Seq<AnyCell>| evaluate(model, [batch.clone()]);
    assert_eq!(loss(&loaded), loss(&model));
}

fn strings_are_turned_around_under_everything_that_is_dropped(device: &Device) {
    let mut config = tied(0);
    config.label_smoothing = 0.1;
    let model = config.init(&device.clone().autodiff(), &mut SeededRng::new(3));
    let regularization = DropoutRates::uniform(0.05).into();
    let config = TrainingConfig {
        regularization,
        ..TrainingConfig::default()
    };
    let mut training = TruncatedBptt::new(model, config, SeededRng::new(4)).unwrap();
    let pairs = pairs();
    let batches: Vec<Seq2SeqBatch> = [&pairs[..7], &pairs[7..]]
        .map(|pairs| Seq2SeqBatch::new(pairs, MARKS))
        .into();
    for step in 0..600 {
        training.train_window(&batches[step % 2], 1e-2).unwrap();
    }
    let model = training.model().valid();
    let sources: Vec<&[u32]> = pairs.iter().map(|(source, _)| source.as_slice()).collect();
    let limits = SearchLimits {
        marks: MARKS,
        max_length: 6,
    };
    let found = model.greedy(&sources, limits).expect("limits in range");
    let found: Vec<&[u32]> = found.iter().map(|it| it.tokens.as_slice()).collect();
    let expected: Vec<&[u32]> = pairs.iter().map(|(_, target)| target.as_slice()).collect();
    assert_eq!(found, expected);
}

recurra_cells::device_tests!(
    a_pass_is_the_forward_pass_unless_something_is_dropped,
    a_state_is_that_of_each_row,
    every_rate_drops_something,
    tied_embeddings_learn_and_come_back_from_a_file,
);

/// What takes too many passes for software Vulkan.
mod long {
    use super::{
        smoothed_labels_are_a_share_of_every_token,
        strings_are_turned_around_under_everything_that_is_dropped,
    };

    recurra_cells::cpu_tests!(
        smoothed_labels_are_a_share_of_every_token,
        strings_are_turned_around_under_everything_that_is_dropped,
    );
}

#[test]
#[should_panic(expected = "sources must be tokens below 6, got 6")]
fn a_source_beyond_its_vocabulary_panics() {
    let model = model(cells(5).remove(0), 0, &Device::default());
    model.assert_fits(&Seq2SeqBatch::new(&[([6], [2])], MARKS));
}
