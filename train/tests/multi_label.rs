//! The next-step predictor of label sets: its loss against plain arithmetic, padding, dropout, sampling, and a fit.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::{
    AnyCell, AnyCellConfig, Direction, GruConfig, LstmConfig, PeepholeLstmConfig, RecurrentConfig,
    RnnConfig, SeededRng,
};
use recurra_train::{
    ClippedAdam, ClippedAdamConfig, DropoutRates, MultiLabelBatch, MultiLabelPredictor,
    MultiLabelPredictorConfig,
};

const LABELS: usize = 5;

/// Sums in another order, relative to a loss of up to some hundred nats.
const TOLERANCE: f64 = 1e-5;

type Sequence = Vec<Vec<usize>>;

fn configs(hidden: usize) -> [MultiLabelPredictorConfig<AnyCellConfig>; 4] {
    [
        AnyCellConfig::Rnn(RnnConfig::new(hidden)),
        AnyCellConfig::Lstm(LstmConfig::new(hidden)),
        AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden)),
        AnyCellConfig::Gru(GruConfig::new(hidden)),
    ]
    .map(|cell| MultiLabelPredictorConfig::new(LABELS, RecurrentConfig::new(cell)))
}

/// Two layers of LSTM.
fn deep_model(device: &Device, seed: u64) -> MultiLabelPredictor<AnyCell> {
    let mut config = configs(4)[1].clone();
    config.network.num_layers = 2;
    config.init(device, &mut SeededRng::new(seed))
}

/// Sequences of random label sets, each with its own length.
fn sequences(lengths: &[usize], seed: u64) -> Vec<Sequence> {
    let mut rng = SeededRng::new(seed);
    let mut labels = || (0..LABELS).filter(|_| rng.unit() < 0.4).collect();
    let mut sequence = |&length: &usize| (0..length).map(|_| labels()).collect();
    lengths.iter().map(&mut sequence).collect()
}

/// The negative log-likelihood a step, summed over labels, in `f64` with no thought for speed.
fn plain_loss(logits: &[f32], sequences: &[Sequence]) -> f64 {
    let steps = sequences.iter().map(Vec::len).max().unwrap() - 1;
    let (mut nats, mut count) = (0.0, 0);
    for (row, sequence) in sequences.iter().enumerate() {
        for (step, next) in sequence[1..].iter().enumerate() {
            for label in 0..LABELS {
                let logit = f64::from(logits[(row * steps + step) * LABELS + label]);
                let against = if next.contains(&label) { -logit } else { logit };
                // log(1 + exp(x)), without overflow.
                nats += against.max(0.0) + (-against.abs()).exp().ln_1p();
            }
            count += 1;
        }
    }
    nats / f64::from(count)
}

fn any_lengths() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(2usize..8, 1..5)
}

fn loss_is_that_of_plain_arithmetic(device: &Device) {
    let model = deep_model(device, 1);
    let case = |(lengths, scale, seed): (Vec<usize>, f32, u64)| {
        let sequences = sequences(&lengths, seed);
        let batch = MultiLabelBatch::new(&sequences, LABELS).unwrap();
        let steps = lengths.iter().max().unwrap() - 1;
        let mut rng = SeededRng::new(seed);
        let logits: Vec<f32> = (0..lengths.len() * steps * LABELS)
            .map(|_| scale * rng.normal() as f32)
            .collect();
        let shape = [lengths.len(), steps, LABELS];
        let tensor = Tensor::from_data(TensorData::new(logits.clone(), shape), device);
        let loss = model.loss(tensor, batch.targets(device), Some(batch.lengths()));
        let (loss, plain) = (loss.into_scalar::<f64>(), plain_loss(&logits, &sequences));
        prop_assert!(
            (loss - plain).abs() <= TOLERANCE * plain.max(1.0),
            "{} and {}",
            loss,
            plain
        );
        Ok(())
    };
    // Logits of a thousand would overflow an exponential.
    let scales = prop_oneof![Just(0.0f32), Just(1.0), Just(30.0), Just(1000.0)];
    run(&(any_lengths(), scales, any::<u64>()), case);
}

fn gradients_stay_finite_far_out(device: &Device) {
    let device = device.clone().autodiff();
    let model = deep_model(&device, 1);
    for (logit, target, expected) in [
        (0.0, 1.0, -0.5),
        (0.0, 0.0, 0.5),
        (500.0, 1.0, 0.0),
        (500.0, 0.0, 1.0),
        (-500.0, 1.0, -1.0),
        (-500.0, 0.0, 0.0),
    ] {
        let full = |value: f64| Tensor::<3>::full([1, 1, LABELS], value, &device);
        let logits = full(logit).require_grad();
        let gradients = model.loss(logits.clone(), full(target), None).backward();
        let gradient = logits
            .grad(&gradients)
            .expect("the loss depends on the logits");
        for value in gradient.into_data().iter::<f64>() {
            assert!(
                (value - expected).abs() < 1e-6,
                "{logit}, {target}: {value}"
            );
        }
    }
}

fn padding_changes_no_loss_and_no_gradient(device: &Device) {
    let model = deep_model(&device.clone().autodiff(), 2);
    let case = |(lengths, seed): (Vec<usize>, u64)| {
        let sequences = sequences(&lengths, seed);
        let together = loss_and_gradients(&model, &sequences);
        let mut apart = vec![0.0; together.len()];
        let steps: usize = lengths.iter().map(|length| length - 1).sum();
        for (sequence, length) in sequences.iter().zip(&lengths) {
            let share = (length - 1) as f64 / steps as f64;
            let own = loss_and_gradients(&model, std::slice::from_ref(sequence));
            apart
                .iter_mut()
                .zip(own)
                .for_each(|(sum, own)| *sum += share * own);
        }
        for (together, apart) in together.iter().zip(&apart) {
            prop_assert!(
                (together - apart).abs() < TOLERANCE,
                "{} and {}",
                together,
                apart
            );
        }
        Ok(())
    };
    run(&(any_lengths(), any::<u64>()), case);
}

/// The loss of a batch, and behind it every gradient.
fn loss_and_gradients(model: &MultiLabelPredictor<AnyCell>, sequences: &[Sequence]) -> Vec<f64> {
    struct Collect<'a>(&'a GradientsParams, Vec<f64>);
    impl ModuleVisitor for Collect<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = self
                .0
                .get::<D>(param.id)
                .expect("every parameter has a gradient");
            self.1.extend(gradient.into_data().iter::<f64>());
        }
    }
    let (batch, device) = (
        MultiLabelBatch::new(sequences, LABELS).unwrap(),
        model.device(),
    );
    let logits = model.forward(batch.inputs(&device), batch.lengths().clone());
    let loss = model.loss(logits, batch.targets(&device), Some(batch.lengths()));
    let gradients = GradientsParams::from_grads(loss.backward(), model);
    let mut collect = Collect(&gradients, vec![loss.into_scalar::<f64>()]);
    model.visit(&mut collect);
    collect.1
}

fn evaluation_is_the_mean_over_all_predicted_steps(device: &Device) {
    let model = deep_model(device, 3);
    let sequences = sequences(&[2, 7, 4], 5);
    let whole = MultiLabelBatch::new(&sequences, LABELS).unwrap();
    assert_eq!((whole.batch_size(), whole.predicted_steps()), (3, 10));
    let parts = sequences
        .chunks(1)
        .map(|rows| MultiLabelBatch::new(rows, LABELS).unwrap());
    let nats: f64 = parts
        .map(|it| model.evaluate(&it) * it.predicted_steps() as f64)
        .sum();
    assert!((nats / 10.0 - model.evaluate(&whole)).abs() < TOLERANCE);
}

fn dropout_is_the_same_at_every_step_and_absent_at_zero(device: &Device) {
    let model = deep_model(device, 4);
    let batch = MultiLabelBatch::new(&sequences(&[6, 3], 1), LABELS).unwrap();
    let run = |dropout, seed| {
        let masks = model.sample_masks(2, &dropout, &mut SeededRng::new(seed));
        let logits = model.forward_masked(batch.inputs(device), batch.lengths().clone(), masks);
        logits.into_data().iter::<f32>().collect::<Vec<f32>>()
    };
    let plain = model.forward(batch.inputs(device), batch.lengths().clone());
    let plain: Vec<f32> = plain.into_data().iter::<f32>().collect();
    assert_eq!(run(DropoutRates::NONE, 1), plain);
    for dropout in [
        DropoutRates {
            input: 0.5,
            ..DropoutRates::NONE
        },
        DropoutRates {
            between: 0.5,
            ..DropoutRates::NONE
        },
        DropoutRates {
            recurrent: 0.5,
            ..DropoutRates::NONE
        },
        DropoutRates {
            output: 0.5,
            ..DropoutRates::NONE
        },
    ] {
        assert_eq!(run(dropout, 1), run(dropout, 1));
        assert_ne!(run(dropout, 1), plain, "{dropout:?}");
        assert_ne!(run(dropout, 1), run(dropout, 2), "{dropout:?}");
        let masks = model.sample_masks(2, &dropout, &mut SeededRng::new(1));
        let drawn = |mask: &Option<Tensor<2>>| mask.is_some();
        assert_eq!(drawn(&masks.layers[0].input), dropout.input > 0.0);
        assert_eq!(drawn(&masks.layers[1].input), dropout.between > 0.0);
        assert_eq!(
            drawn(&masks.layers[1].forward_recurrent),
            dropout.recurrent > 0.0
        );
        assert_eq!(drawn(&masks.output), dropout.output > 0.0);
    }
}

/// Sixteen sequences whose rest is decided by their first two steps: labels that move on by one or two places.
fn sixteen_sequences() -> Vec<Sequence> {
    let mut made = Vec::new();
    for first in 0..LABELS {
        for stride in 1..LABELS {
            let place = |step: usize| (first + step * stride) % LABELS;
            let labels = |step| vec![place(step), (place(step) + 1) % LABELS];
            made.push((0..4 + stride % 3).map(labels).collect());
        }
    }
    made.truncate(16);
    made
}

fn every_cell_fits_sixteen_sequences(device: &Device) {
    // The first prediction of four cannot know the stride: the four sets that may follow share labels, and what is left
    // open is what the best predictor is left with.
    let sequences = sixteen_sequences();
    let (batch, known) = (
        MultiLabelBatch::new(&sequences, LABELS).unwrap(),
        open_nats(&sequences),
    );
    for config in configs(24) {
        let mut model = config
            .init(&device.clone().autodiff(), &mut SeededRng::new(1))
            .train();
        let mut optimizer = ClippedAdam::new(ClippedAdamConfig::new(1.0)).unwrap();
        for _ in 0..250 {
            let device = model.device();
            let logits = model.forward(batch.inputs(&device), batch.lengths().clone());
            let loss = model.loss(logits, batch.targets(&device), Some(batch.lengths()));
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = optimizer.step(2e-2, model, gradients).0;
        }
        let nats = model.evaluate(&batch);
        assert!(
            nats > known - 1e-4 && nats < known + 0.05,
            "{config:?}: {nats}, at best {known}"
        );
    }
}

/// The nats a step that no predictor can get below: those of the first predictions, from the frequency of each label among
/// the sequences that begin alike.
fn open_nats(sequences: &[Sequence]) -> f64 {
    let steps: usize = sequences.iter().map(|it| it.len() - 1).sum();
    let mut nats = 0.0;
    for sequence in sequences {
        let alike: Vec<&Sequence> = sequences.iter().filter(|it| it[0] == sequence[0]).collect();
        for label in 0..LABELS {
            let holding = alike.iter().filter(|it| it[1].contains(&label)).count();
            let share = holding as f64 / alike.len() as f64;
            nats -= if sequence[1].contains(&label) {
                share
            } else {
                1.0 - share
            }
            .ln();
        }
    }
    nats / steps as f64
}

fn samples_follow_the_probabilities(device: &Device) {
    let model = deep_model(device, 1);
    let biased = |bias: [f32; LABELS]| {
        let mut model = model.clone();
        let weight = model.output.weight.clone();
        model.output.weight = weight.map(|weight| weight * 0.0);
        let bias = Tensor::from_data(TensorData::new(bias.to_vec(), [LABELS]), device);
        model.output.bias = Some(Param::from_tensor(bias));
        model
    };
    let certain = biased([100.0, -100.0, 100.0, -100.0, -100.0]);
    let mut drawn = certain.sample(&[vec![1]], 1.0, SeededRng::new(1)).unwrap();
    assert!((0..5).all(|_| drawn.next() == Some(vec![0, 2])));
    // Probabilities 3/4 at a temperature of 1, and 9/10 at one half, as the odds are squared.
    for (temperature, expected) in [(1.0, 0.75), (0.5, 0.9)] {
        let model = biased([3.0f32.ln(); LABELS]);
        let drawn = model
            .sample(&[vec![]], temperature, SeededRng::new(2))
            .unwrap();
        let labels: usize = drawn.take(400).map(|labels| labels.len()).sum();
        let share = labels as f64 / (400 * LABELS) as f64;
        // Four standard deviations of a share of 2000 draws.
        assert!(
            (share - expected).abs() < 0.04,
            "{share}, expected {expected}"
        );
    }
}

fn a_sample_goes_on_as_if_what_was_drawn_had_been_in_the_prompt(device: &Device) {
    let model = deep_model(device, 7);
    let prompt: Sequence = vec![vec![0], vec![1, 4], vec![]];
    let draw = |prompt: &[Vec<usize>], count, rng| -> Sequence {
        let sampler = model.sample(prompt, 1.0, rng).unwrap();
        sampler.take(count).collect()
    };
    let drawn = draw(&prompt, 6, SeededRng::new(1));
    assert_ne!(drawn, draw(&prompt, 6, SeededRng::new(2)));
    let mut rng = SeededRng::new(1);
    (0..4 * LABELS).for_each(|_| {
        rng.unit();
    });
    let longer = [prompt.as_slice(), &drawn[..4]].concat();
    assert_eq!(draw(&longer, 2, rng), drawn[4..]);
}

recurra_cells::cpu_tests!(
    loss_is_that_of_plain_arithmetic,
    gradients_stay_finite_far_out,
    padding_changes_no_loss_and_no_gradient,
    evaluation_is_the_mean_over_all_predicted_steps,
    dropout_is_the_same_at_every_step_and_absent_at_zero,
    every_cell_fits_sixteen_sequences,
    samples_follow_the_probabilities,
    a_sample_goes_on_as_if_what_was_drawn_had_been_in_the_prompt,
);

/// Runs a property a few times, as each case builds tensors on a device.
fn run<S: Strategy>(strategy: &S, case: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = ProptestConfig {
        cases: 16,
        failure_persistence: None,
        ..Default::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(strategy, case)
        .unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_configuration_says_what_is_wrong_and_survives_json() {
    let config = &configs(3)[1];
    let json = serde_json::to_string(config).unwrap();
    assert_eq!(
        &serde_json::from_str::<MultiLabelPredictorConfig<AnyCellConfig>>(&json).unwrap(),
        config
    );
    assert!(config.validate().is_ok());
    let empty = MultiLabelPredictorConfig {
        num_labels: 0,
        ..config.clone()
    };
    assert_eq!(
        empty.validate().unwrap_err().to_string(),
        "num_labels must be at least 1, got 0"
    );
    let mut both = config.clone();
    both.network.direction = Direction::Both;
    assert_eq!(
        both.validate().unwrap_err().to_string(),
        "direction must be forward, got both"
    );
}

#[test]
fn batches_and_prompts_say_what_is_wrong() {
    let error = |sequences: &[Sequence]| {
        MultiLabelBatch::new(sequences, LABELS)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(error(&[]), "sequences must be at least one, got 0");
    assert_eq!(
        error(&[vec![vec![], vec![]], vec![vec![]]]),
        "sequences must be at least 2 steps long, got 1"
    );
    assert_eq!(
        error(&[vec![vec![0], vec![1, 5]]]),
        "sequences must be labels below 5, got 5"
    );
    let model = deep_model(&Device::default(), 1);
    let refusal = |prompt: &[Vec<usize>], temperature| {
        let refused = model.sample(prompt, temperature, SeededRng::new(1));
        refused.err().expect("it is refused").to_string()
    };
    assert_eq!(
        refusal(&[], 1.0),
        "prompt must be at least one step, got none"
    );
    assert_eq!(
        refusal(&[vec![5]], 1.0),
        "prompt must be labels below 5, got 5"
    );
    assert_eq!(
        refusal(&[vec![0]], 0.0),
        "temperature must be above 0 and finite, got 0"
    );
}
