//! A tagger of spelled words, on every device of this build.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor};
use proptest::prelude::*;
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, LstmConfig, NetworkInput, RecurrentConfig,
    SeededRng,
};
use recurra_train::{
    DropoutRates, Pass, Regularization, SequenceModel, SequenceWindow, SpelledRows, SpelledWord,
    TagDecoder, TokenRows, TrainingConfig, TruncatedBptt, WordTagger, WordTaggerBatch,
    WordTaggerConfig, evaluate, load, save,
};

const VOCABULARY: usize = 6;
const CHARACTERS: usize = 9;
const CLASSES: usize = 3;
const DECODERS: [TagDecoder; 2] = [TagDecoder::Softmax, TagDecoder::Crf];
/// A few roundings of single precision, for logits of about 1.
const TOLERANCE: f32 = 2e-5;

type Sentences = Vec<Vec<SpelledWord>>;

fn config(
    direction: Direction,
    layers: usize,
    decoder: TagDecoder,
) -> WordTaggerConfig<AnyCellConfig> {
    let network = |cell| {
        RecurrentConfig::new(cell)
            .with_direction(direction)
            .with_num_layers(layers)
    };
    let networks = [
        network(AnyCellConfig::Gru(GruConfig::new(5))),
        network(AnyCellConfig::Lstm(LstmConfig::new(7))),
    ];
    let mut config = WordTaggerConfig::new([VOCABULARY, 4], [CHARACTERS, 3], networks, CLASSES);
    config.decoder = decoder;
    config
}

/// A tagger that runs both ways.
fn tagger(decoder: TagDecoder, device: &Device) -> WordTagger<AnyCell> {
    config(Direction::Both, 1, decoder).init(device, &mut SeededRng::new(3))
}

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

fn word(word: u32, characters: &[u32]) -> SpelledWord {
    let characters = characters.to_vec();
    SpelledWord { word, characters }
}

/// Sentences of any length, of words of any length.
fn sentences() -> impl Strategy<Value = Sentences> {
    let characters = proptest::collection::vec(0..CHARACTERS as u32, 0..4);
    let word = (0..VOCABULARY as u32, characters);
    let word = word.prop_map(|(word, characters)| SpelledWord { word, characters });
    let sentence = proptest::collection::vec(word, 0..5);
    let sentences = proptest::collection::vec(sentence, 1..4);
    sentences.prop_filter("a word", |rows| rows.iter().any(|row| !row.is_empty()))
}

fn directions() -> impl Strategy<Value = Direction> {
    use Direction::{Backward, Both, Forward};
    prop_oneof![Just(Forward), Just(Backward), Just(Both)]
}

/// Each word with the label that the number of its first character makes.
fn labelled(sentences: &Sentences) -> WordTaggerBatch {
    let label = |it: &SpelledWord| it.characters.first().map_or(0, |it| it % CLASSES as u32);
    let labels: Vec<Vec<u32>> = sentences
        .iter()
        .map(|sentence| sentence.iter().map(label).collect())
        .collect();
    WordTaggerBatch::new(SpelledRows::new(sentences), &labels)
}

/// The logits of the words of a sentence, each word spelled by itself.
fn one_by_one(model: &WordTagger<AnyCell>, sentence: &[SpelledWord]) -> Vec<f32> {
    if sentence.is_empty() {
        return Vec::new();
    }
    let device = model.device();
    let read = |it: &SpelledWord| {
        let number = Tensor::<2, Int>::from_data([[it.word]], &device);
        let vector = model.word_embedding.forward(number);
        let spelling = TokenRows::padded(&[it.characters.as_slice()], 0);
        let spelled = model.spell(&spelling).unsqueeze_dim(1);
        Tensor::cat(vec![vector, spelled], 2)
    };
    let words = Tensor::cat(sentence.iter().map(read).collect(), 1);
    let outputs = model.network.forward(NetworkInput::new(words)).outputs;
    values(model.output.forward(outputs))
}

fn words_are_read_with_their_spelling(device: &Device) {
    let cases = (sentences(), directions(), 1..3_usize);
    proptest!(ProptestConfig::with_cases(12), |((sentences, direction, layers) in cases)| {
        let config = config(direction, layers, TagDecoder::Softmax);
        let model = config.init(device, &mut SeededRng::new(3));
        let rows = SpelledRows::new(&sentences);
        let logits = model.pass(&rows, Pass::Evaluation).logits;
        let [_, steps, _] = logits.dims();
        let logits = values(logits);
        for (sentence, logits) in sentences.iter().zip(logits.chunks(steps * CLASSES)) {
            let expected = one_by_one(&model, sentence);
            let found = &logits[..sentence.len() * CLASSES];
            prop_assert!(close(found, &expected), "{found:?}, not {expected:?}");
        }
    });
}

fn a_pass_of_training_is_that_of_evaluation_unless_something_is_dropped(device: &Device) {
    proptest!(ProptestConfig::with_cases(8), |(sentences in sentences())| {
        for decoder in DECODERS {
            let (model, batch) = (tagger(decoder, device), labelled(&sentences));
            let loss = |rates: DropoutRates| {
                let pass = Pass::Training {
                    regularization: &Regularization::from(rates),
                    rng: &mut SeededRng::new(1),
                };
                values(model.window_loss(&batch, None, pass).mean)
            };
            let expected = values(model.window_loss(&batch, None, Pass::Evaluation).mean);
            prop_assert!(close(&loss(DropoutRates::NONE), &expected));
            let rates = DropoutRates { words: 0.2, ..DropoutRates::uniform(0.5) };
            prop_assert_eq!(loss(rates), loss(rates));
            let words = sentences.iter().map(Vec::len).sum::<usize>();
            prop_assert_eq!((batch.batch_size(), batch.valid_steps()), (sentences.len(), words));
            let predicted = model.predict(batch.rows());
            let lengths = predicted.iter().map(Vec::len);
            prop_assert!(lengths.eq(sentences.iter().map(Vec::len)));
        }
    });
}

fn every_rate_drops_something(device: &Device) {
    let config = config(Direction::Both, 2, TagDecoder::Crf);
    let model = config.init(device, &mut SeededRng::new(3));
    let batch = labelled(&vec![
        vec![word(1, &[2, 3]), word(2, &[4]), word(3, &[7, 1, 1])],
        vec![word(4, &[5, 8]), word(5, &[])],
    ]);
    let loss = |rates: DropoutRates| {
        let pass = Pass::Training {
            regularization: &Regularization::from(rates),
            rng: &mut SeededRng::new(2),
        };
        values(model.window_loss(&batch, None, pass).mean)
    };
    let none = loss(DropoutRates::NONE);
    for change in [
        |rates: &mut DropoutRates| rates.input = 0.5,
        |rates: &mut DropoutRates| rates.between = 0.5,
        |rates: &mut DropoutRates| rates.recurrent = 0.5,
        |rates: &mut DropoutRates| rates.output = 0.5,
        |rates: &mut DropoutRates| rates.words = 0.5,
    ] {
        let mut rates = DropoutRates::NONE;
        change(&mut rates);
        assert_ne!(loss(rates), none, "{rates:?}");
    }
}

fn every_weight_learns_and_comes_back_from_a_file(device: &Device) {
    for decoder in DECODERS {
        let config = config(Direction::Both, 1, decoder);
        let model = config.init(&device.clone().autodiff(), &mut SeededRng::new(3));
        let batch = labelled(&vec![
            vec![word(1, &[2, 3]), word(0, &[4])],
            vec![word(2, &[3])],
        ]);
        let loss = model.window_loss(&batch, None, Pass::Evaluation).mean;
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        assert_eq!(gradients.len(), burn::module::list_param_ids(&model).len());
        let folder = tempfile::tempdir().expect("a folder for the test");
        save(folder.path(), &config, &model).expect("the model is written");
        let (read, loaded) = load::<WordTaggerConfig<AnyCellConfig>>(folder.path(), device)
            .expect("the model is read");
        assert_eq!(read, config);
        let loss = |model: &WordTagger<AnyCell>| evaluate(model, [batch.clone()]);
        assert_eq!(loss(&loaded), loss(&model));
    }
}

/// Words of which half are unknown, and the others say nothing of their label, which the last character makes.
fn suffixed(rows: usize, rng: &mut SeededRng) -> WordTaggerBatch {
    let (mut sentences, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let (mut sentence, mut own) = (Vec::new(), Vec::new());
        for _ in 0..1 + rng.below(5) {
            let label = rng.below(CLASSES) as u32;
            let stem = (0..1 + rng.below(3)).map(|_| rng.below(CHARACTERS) as u32);
            let mut characters: Vec<u32> = stem.collect();
            characters.push((CHARACTERS - CLASSES) as u32 + label);
            let number = [0, rng.below(VOCABULARY)][rng.below(2)] as u32;
            sentence.push(word(number, &characters));
            own.push(label);
        }
        sentences.push(sentence);
        labels.push(own);
    }
    WordTaggerBatch::new(SpelledRows::new(&sentences), &labels)
}

fn suffixes_are_learned_of_words_never_seen(device: &Device) {
    for decoder in DECODERS {
        let model = tagger(decoder, &device.clone().autodiff());
        let config = TrainingConfig {
            regularization: DropoutRates {
                words: 0.1,
                output: 0.1,
                ..DropoutRates::NONE
            }
            .into(),
            ..TrainingConfig::default()
        };
        let mut training = TruncatedBptt::new(model, config, SeededRng::new(4)).unwrap();
        let mut rng = SeededRng::new(5);
        for step in 0..200 {
            let batch = suffixed([16, 5, 9][step % 3], &mut rng);
            training.train_window(&batch, 2e-2).unwrap();
        }
        let (model, test) = (training.model().valid(), suffixed(60, &mut rng));
        let labels: Vec<u32> = test.labels(device).into_data().iter::<u32>().collect();
        let steps = test.rows().lengths().steps();
        let predicted = model.predict(test.rows());
        let right = predicted
            .iter()
            .zip(labels.chunks(steps))
            .map(|(found, row)| {
                let pairs = found.iter().zip(row);
                pairs.filter(|(found, label)| found == label).count()
            });
        let share = right.sum::<usize>() as f64 / test.valid_steps() as f64;
        assert!(share > 0.97, "{decoder:?}: {share}");
    }
}

recurra_cells::device_tests!(
    words_are_read_with_their_spelling,
    a_pass_of_training_is_that_of_evaluation_unless_something_is_dropped,
    every_rate_drops_something,
    every_weight_learns_and_comes_back_from_a_file,
);

/// What takes too many passes for software Vulkan.
mod long {
    use super::suffixes_are_learned_of_words_never_seen;

    recurra_cells::cpu_tests!(suffixes_are_learned_of_words_never_seen);
}

#[test]
fn each_spelling_is_read_once() {
    let sentences = vec![
        vec![word(1, &[2, 3]), word(0, &[4]), word(2, &[2, 3])],
        vec![word(1, &[4]), word(1, &[])],
    ];
    let rows = SpelledRows::new(&sentences);
    assert_eq!(rows.words().as_slice(), [1, 0, 2, 1, 1, 0]);
    assert_eq!(rows.spellings().as_slice(), [2, 3, 4, 0, 0, 0]);
    assert_eq!(rows.spellings().lengths().as_slice(), [2, 1, 0]);
    let places = rows.places(&Device::default()).into_data();
    assert_eq!(places.iter::<i64>().collect::<Vec<_>>(), [0, 1, 0, 1, 2, 0]);
    assert_eq!(rows.lengths().as_slice(), [3, 2]);
}

#[test]
fn sentences_without_a_word_have_no_labels() {
    let rows = SpelledRows::new(&[Vec::new(), Vec::new()]);
    for decoder in DECODERS {
        let model = tagger(decoder, &Device::default());
        assert_eq!(model.predict(&rows), [[0_u32; 0]; 2]);
    }
}

#[test]
fn configurations_are_checked_and_come_back_from_their_files() {
    let config = config(Direction::Both, 1, TagDecoder::Crf);
    let text = serde_json::to_string(&config).expect("a configuration serialises");
    assert!(text.contains("\"decoder\":\"crf\""), "{text}");
    let read: WordTaggerConfig<AnyCellConfig> = serde_json::from_str(&text).expect("it comes back");
    assert_eq!(read, config);
    let plain = text.replace(",\"decoder\":\"crf\"", "");
    let read: WordTaggerConfig<AnyCellConfig> = serde_json::from_str(&plain).expect("by default");
    assert_eq!(read.decoder, TagDecoder::Softmax);
    let refused = WordTaggerConfig {
        character_embedding_size: 0,
        ..config
    };
    assert_eq!(
        refused.validate().expect_err("no width").to_string(),
        "character_embedding_size must be at least 1, got 0"
    );
}

#[test]
#[should_panic(expected = "label 3 is not one of 3 classes")]
fn a_label_that_is_no_class_panics() {
    let rows = SpelledRows::new(&[vec![word(1, &[2])]]);
    let batch = WordTaggerBatch::new(rows, &[[3]]);
    tagger(TagDecoder::Crf, &Device::default()).assert_fits(&batch);
}

#[test]
#[should_panic(expected = "token 9 is not below the vocabulary of 9")]
fn a_character_beyond_their_number_panics() {
    let rows = SpelledRows::new(&[vec![word(1, &[9])]]);
    tagger(TagDecoder::Softmax, &Device::default()).predict(&rows);
}

#[test]
#[should_panic(expected = "the labels of sentences of [1] words are [2]")]
fn a_label_without_a_word_panics() {
    let rows = SpelledRows::new(&[vec![word(1, &[2])]]);
    WordTaggerBatch::new(rows, &[[0, 1]]);
}

#[test]
#[should_panic(expected = "all its sentences are empty")]
fn a_batch_of_nothing_panics() {
    WordTaggerBatch::new(SpelledRows::new(&[Vec::new()]), &[Vec::new()]);
}
