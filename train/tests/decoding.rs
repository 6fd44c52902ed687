//! Decoding against the enumeration of everything that there is.

mod seq2seq_models;

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use recurra_cells::{Lengths, RecurrentConfig, RnnConfig, SeededRng};
use recurra_train::{
    BeamSearchConfig, CtcFrames, CtcRecognizer, CtcRecognizerConfig, Ending, Error, Hypothesis,
    SearchLimits, TargetMarks, beam_search, ctc_collapse, ctc_frames_needed, greedy_search,
    length_penalty,
};
use seq2seq_models::{MARKS, cells, model, pairs};

/// Sums of a few hundred numbers of double precision, in another order.
const EXACT: f64 = 1e-10;
/// Single precision, relative to a few nats.
const SINGLE: f64 = 1e-4;
/// More than there are prefixes in the cases below.
const EVERYTHING: usize = 5_000;

fn log_softmax(logits: &[f64]) -> Vec<f64> {
    let norm = logits.iter().map(|logit| logit.exp()).sum::<f64>().ln();
    logits.iter().map(|logit| logit - norm).collect()
}

fn log_sum(values: impl Iterator<Item = f64>) -> f64 {
    values.map(f64::exp).sum::<f64>().ln()
}

/// Every sequence of `length` numbers below `count`.
fn sequences(length: usize, count: usize) -> Vec<Vec<u32>> {
    let longer = |all: Vec<Vec<u32>>| {
        let continued = |prefix: Vec<u32>| {
            (0..count as u32).map(move |next| [prefix.as_slice(), &[next]].concat())
        };
        all.into_iter().flat_map(continued).collect()
    };
    (0..length).fold(vec![Vec::new()], |all, _| longer(all))
}

// Connectionist temporal classification.

fn random_frames(steps: usize, classes: usize, rng: &mut SeededRng) -> Vec<f64> {
    let frame = |_| log_softmax(&(0..classes).map(|_| 2.0 * rng.normal()).collect::<Vec<_>>());
    (0..steps).flat_map(frame).collect()
}

fn path_probability(values: &[f64], classes: usize, path: &[u32]) -> f64 {
    let steps = values.chunks(classes).zip(path);
    steps.map(|(frame, &class)| frame[class as usize]).sum()
}

/// The symbols of an alignment, told by where a symbol begins.
fn collapse_by_hand(path: &[u32], blank: u32) -> Vec<u32> {
    let begins = |&at: &usize| path[at] != blank && (at == 0 || path[at - 1] != path[at]);
    (0..path.len()).filter(begins).map(|at| path[at]).collect()
}

/// The log-probability of every sequence of symbols that has an alignment.
fn by_enumeration(values: &[f64], classes: usize, blank: usize) -> BTreeMap<Vec<u32>, f64> {
    let mut alignments: BTreeMap<Vec<u32>, Vec<f64>> = BTreeMap::new();
    for path in sequences(values.len() / classes, classes) {
        let symbols = collapse_by_hand(&path, blank as u32);
        let probability = path_probability(values, classes, &path);
        alignments.entry(symbols).or_default().push(probability);
    }
    let sum = |(symbols, all): (Vec<u32>, Vec<f64>)| (symbols, log_sum(all.into_iter()));
    alignments.into_iter().map(sum).collect()
}

#[test]
fn repeats_are_merged_before_blanks_are_dropped() {
    assert_eq!(ctc_collapse(&[0, 0, 9, 0, 1, 1, 9, 9], 9), [0, 0, 1]);
    assert_eq!(ctc_collapse(&[9, 9], 9), [0_u32; 0]);
    assert_eq!(ctc_frames_needed(&[]), 0);
    assert_eq!(ctc_frames_needed(&[3, 3, 3, 1]), 6);
}

proptest! {
    #[test]
    fn a_wide_ctc_beam_is_the_enumeration(
        steps in 0_usize..=5, symbols in 1_usize..=3, blank in 0_usize..=3, seed: u64
    ) {
        let (classes, blank) = (symbols + 1, blank.min(symbols));
        let values = random_frames(steps, classes, &mut SeededRng::new(seed));
        let expected = by_enumeration(&values, classes, blank);
        let found = CtcFrames::new(&values, classes, blank).beam_search(EVERYTHING);
        prop_assert_eq!(found.len(), expected.len());
        for pair in found.windows(2) {
            prop_assert!(pair[0].log_probability >= pair[1].log_probability);
        }
        for it in &found {
            let exact = expected[&it.symbols];
            prop_assert!((it.log_probability - exact).abs() < EXACT, "{it:?} is {exact}");
        }
        prop_assert!(log_sum(found.iter().map(|it| it.log_probability)).abs() < EXACT);
    }

    #[test]
    fn a_narrow_ctc_beam_never_promises_too_much(
        steps in 1_usize..=5, symbols in 1_usize..=3, width in 1_usize..=4, seed: u64
    ) {
        let classes = symbols + 1;
        let values = random_frames(steps, classes, &mut SeededRng::new(seed));
        let expected = by_enumeration(&values, classes, symbols);
        let found = CtcFrames::new(&values, classes, symbols).beam_search(width);
        prop_assert!((1..=width).contains(&found.len()));
        for it in &found {
            prop_assert!(it.log_probability <= expected[&it.symbols] + EXACT);
        }
    }

    #[test]
    fn greedy_ctc_is_the_likeliest_alignment(
        steps in 0_usize..=5, symbols in 1_usize..=3, blank in 0_usize..=3, seed: u64
    ) {
        let (classes, blank) = (symbols + 1, blank.min(symbols));
        let values = random_frames(steps, classes, &mut SeededRng::new(seed));
        let probability = |path: &Vec<u32>| path_probability(&values, classes, path);
        let best = sequences(steps, classes)
            .into_iter()
            .max_by(|a, b| probability(a).total_cmp(&probability(b)))
            .expect("there is an alignment");
        let found = CtcFrames::new(&values, classes, blank).greedy();
        prop_assert_eq!(found, collapse_by_hand(&best, blank as u32));
    }

    #[test]
    fn symbols_have_an_alignment_where_the_frames_suffice(
        target in prop::collection::vec(0_u32..2, 0..4), frames in 0_usize..=5
    ) {
        let has = sequences(frames, 3).iter().any(|path| collapse_by_hand(path, 2) == target);
        prop_assert_eq!(has, ctc_frames_needed(&target) <= frames);
    }
}

#[test]
fn the_likeliest_symbols_need_not_be_those_of_the_likeliest_alignment() {
    // Two blanks have 0.36, the alignments of one symbol 0.64 together.
    let frame = [0.4_f64.ln(), 0.6_f64.ln()];
    let values = [frame, frame].concat();
    let frames = CtcFrames::new(&values, 2, 1);
    assert_eq!(frames.greedy(), [0_u32; 0]);
    let best = &frames.beam_search(4)[0];
    assert_eq!(best.symbols, [0]);
    assert!((best.log_probability - 0.64_f64.ln()).abs() < EXACT);
}

#[test]
fn impossible_frames_still_have_a_hypothesis() {
    let values = [f64::NEG_INFINITY; 4];
    let found = CtcFrames::new(&values, 2, 1).beam_search(3);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].log_probability, f64::NEG_INFINITY);
}

fn recognizer(symbols: usize, device: &Device) -> CtcRecognizer<recurra_cells::RnnCell> {
    let network = RecurrentConfig::new(RnnConfig::new(2));
    CtcRecognizerConfig::new(3, symbols, network).init(device, &mut SeededRng::new(1))
}

fn the_ctc_loss_is_the_enumeration(device: &Device) {
    let (symbols, steps) = (2, 5);
    let classes = symbols + 1;
    let targets: [&[u32]; 5] = [&[0], &[], &[1, 1, 0], &[0, 1], &[1, 0, 1, 0, 1]];
    let lengths = [1, 3, 4, 5, 5];
    let values = random_frames(targets.len() * steps, classes, &mut SeededRng::new(2));
    let rows = values.chunks(steps * classes);
    let nats = rows
        .zip(lengths)
        .zip(targets)
        .map(|((row, length), target)| {
            -by_enumeration(&row[..length * classes], classes, symbols)[target]
        });
    let expected = nats.sum::<f64>() / targets.len() as f64;
    let device = device.clone().autodiff();
    let shape = [targets.len(), steps, classes];
    let log_probs = Tensor::<3>::from_data(TensorData::new(values, shape), &device).require_grad();
    let lengths = Lengths::new(lengths.to_vec(), steps).expect("the lengths are in range");
    let loss = recognizer(symbols, &device)
        .loss(log_probs.clone(), Some(&lengths), &targets)
        .expect("the targets fit");
    let gradients = loss.backward();
    let gradient = log_probs.grad(&gradients).expect("a gradient flows");
    let gradient: Vec<f64> = gradient.into_data().iter::<f64>().collect();
    let loss = loss.into_scalar::<f64>();
    assert!((loss - expected).abs() < SINGLE, "{loss}, not {expected}");
    assert!(gradient.iter().all(|it| it.is_finite()), "{gradient:?}");
    // The first row has one frame; what stands behind it has no say.
    assert!(
        gradient[classes..steps * classes]
            .iter()
            .all(|&it| it == 0.0)
    );
    assert!(gradient[0] < 0.0);
}

fn targets_that_do_not_fit_are_refused(device: &Device) {
    let model = recognizer(2, device);
    let refusal = |targets: &[&[u32]], lengths: Vec<usize>| {
        let log_probs = Tensor::zeros([targets.len(), 3, 3], device);
        let lengths = Lengths::new(lengths, 3).expect("the lengths are in range");
        let refused = model.loss(log_probs, Some(&lengths), targets);
        refused.expect_err("a target does not fit").to_string()
    };
    assert_eq!(
        refusal(&[&[0], &[1, 1]], vec![3, 2]),
        "row 1 must have at least 3 frames for its 2 symbols, got 2"
    );
    assert_eq!(
        refusal(&[&[]], vec![0]),
        "row 0 must have at least 1 frames for its 0 symbols, got 0"
    );
    assert_eq!(
        refusal(&[&[2]], vec![3]),
        "targets must be symbols below 2, got 2"
    );
    let whole: Result<_, Error> = model.loss(Tensor::zeros([1, 3, 3], device), None, &[[1, 1]]);
    assert!(whole.is_ok());
}

// Searching token by token.

/// What follows a prefix, drawn from the prefix itself.
struct Language {
    vocabulary: usize,
    seed: u64,
    /// From how many numbers logits are drawn; 0 for any.
    levels: usize,
}

impl Language {
    fn follow(&self, row: usize, prefix: &[u32]) -> Vec<f64> {
        let mix = |hash: u64, next: u64| (hash ^ (next + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let tokens = prefix.iter().map(|&token| u64::from(token));
        let hash = tokens.fold(mix(self.seed, row as u64), mix);
        let mut rng = SeededRng::new(hash);
        let mut logit = || match self.levels {
            0 => 2.0 * rng.normal(),
            levels => rng.below(levels) as f64,
        };
        log_softmax(&(0..self.vocabulary).map(|_| logit()).collect::<Vec<_>>())
    }

    /// What a search asks for, by the prefix that it has followed so far.
    fn next(&self, rows: usize) -> impl FnMut(&[usize], &[u32]) -> Vec<Vec<f64>> {
        let mut prefixes: Vec<(usize, Vec<u32>)> = (0..rows).map(|row| (row, vec![])).collect();
        move |parents, tokens| {
            let continued = parents.iter().zip(tokens).map(|(&parent, &token)| {
                let (row, prefix) = &prefixes[parent];
                (*row, [prefix.as_slice(), &[token]].concat())
            });
            prefixes = continued.collect();
            let follow = |(row, prefix): &(usize, Vec<u32>)| self.follow(*row, prefix);
            prefixes.iter().map(follow).collect()
        }
    }

    /// Every sequence that ends, or is as long as may be, the best first.
    fn all(&self, row: usize, config: BeamSearchConfig) -> Vec<Hypothesis> {
        let SearchLimits { marks, max_length } = config.limits;
        let mut all = Vec::new();
        for length in 1..=max_length {
            for given in sequences(length, self.vocabulary) {
                let (last, before) = given.split_last().expect("a length is at least 1");
                let ends = *last == marks.end;
                if before.contains(&marks.end) || !(ends || length == max_length) {
                    continue;
                }
                let steps = (0..length).map(|at| {
                    let prefix = [&[marks.begin], &given[..at]].concat();
                    self.follow(row, &prefix)[given[at] as usize]
                });
                let log_probability = steps.sum::<f64>();
                let penalty = ((5.0 + length as f64) / 6.0).powf(config.length_penalty);
                all.push(Hypothesis {
                    tokens: if ends { before.to_vec() } else { given.clone() },
                    log_probability,
                    score: log_probability / penalty,
                    ending: if ends { Ending::Marked } else { Ending::CutOff },
                });
            }
        }
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        all
    }
}

fn limits(begin: u32, end: u32, max_length: usize) -> SearchLimits {
    let marks = TargetMarks { begin, end };
    SearchLimits { marks, max_length }
}

fn close(found: &[Hypothesis], expected: &[Hypothesis]) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        prop_assert_eq!(&found.tokens, &expected.tokens);
        prop_assert_eq!(found.ending, expected.ending);
        prop_assert!((found.log_probability - expected.log_probability).abs() < EXACT);
        prop_assert!((found.score - expected.score).abs() < EXACT);
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_beam_of_one_is_greedy(
        vocabulary in 1_usize..=5, levels in 0_usize..=3, rows in 0_usize..=4, end in 0_u32..5,
        max_length in 1_usize..=6, length_penalty in 0.0..2.0, seed: u64
    ) {
        let end = end.min(vocabulary as u32 - 1);
        let limits = limits(0, end, max_length);
        let language = Language { vocabulary, seed, levels };
        let config = BeamSearchConfig { width: 1, length_penalty, limits };
        let greedy = greedy_search(rows, limits, language.next(rows));
        let beams = beam_search(rows, config, language.next(rows));
        prop_assert_eq!(greedy.len(), rows);
        prop_assert_eq!(beams.len(), rows);
        for (greedy, beam) in greedy.iter().zip(beams) {
            prop_assert_eq!(beam.len(), 1);
            prop_assert_eq!(&greedy.tokens, &beam[0].tokens);
            prop_assert_eq!(greedy.log_probability, beam[0].log_probability);
            prop_assert_eq!(greedy.ending, beam[0].ending);
        }
    }

    #[test]
    fn greedy_takes_the_likeliest_token_at_every_step(
        vocabulary in 1_usize..=5, levels in 0_usize..=3, rows in 1_usize..=4,
        max_length in 1_usize..=6, seed: u64
    ) {
        let limits = limits(0, vocabulary as u32 - 1, max_length);
        let language = Language { vocabulary, seed, levels };
        for (row, found) in greedy_search(rows, limits, language.next(rows)).iter().enumerate() {
            let end = match found.ending {
                Ending::Marked => &[limits.marks.end][..],
                Ending::CutOff => &[],
            };
            let given = [&found.tokens, end].concat();
            prop_assert!(given.len() == max_length || found.ending == Ending::Marked);
            for (at, &token) in given.iter().enumerate() {
                let prefix = [&[limits.marks.begin], &given[..at]].concat();
                let follow = language.follow(row, &prefix);
                let chosen = follow[token as usize];
                prop_assert!(follow.iter().all(|&it| it <= chosen));
                prop_assert!(follow[..token as usize].iter().all(|&it| it < chosen));
            }
        }
    }

    #[test]
    fn a_beam_that_drops_nothing_is_the_enumeration(
        vocabulary in 1_usize..=3, rows in 1_usize..=3, max_length in 1_usize..=5,
        length_penalty in 0.0..2.0, seed: u64
    ) {
        let language = Language { vocabulary, seed, levels: 0 };
        // Room for every continuation, but not for every hypothesis that has ended.
        let width = vocabulary * (vocabulary - 1).pow(max_length as u32 - 1).max(1);
        let limits = limits(0, vocabulary as u32 - 1, max_length);
        let config = BeamSearchConfig { width, length_penalty, limits };
        let found = beam_search(rows, config, language.next(rows));
        for (row, found) in found.iter().enumerate() {
            let all = language.all(row, config);
            close(found, &all[..width.min(all.len())])?;
        }
    }

    #[test]
    fn what_a_narrow_beam_finds_exists(
        vocabulary in 2_usize..=3, width in 1_usize..=4, max_length in 1_usize..=4,
        length_penalty in 0.0..2.0, seed: u64
    ) {
        let language = Language { vocabulary, seed, levels: 0 };
        let config = BeamSearchConfig { width, length_penalty, limits: limits(1, 0, max_length) };
        let found = beam_search(2, config, language.next(2));
        for (row, found) in found.iter().enumerate() {
            prop_assert!((1..=width).contains(&found.len()));
            let same = |it: &&Hypothesis| found.iter().any(|found| found.tokens == it.tokens && found.ending == it.ending);
            let all = language.all(row, config);
            close(found, &all.iter().filter(same).cloned().collect::<Vec<_>>())?;
        }
    }
}

#[test]
fn a_search_ends_where_nothing_better_can_come() {
    let mut calls = 0;
    let likely = log_softmax(&[3.0, 0.0, 0.0]);
    let config = BeamSearchConfig {
        width: 2,
        length_penalty: 0.0,
        limits: limits(1, 0, 1_000),
    };
    let found = beam_search(1, config, |parents, _| {
        calls += 1;
        vec![likely.clone(); parents.len()]
    });
    assert!(calls < 10, "{calls} calls");
    assert_eq!(found[0][0].tokens, [0_u32; 0]);
    assert_eq!(found[0][1].tokens.len(), 1);
}

#[test]
fn the_penalty_lets_longer_sequences_win() {
    assert_eq!(length_penalty(1, 3.0), 1.0);
    assert_eq!(length_penalty(7, 1.0), 2.0);
    // The end at once has 0.4, a token and then the end 0.36.
    let best = |length_penalty| {
        let limits = limits(1, 0, 2);
        let config = BeamSearchConfig {
            width: 3,
            length_penalty,
            limits,
        };
        let mut step = 0;
        let found = beam_search(1, config, |parents, _| {
            step += 1;
            let end: f64 = if step == 1 { 0.4 } else { 0.6 };
            vec![vec![end.ln(), (1.0 - end).ln()]; parents.len()]
        });
        found[0][0].tokens.clone()
    };
    assert_eq!(best(0.0), [0_u32; 0]);
    assert_eq!(best(1.0), [1]);
}

#[test]
fn searches_out_of_range_are_refused() {
    let refusal = |width, length_penalty, limits: SearchLimits| {
        let config = BeamSearchConfig {
            width,
            length_penalty,
            limits,
        };
        let refused = config.validate(3);
        refused
            .expect_err("a field is out of its range")
            .to_string()
    };
    let fine = limits(0, 2, 1);
    assert_eq!(refusal(0, 1.0, fine), "width must be at least 1, got 0");
    assert_eq!(
        refusal(1, -1.0, fine),
        "length_penalty must be finite and at least 0, got -1"
    );
    assert_eq!(
        refusal(1, f64::INFINITY, fine),
        "length_penalty must be finite and at least 0, got inf"
    );
    assert_eq!(
        refusal(1, 0.0, limits(3, 0, 1)),
        "begin must be below 3, got 3"
    );
    assert_eq!(
        refusal(1, 0.0, limits(0, 4, 1)),
        "end must be below 3, got 4"
    );
    assert_eq!(
        refusal(1, 0.0, limits(0, 2, 0)),
        "max_length must be at least 1, got 0"
    );
}

#[test]
#[should_panic(expected = "the width of a beam must be at least 1, got 0")]
fn a_beam_has_a_width() {
    let config = BeamSearchConfig {
        width: 0,
        length_penalty: 0.0,
        limits: limits(0, 2, 1),
    };
    beam_search(1, config, |parents, _| vec![vec![0.0; 3]; parents.len()]);
}

#[test]
#[should_panic(expected = "a search asked for 2 rows and got 1")]
fn a_search_is_answered_row_by_row() {
    greedy_search(2, limits(0, 2, 1), |_, _| vec![vec![0.0; 3]]);
}

fn models_are_searched_row_by_row_as_together(device: &Device) {
    let sources: Vec<Vec<u32>> = pairs().into_iter().map(|(source, _)| source).collect();
    let limits = SearchLimits {
        marks: MARKS,
        max_length: 6,
    };
    for (index, cell) in cells(8).into_iter().enumerate() {
        let model = model(cell, index, device);
        let together = model
            .greedy(&sources, limits)
            .expect("the sources are in range");
        let config = BeamSearchConfig {
            width: 1,
            length_penalty: 0.6,
            limits,
        };
        let beams = model
            .beam_search(&sources, config)
            .expect("the sources are in range");
        let wide = BeamSearchConfig { width: 3, ..config };
        let wide_beams = model
            .beam_search(&sources, wide)
            .expect("the sources are in range");
        for (row, source) in sources.iter().enumerate() {
            assert_eq!(beams[row][0].tokens, together[row].tokens);
            let alone = model
                .greedy(&[source], limits)
                .expect("the source is in range");
            assert_eq!(alone[0].tokens, together[row].tokens);
            let alone = model
                .beam_search(&[source], wide)
                .expect("the source is in range");
            for (alone, together) in alone[0].iter().zip(&wide_beams[row]) {
                assert_eq!(alone.tokens, together.tokens);
                assert!((alone.score - together.score).abs() < SINGLE);
            }
        }
    }
    let model = model(cells(8).remove(0), 0, device);
    assert_eq!(
        model
            .greedy(&[[0_u32; 0]; 0], limits)
            .expect("nothing is wrong"),
        []
    );
    let refused = model.greedy(&[[99]], limits).expect_err("no such token");
    assert_eq!(
        refused.to_string(),
        "sources must be tokens below 6, got 99"
    );
}

recurra_cells::cpu_tests!(
    the_ctc_loss_is_the_enumeration,
    targets_that_do_not_fit_are_refused,
    models_are_searched_row_by_row_as_together,
);
