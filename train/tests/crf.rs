//! A linear-chain field against all of its chains, one by one.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::{Lengths, SeededRng};
use recurra_train::{ClippedAdam, ClippedAdamConfig, LinearChainCrf};

/// Single precision over a few dozen sums of numbers of about 2.
const TOLERANCE: f64 = 2e-5;
/// What central differences of this width leave in double precision.
const WIDTH: f64 = 1e-5;
const DIFFERENCE: f64 = 1e-8;

/// A field and a padded batch, on the host.
#[derive(Clone, Debug)]
struct Case {
    classes: usize,
    steps: usize,
    valid: Vec<usize>,
    /// `[V, V]`, then `[V]` of the start, then of the end.
    scores: Vec<f64>,
    /// `[B, T, V]`.
    emissions: Vec<f64>,
    /// `[B, T]`.
    labels: Vec<u32>,
}

fn cases() -> impl Strategy<Value = Case> {
    (1..4_usize, 1..5_usize, any::<u64>()).prop_flat_map(|(classes, steps, seed)| {
        let valid = proptest::collection::vec(0..=steps, 1..4);
        valid.prop_map(move |valid| Case::new(classes, steps, valid, seed))
    })
}

fn floats<const D: usize>(
    values: &[f64],
    shape: [usize; D],
    options: (&Device, DType),
) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), options)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

impl Case {
    fn new(classes: usize, steps: usize, valid: Vec<usize>, seed: u64) -> Self {
        let (mut rng, places) = (SeededRng::new(seed), valid.len() * steps);
        let mut draw = |count: usize| (0..count).map(|_| rng.uniform(-2.0, 2.0)).collect();
        Self {
            scores: draw(classes * (classes + 2)),
            emissions: draw(places * classes),
            labels: (0..places).map(|_| rng.below(classes) as u32).collect(),
            classes,
            steps,
            valid,
        }
    }

    fn crf(&self, device: &Device, dtype: DType) -> LinearChainCrf {
        let (classes, options) = (self.classes, (device, dtype));
        let (transitions, borders) = self.scores.split_at(classes * classes);
        let border = |values| Param::from_tensor(floats(values, [classes], options));
        let transitions = floats(transitions, [classes; 2], options);
        LinearChainCrf {
            transitions: Param::from_tensor(transitions),
            start: border(&borders[..classes]),
            end: border(&borders[classes..]),
        }
    }

    fn emissions(&self, device: &Device, dtype: DType) -> Tensor<3> {
        let shape = [self.valid.len(), self.steps, self.classes];
        floats(&self.emissions, shape, (device, dtype))
    }

    fn labels(&self, device: &Device) -> Tensor<2, Int> {
        let shape = [self.valid.len(), self.steps];
        Tensor::from_data(TensorData::new(self.labels.clone(), shape), device)
    }

    fn lengths(&self) -> Lengths {
        Lengths::new(self.valid.clone(), self.steps).expect("no row is longer than the batch")
    }

    /// The labels of a row's valid steps.
    fn row(&self, row: usize) -> &[u32] {
        &self.labels[row * self.steps..][..self.valid[row]]
    }

    /// The score of a chain over a row, by the formula.
    fn score(&self, row: usize, chain: &[u32]) -> f64 {
        let (classes, chain) = (self.classes, chain.iter().map(|&label| label as usize));
        let chain: Vec<usize> = chain.collect();
        let (Some(first), Some(last)) = (chain.first(), chain.last()) else {
            return 0.0;
        };
        let borders = &self.scores[classes * classes..];
        let emissions = &self.emissions[row * self.steps * classes..];
        let emitted = chain
            .iter()
            .enumerate()
            .map(|(step, label)| emissions[step * classes + label]);
        let moved = chain
            .windows(2)
            .map(|pair| self.scores[pair[0] * classes + pair[1]]);
        borders[*first] + emitted.sum::<f64>() + moved.sum::<f64>() + borders[classes + last]
    }

    /// All chains over a row.
    fn chains(&self, row: usize) -> Vec<Vec<u32>> {
        (0..self.valid[row]).fold(vec![vec![]], |chains, _| {
            let longer = |chain: Vec<u32>| {
                let next = 0..self.classes as u32;
                next.map(move |label| [&chain[..], &[label]].concat())
            };
            chains.into_iter().flat_map(longer).collect()
        })
    }

    fn log_partition(&self, row: usize) -> f64 {
        let chains = self.chains(row);
        let scores = chains.iter().map(|chain| self.score(row, chain).exp());
        scores.sum::<f64>().ln()
    }
}

fn likelihoods_are_those_of_all_chains(device: &Device) {
    proptest!(ProptestConfig::with_cases(32), |(case in cases())| {
        let crf = case.crf(device, DType::F32);
        let found = crf.log_likelihood(case.emissions(device, DType::F32), case.labels(device), case.lengths());
        let found = values(found);
        let mut sum = 0.0;
        for (row, found) in found.iter().enumerate() {
            let expected = case.score(row, case.row(row)) - case.log_partition(row);
            prop_assert!((found - expected).abs() < TOLERANCE, "{found}, not {expected}");
            sum += expected;
        }
        let tokens: usize = case.valid.iter().sum();
        if tokens > 0 {
            let loss = crf.loss(case.emissions(device, DType::F32), case.labels(device), case.lengths());
            prop_assert!((values(loss)[0] + sum / tokens as f64).abs() < TOLERANCE);
        }
    });
}

fn the_likeliest_chain_is_found(device: &Device) {
    proptest!(ProptestConfig::with_cases(32), |(case in cases())| {
        let crf = case.crf(device, DType::F32);
        let found = crf.decode(case.emissions(device, DType::F32), case.lengths());
        prop_assert_eq!(found.len(), case.valid.len());
        for (row, found) in found.iter().enumerate() {
            prop_assert_eq!(found.len(), case.valid[row]);
            let chains = case.chains(row);
            let best = chains.iter().map(|chain| case.score(row, chain));
            let best = best.fold(f64::NEG_INFINITY, f64::max);
            let own = case.score(row, found);
            prop_assert!(best - own < TOLERANCE, "{found:?} scores {own}, the best {best}");
        }
    });
}

fn padding_has_no_say(device: &Device) {
    proptest!(ProptestConfig::with_cases(16), |(case in cases())| {
        let mut spoilt = case.clone();
        for (place, label) in spoilt.labels.iter_mut().enumerate() {
            if place % case.steps >= case.valid[place / case.steps] {
                *label = 99;
                spoilt.emissions[place * case.classes..][..case.classes].fill(f64::NAN);
            }
        }
        let run = |case: &Case| {
            let crf = case.crf(device, DType::F32);
            let emissions = case.emissions(device, DType::F32);
            let labels = crf.decode(emissions.clone(), case.lengths());
            (values(crf.log_likelihood(emissions, case.labels(device), case.lengths())), labels)
        };
        prop_assert_eq!(run(&case), run(&spoilt));
    });
}

/// With scores of zero each step is a softmax of its own.
fn a_new_field_is_a_softmax(device: &Device) {
    proptest!(ProptestConfig::with_cases(16), |(case in cases())| {
        let crf = LinearChainCrf::new(case.classes, device);
        let emissions = case.emissions(device, DType::F32);
        let found = values(crf.log_likelihood(emissions, case.labels(device), case.lengths()));
        for (row, found) in found.into_iter().enumerate() {
            let emissions = case.emissions[row * case.steps * case.classes..].chunks(case.classes);
            let expected: f64 = emissions
                .zip(case.row(row))
                .map(|(step, &label)| {
                    let sum: f64 = step.iter().map(|emission| emission.exp()).sum();
                    step[label as usize] - sum.ln()
                })
                .sum();
            prop_assert!((found - expected).abs() < TOLERANCE, "{found}, not {expected}");
        }
    });
}

fn gradients_are_differences(device: &Device) {
    let device = &device.clone().autodiff();
    proptest!(ProptestConfig::with_cases(12), |(case in cases())| {
        prop_assume!(case.valid.iter().any(|&length| length > 0));
        let loss = |case: &Case, emissions: Tensor<3>| {
            let crf = case.crf(device, DType::F64);
            let loss = crf.loss(emissions, case.labels(device), case.lengths());
            (crf, loss)
        };
        let emissions = case.emissions(device, DType::F64).require_grad();
        let (crf, mean) = loss(&case, emissions.clone());
        let gradients = mean.backward();
        let by_emissions = values(emissions.grad(&gradients).expect("emissions have a gradient"));
        let by_scores = [
            crf.transitions.grad(&gradients).map_or(vec![0.0; case.classes.pow(2)], values),
            values(crf.start.grad(&gradients).expect("starts have a gradient")),
            values(crf.end.grad(&gradients).expect("ends have a gradient")),
        ]
        .concat();
        let at = |change: &dyn Fn(&mut Case, f64)| {
            let [up, down] = [WIDTH, -WIDTH].map(|by| {
                let mut moved = case.clone();
                change(&mut moved, by);
                let emissions = moved.emissions(device, DType::F64);
                values(loss(&moved, emissions).1)[0]
            });
            (up - down) / (2.0 * WIDTH)
        };
        for (place, found) in by_scores.iter().enumerate() {
            let expected = at(&|case, by| case.scores[place] += by);
            prop_assert!((found - expected).abs() < DIFFERENCE, "{found}, not {expected}");
        }
        for (place, found) in by_emissions.iter().enumerate() {
            let expected = at(&|case, by| case.emissions[place] += by);
            prop_assert!((found - expected).abs() < DIFFERENCE, "{found}, not {expected}");
        }
    });
}

/// `O`, `B` and `I` of one kind: an `I` follows a `B` or an `I`.
fn what_is_impossible_stays_so_in_training(device: &Device) {
    let plain = device;
    let device = &device.clone().autodiff();
    let impossible =
        |from: Option<usize>, to: Option<usize>| to == Some(2) && matches!(from, None | Some(0));
    let mut crf = LinearChainCrf::new(3, device).forbidding(impossible);
    let case = Case {
        labels: vec![0, 1, 2, 2, 1, 0, 0, 1],
        ..Case::new(3, 4, vec![4, 4], 1)
    };
    let before = values(crf.transitions.val());
    let mut adam = ClippedAdam::new(ClippedAdamConfig::new(1.0)).expect("the norm is in range");
    for _ in 0..20 {
        let emissions = case.emissions(device, DType::F32);
        let loss = crf.loss(emissions, case.labels(device), case.lengths());
        let gradients = GradientsParams::from_grads(loss.backward(), &crf);
        crf = adam.step(0.1, crf, gradients).0;
    }
    let after = values(crf.transitions.val());
    assert_eq!(after[2], -1e4);
    assert_eq!(values(crf.start.val())[2], -1e4);
    let moved = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after);
    assert_eq!(moved.count(), 8);
    // However sure the network is of an `I`.
    let mut tempting = case;
    tempting.emissions = [[0.0, 0.0, 50.0]; 8].concat();
    let labels = crf
        .valid()
        .decode(tempting.emissions(plain, DType::F32), None);
    for row in labels {
        assert_eq!(row, [1, 2, 2, 2]);
    }
}

/// Rows of a hundred steps whose scores would overflow as numbers.
fn long_rows_stay_in_range(device: &Device) {
    let device = &device.clone().autodiff();
    let mut case = Case::new(3, 100, vec![100, 57], 1);
    case.emissions
        .iter_mut()
        .for_each(|emission| *emission *= 100.0);
    let crf = case.crf(device, DType::F32);
    let loss = crf.loss(
        case.emissions(device, DType::F32),
        case.labels(device),
        case.lengths(),
    );
    let gradients = loss.backward();
    let loss = values(loss)[0];
    assert!(loss.is_finite() && loss > 0.0, "{loss}");
    let gradient = values(crf.transitions.grad(&gradients).expect("a gradient"));
    assert!(
        gradient.iter().all(|value| value.is_finite()),
        "{gradient:?}"
    );
}

recurra_cells::device_tests!(
    likelihoods_are_those_of_all_chains,
    the_likeliest_chain_is_found,
    padding_has_no_say,
    a_new_field_is_a_softmax,
    long_rows_stay_in_range,
);

/// What takes too many passes for software Vulkan, or double precision.
mod long {
    use super::{gradients_are_differences, what_is_impossible_stays_so_in_training};

    recurra_cells::cpu_tests!(
        gradients_are_differences,
        what_is_impossible_stays_so_in_training,
    );
}

#[test]
#[should_panic(expected = "the emissions are [1, 2, 3], but the field has 2 classes")]
fn emissions_of_another_width_panic() {
    let device = Device::default();
    LinearChainCrf::new(2, &device).decode(Tensor::zeros([1, 2, 3], &device), None);
}

#[test]
#[should_panic(expected = "the labels are [1, 3], but the emissions are [1, 2, 2]")]
fn labels_of_another_shape_panic() {
    let device = Device::default();
    let labels = Tensor::zeros([1, 3], &device);
    LinearChainCrf::new(2, &device).loss(Tensor::zeros([1, 2, 2], &device), labels, None);
}

#[test]
#[should_panic(expected = "whose rows are all empty")]
fn a_mean_of_nothing_panics() {
    let device = Device::default();
    let (emissions, labels) = (
        Tensor::zeros([1, 2, 2], &device),
        Tensor::zeros([1, 2], &device),
    );
    let lengths = Lengths::new(vec![0], 2).unwrap();
    LinearChainCrf::new(2, &device).loss(emissions, labels, lengths);
}
