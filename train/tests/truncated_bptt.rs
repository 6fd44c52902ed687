//! What truncated backpropagation does with windows, borders, gradients that are not finite, and averages.

mod corpus;
mod multiplied;
#[path = "truncated_bptt/skipping.rs"]
mod skipping;

use burn::tensor::Device;
use corpus::{TEXT, any_model, configs, model, weights, windows};
use recurra_cells::{AnyCell, Lengths, SeededRng};
use recurra_train::checkpoint::Checkpoint;
use recurra_train::{
    DropoutRates, LanguageModel, OptimizerKind, Precision, TokenWindow, TrainingConfig,
    TruncatedBptt, evaluate,
};

/// Sums in another order differ by this much, relative to numbers of about 1.
const TOLERANCE: f32 = 2e-5;
const LOSS_TOLERANCE: f64 = 1e-5;

type Training = TruncatedBptt<LanguageModel<AnyCell>>;

/// Steps that are the gradients themselves.
fn descent() -> TrainingConfig {
    TrainingConfig {
        optimizer: OptimizerKind::Sgd,
        ..TrainingConfig::default()
    }
}

fn training(model: LanguageModel<AnyCell>, config: TrainingConfig) -> Training {
    TruncatedBptt::new(model, config, SeededRng::new(1)).expect("the configuration is in range")
}

/// Windows of two rows of which the first `valid` steps of each are valid.
fn ragged(valid: &[[usize; 2]]) -> Vec<TokenWindow> {
    let ragged = |(window, valid): (TokenWindow, &[usize; 2])| {
        let lengths = Lengths::new(valid.to_vec(), window.steps()).expect("rows of the window");
        window.with_lengths(lengths)
    };
    windows(2, 5).into_iter().zip(valid).map(ragged).collect()
}

fn assert_close(left: &[f32], right: &[f32], what: &str) {
    assert_eq!(left.len(), right.len());
    for (index, (l, r)) in left.iter().zip(right).enumerate() {
        let close = (l - r).abs() <= TOLERANCE * (1.0 + r.abs());
        assert!(close, "{what}: weight {index} is {l}, expected {r}");
    }
}

/// One step on several windows takes the mean over all valid steps, however they are spread.
fn accumulated_gradients_are_a_mean_over_valid_steps(device: &Device) {
    let valid = [[5, 3], [1, 0], [4, 5]];
    let windows = ragged(&valid);
    for config in configs(6) {
        let model = model(&config, device, 1);
        let start = weights(&model);
        let mut at_once = training(model.clone(), descent());
        let report = at_once.train_windows(&windows, 1.0).expect("it is stable");
        let (mut expected, mut nats, mut total) = (start.clone(), 0.0, 0.0);
        let all: usize = valid.iter().flatten().sum();
        for index in 0..windows.len() {
            let mut alone = training(model.clone(), descent());
            for window in &windows[..index] {
                alone.train_window(window, 0.0).expect("it is stable");
            }
            let report = alone.train_window(&windows[index], 1.0);
            let share = windows[index].tokens() as f32 / all as f32;
            nats += report.expect("it is stable").loss * f64::from(share);
            total += share;
            for ((expected, after), start) in
                expected.iter_mut().zip(weights(alone.model())).zip(&start)
            {
                *expected += share * (after - start);
            }
        }
        assert!((total - 1.0).abs() < TOLERANCE);
        assert!((report.loss - nats).abs() < LOSS_TOLERANCE);
        assert_close(&weights(at_once.model()), &expected, "accumulated");
        assert_eq!((at_once.steps(), at_once.updates()), (1, 1));
    }
}

/// Windows without borders are one long window for everything but the gradient: the same loss, and the same state behind.
fn the_state_is_carried_through_windows_of_any_length(device: &Device) {
    for config in configs(6) {
        let model = model(&config, device, 1);
        let loss = |steps| {
            let mut training = training(model.clone(), descent());
            let report = training.train_windows(windows(2, steps), 0.0);
            report.expect("it is stable").loss
        };
        let whole = loss(usize::MAX);
        for steps in [1, 7] {
            assert!((loss(steps) - whole).abs() < LOSS_TOLERANCE, "{steps}");
        }
    }
}

/// Documents of these lengths, a list for each row, that are read side by side.
const DOCUMENTS: [&[usize]; 2] = [&[3, 9, 1], &[6, 2, 7]];

/// The text of document `index` of a row: some tokens, and the token behind each.
fn document(row: usize, index: usize) -> (Vec<u32>, Vec<u32>) {
    let tokens: Vec<u32> = TEXT
        .bytes()
        .skip(11 * row + 5 * index)
        .map(corpus::id)
        .collect();
    let length = DOCUMENTS[row][index];
    (tokens[..length].to_vec(), tokens[1..=length].to_vec())
}

/// The documents in windows of `steps`, each of which ends where a row's document does.
fn document_windows(steps: usize) -> Vec<TokenWindow> {
    let mut places = [(0, 0); 2];
    let mut windows = Vec::new();
    while places
        .iter()
        .zip(DOCUMENTS)
        .any(|(place, row)| place.0 < row.len())
    {
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        let (mut lengths, mut begins) = (Vec::new(), Vec::new());
        for (row, (index, start)) in places.iter_mut().enumerate() {
            let (mut given, mut asked) = (vec![0; steps], vec![0; steps]);
            let mut length = 0;
            begins.push(*start == 0);
            if *index < DOCUMENTS[row].len() {
                let (tokens, next) = document(row, *index);
                length = steps.min(tokens.len() - *start);
                given[..length].copy_from_slice(&tokens[*start..*start + length]);
                asked[..length].copy_from_slice(&next[*start..*start + length]);
                *start += length;
                if *start == tokens.len() {
                    (*index, *start) = (*index + 1, 0);
                }
            }
            lengths.push(length);
            inputs.extend(given);
            targets.extend(asked);
        }
        let window = TokenWindow::new(inputs, targets, [2, steps]);
        let lengths = Lengths::new(lengths, steps).expect("rows of the window");
        windows.push(window.with_lengths(lengths).with_beginnings(begins));
    }
    windows
}

/// Documents side by side, whatever the windows, are each document alone.
fn a_row_that_begins_does_not_see_what_was_before(device: &Device) {
    for config in configs(6) {
        let model = model(&config, device, 1);
        let (mut nats, mut tokens) = (0.0, 0);
        for (row, lengths) in DOCUMENTS.iter().enumerate() {
            for (index, &length) in lengths.iter().enumerate() {
                let (inputs, targets) = document(row, index);
                let window = TokenWindow::new(inputs, targets, [1, length]);
                nats += evaluate(&model, [window]) * length as f64;
                tokens += length;
            }
        }
        let alone = nats / tokens as f64;
        for steps in [1, 4, 9] {
            let side_by_side = evaluate(&model, document_windows(steps));
            assert!(
                (side_by_side - alone).abs() < LOSS_TOLERANCE,
                "{steps} steps: {side_by_side} and {alone}"
            );
            let mut training = training(model.clone(), descent());
            let report = training.train_windows(document_windows(steps), 0.0);
            let trained = report.expect("it is stable").loss;
            assert!((trained - alone).abs() < LOSS_TOLERANCE);
        }
    }
}

/// After the trigger the averages are the mean of the weights that every step comes to, and training goes on without them.
fn averages_begin_where_validation_stalls(device: &Device) {
    let config = TrainingConfig {
        averaging: Some(1),
        ..descent()
    };
    let mut averaging = training(any_model(device, 1), config);
    let mut plain = training(any_model(device, 1), descent());
    let mut seen: Vec<Vec<f32>> = Vec::new();
    for (index, window) in windows(4, 8).iter().enumerate() {
        averaging.train_window(window, 0.5).expect("it is stable");
        plain.train_window(window, 0.5).expect("it is stable");
        if averaging.is_averaging() {
            seen.push(weights(averaging.model()));
        }
        assert_eq!(weights(averaging.model()), weights(plain.model()));
        // Better, worse than the best of the older ones at the fourth, better again.
        averaging.observe_validation([3.0, 2.0, 1.0, 2.5, 0.5][index.min(4)]);
        assert_eq!(averaging.is_averaging(), index >= 3);
    }
    assert!(seen.len() > 2);
    let mean = |index: usize| {
        let sum: f64 = seen.iter().map(|weights| f64::from(weights[index])).sum();
        (sum / seen.len() as f64) as f32
    };
    let expected: Vec<f32> = (0..seen[0].len()).map(mean).collect();
    assert_close(&weights(&averaging.model_for_use()), &expected, "averaged");
    assert_ne!(
        weights(&averaging.model_for_use()),
        weights(averaging.model())
    );
    assert_eq!(weights(&plain.model_for_use()), weights(plain.model()));
}

/// What goes on from a checkpoint is bit for bit what never stopped.
fn a_restored_training_is_the_one_that_never_stopped(device: &Device) {
    let half = match Precision::F16.check(device) {
        Ok(()) => Precision::F16,
        Err(_) => Precision::F32,
    };
    for (optimizer, averaging, precision) in [
        (OptimizerKind::Adam, None, Precision::F32),
        (OptimizerKind::Sgd, Some(1), Precision::F32),
        (OptimizerKind::Adam, None, half),
    ] {
        let config = TrainingConfig {
            optimizer,
            averaging,
            precision,
            max_norm: 0.5,
            regularization: DropoutRates {
                recurrent_weights: 0.2,
                ..DropoutRates::uniform(0.1)
            }
            .into(),
            ..TrainingConfig::default()
        };
        let whole = windows(4, 8);
        let mut first = training(any_model(device, 1), config);
        for window in &whole[..4] {
            first.train_window(window, 0.1).expect("it is stable");
            first.observe_validation(first.steps() as f64);
        }
        let mut checkpoint = Checkpoint::new(4);
        first.record(&mut checkpoint).expect("it can be stored");
        let mut second = training(any_model(device, 2), config);
        second.restore(&checkpoint).expect("the same training");
        for window in &whole[4..] {
            let expected = first.train_window(window, 0.1).expect("it is stable");
            assert_eq!(
                second.train_window(window, 0.1).expect("it is stable"),
                expected
            );
        }
        assert_eq!(weights(first.model()), weights(second.model()));
        assert_eq!(
            weights(&first.model_for_use()),
            weights(&second.model_for_use())
        );
        assert_eq!(
            (second.steps(), second.updates()),
            (whole.len(), whole.len())
        );
        assert_eq!(second.is_averaging(), averaging.is_some());
        assert_eq!(second.scaler(), first.scaler());
        assert_eq!(second.scaler().is_some(), precision == Precision::F16);
    }
}

// Many small steps, which a GPU emulated in software takes minutes for.
recurra_cells::cpu_tests!(
    accumulated_gradients_are_a_mean_over_valid_steps,
    the_state_is_carried_through_windows_of_any_length,
    a_row_that_begins_does_not_see_what_was_before,
    averages_begin_where_validation_stalls,
    a_restored_training_is_the_one_that_never_stopped,
);

#[test]
fn settings_out_of_their_range_are_refused() {
    type Change = fn(&mut TrainingConfig);
    let cases: [(Change, &str); 5] = [
        (
            |config| config.max_norm = 0.0,
            "max_norm must be above 0, got 0",
        ),
        (
            |config| config.max_value = f64::NAN,
            "max_value must be above 0, got NaN",
        ),
        (
            |config| config.weight_decay = -1.0,
            "weight_decay must be at least 0 and finite, got -1",
        ),
        (
            |config| config.regularization.activation = -1.0,
            "activation must be at least 0 and finite, got -1",
        ),
        (
            |config| config.regularization.temporal_activation = f64::INFINITY,
            "temporal_activation must be at least 0 and finite, got inf",
        ),
    ];
    for (change, expected) in cases {
        let mut config = TrainingConfig::default();
        change(&mut config);
        let refused = config.validate().expect_err(expected);
        assert_eq!(refused.to_string(), expected);
    }
}

#[test]
#[should_panic(expected = "at least one window")]
fn a_step_without_a_window_is_refused() {
    let mut training = training(any_model(&Device::default(), 1), descent());
    training.train_windows(Vec::<TokenWindow>::new(), 0.1).ok();
}

#[test]
#[should_panic(expected = "the beginnings are of 3 rows, but the window is [B, T] = [2, 5]")]
fn beginnings_are_one_a_row() {
    let _ = windows(2, 5)[0].clone().with_beginnings(vec![true; 3]);
}

#[test]
#[should_panic(expected = "at least one valid step")]
fn a_window_has_a_valid_step() {
    ragged(&[[0, 0]]);
}
