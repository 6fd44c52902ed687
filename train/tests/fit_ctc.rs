//! A recogniser of every cell learns a few strings of noisy frames by heart.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, Lengths, LstmConfig, PeepholeLstmConfig,
    RecurrentConfig, RnnConfig, SeededRng,
};
use recurra_train::{ClippedAdam, ClippedAdamConfig, CtcRecognizer, CtcRecognizerConfig};

/// Single precision over a few hundred operations on numbers of about 1.
const TOLERANCE: f64 = 1e-5;
const LEARNING_RATE: f64 = 2e-2;
/// Several times what the slowest model needs.
const MOST_STEPS: usize = 500;
const SYMBOLS: usize = 4;
const STEPS: usize = 13;

/// Frames, padded with numbers that mean nothing, and the symbols in them.
struct Strings {
    features: Vec<f64>,
    lengths: Lengths,
    targets: Vec<Vec<u32>>,
}

impl Strings {
    /// Sixteen strings of two to four symbols. Each symbol lasts one or two frames and lifts the feature of its number;
    /// between symbols there may be a frame of noise alone, and between equal ones there is.
    fn new() -> Self {
        let mut rng = SeededRng::new(2);
        let (mut features, mut lengths, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..16 {
            let target: Vec<u32> = (0..2 + row % 3)
                .map(|_| rng.below(SYMBOLS) as u32)
                .collect();
            let mut frames: Vec<Option<u32>> = Vec::new();
            for (at, &symbol) in target.iter().enumerate() {
                let repeats = at > 0 && target[at - 1] == symbol;
                frames.extend((repeats || rng.unit() < 0.5).then_some(None));
                frames.extend(std::iter::repeat_n(Some(symbol), 1 + rng.below(2)));
            }
            lengths.push(frames.len());
            frames.resize(STEPS, None);
            for frame in frames {
                let lift = |feature| f64::from(frame == Some(feature as u32));
                features.extend((0..SYMBOLS).map(|feature| lift(feature) + 0.1 * rng.normal()));
            }
            targets.push(target);
        }
        let lengths = Lengths::new(lengths, STEPS).expect("no string is longer");
        Self {
            features,
            lengths,
            targets,
        }
    }

    fn features(&self, device: &Device) -> Tensor<3> {
        let shape = [self.targets.len(), STEPS, SYMBOLS];
        Tensor::from_data(TensorData::new(self.features.clone(), shape), device)
    }
}

/// A recogniser of each of the four cells, in each direction.
fn configs(hidden: usize) -> Vec<CtcRecognizerConfig<AnyCellConfig>> {
    let config = |cell, direction| {
        let network = RecurrentConfig::new(cell).with_direction(direction);
        CtcRecognizerConfig::new(SYMBOLS, SYMBOLS, network)
    };
    vec![
        config(AnyCellConfig::Rnn(RnnConfig::new(hidden)), Direction::Both),
        config(
            AnyCellConfig::Lstm(LstmConfig::new(hidden)),
            Direction::Forward,
        ),
        config(
            AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden)),
            Direction::Both,
        ),
        config(
            AnyCellConfig::Gru(GruConfig::new(hidden)),
            Direction::Backward,
        ),
    ]
}

fn model(config: &CtcRecognizerConfig<AnyCellConfig>, device: &Device) -> CtcRecognizer<AnyCell> {
    config.init(device, &mut SeededRng::new(3))
}

fn every_cell_learns_to_read_frames(device: &Device) {
    let (strings, plain, device) = (Strings::new(), device, device.clone().autodiff());
    for config in configs(16) {
        let mut model = model(&config, &device);
        // The symbols of the likeliest alignment, and the likeliest symbols, which are learned a little later.
        let is_fit = |model: &CtcRecognizer<AnyCell>| {
            let (model, features) = (model.valid(), strings.features(plain));
            let greedy = model.greedy(features.clone(), Some(&strings.lengths));
            let beams = model.beam_search(features, Some(&strings.lengths), 8);
            let beams = beams.expect("the width is in range");
            let best = beams.iter().map(|beam| &beam[0].symbols);
            greedy == strings.targets && best.eq(&strings.targets)
        };
        assert!(!is_fit(&model));
        let mut adam = ClippedAdam::new(ClippedAdamConfig::new(5.0)).expect("the norm is in range");
        for step in 0.. {
            if step % 20 == 0 && is_fit(&model) {
                break;
            }
            assert!(step < MOST_STEPS, "{config:?} does not fit");
            let log_probs = model.forward(strings.features(&device), strings.lengths.clone());
            let loss = model
                .loss(log_probs, Some(&strings.lengths), &strings.targets)
                .expect("the strings fit their frames");
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = adam.step(LEARNING_RATE, model, gradients).0;
        }
    }
}

fn frames_are_distributions_and_padding_has_no_say(device: &Device) {
    let strings = Strings::new();
    let noise = Tensor::<3>::full([16, STEPS, SYMBOLS], 7.0, device);
    let spoilt = strings
        .lengths
        .zero_padding(strings.features(device) - noise.clone())
        + noise;
    for config in configs(5) {
        let model = model(&config, device);
        assert_eq!((model.vocabulary_size(), model.blank()), (SYMBOLS, SYMBOLS));
        let loss = |features: Tensor<3>| {
            let log_probs = model.forward(features, strings.lengths.clone());
            assert_eq!(log_probs.dims(), [16, STEPS, SYMBOLS + 1]);
            let sums = log_probs.clone().exp().sum_dim(2).into_data();
            assert!(sums.iter::<f64>().all(|sum| (sum - 1.0).abs() < TOLERANCE));
            let loss = model.loss(log_probs, Some(&strings.lengths), &strings.targets);
            loss.expect("the strings fit their frames")
                .into_scalar::<f64>()
        };
        let (clean, spoilt) = (loss(strings.features(device)), loss(spoilt.clone()));
        assert!(
            (clean - spoilt).abs() < TOLERANCE * clean,
            "{clean} and {spoilt}"
        );
    }
}

fn a_beam_of_no_width_is_refused(device: &Device) {
    let model = model(&configs(5)[0], device);
    let features = Strings::new().features(device);
    let refused = model.beam_search(features, None, 0).expect_err("no width");
    assert_eq!(refused.to_string(), "width must be at least 1, got 0");
}

recurra_cells::cpu_tests!(
    every_cell_learns_to_read_frames,
    frames_are_distributions_and_padding_has_no_say,
    a_beam_of_no_width_is_refused,
);

#[test]
fn configurations_are_checked_and_come_back_from_their_files() {
    let config = configs(5).remove(0);
    let text = serde_json::to_string(&config).expect("a configuration serialises");
    let read: CtcRecognizerConfig<AnyCellConfig> =
        serde_json::from_str(&text).expect("and comes back");
    assert_eq!(read, config);
    let more = text.replacen('{', "{\"blank\": 0, ", 1);
    assert!(serde_json::from_str::<CtcRecognizerConfig<AnyCellConfig>>(&more).is_err());
    let refused = CtcRecognizerConfig {
        vocabulary_size: 0,
        ..config.clone()
    };
    assert_eq!(
        refused.validate().expect_err("no symbols").to_string(),
        "vocabulary_size must be at least 1, got 0"
    );
    let refused = CtcRecognizerConfig {
        input_size: 0,
        ..config
    };
    assert_eq!(
        refused.validate().expect_err("no features").to_string(),
        "input_size must be at least 1, got 0"
    );
}
