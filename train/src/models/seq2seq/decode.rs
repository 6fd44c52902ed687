//! Greedy search over token sequences, as a function of what follows what; [`super::beam`] has the beam search.
//!
//! Both ask a function `next(parents, tokens)` for `N` rows of log-probabilities over the `V` tokens that may follow. At
//! the first call there is a row for each sequence that is searched for, `parents` are these rows, `0..rows`, and every
//! token is the begin mark. From then on row `n` continues row `parents[n]` of the call before by `tokens[n]`. Whoever
//! carries a state gathers it by `parents`; rows may come several times, or not at all.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::TargetMarks;
use crate::Error;

/// What both searches are bound by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchLimits {
    /// What a sequence begins and ends with.
    pub marks: TargetMarks,
    /// The most tokens a sequence is given, its end mark counted, at least 1. What has no end by then is cut off.
    pub max_length: usize,
}

/// A sequence that a search has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Its tokens, without marks.
    pub tokens: Vec<u32>,
    /// The logarithm of its probability in nats, its end mark counted.
    pub log_probability: f64,
    /// The log-probability over [`length_penalty`](super::length_penalty) for a beam search; the log-probability itself for a greedy one.
    pub score: f64,
    /// How it ended.
    pub ending: Ending,
}

/// How a hypothesis ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the end mark.
    Marked,
    /// At the greatest length, without the mark.
    CutOff,
}

impl SearchLimits {
    /// Says which field is out of its range, if one is, for `V` tokens.
    pub fn validate(&self, vocabulary_size: usize) -> Result<(), Error> {
        for (field, token) in [("begin", self.marks.begin), ("end", self.marks.end)] {
            if token as usize >= vocabulary_size {
                let expected = format!("below {vocabulary_size}");
                return Err(Error::config(field, expected, token));
            }
        }
        match self.max_length {
            0 => Err(Error::config("max_length", "at least 1", 0)),
            _ => Ok(()),
        }
    }
}

/// For each of `rows` sequences the one that takes the likeliest token at every step, and the lowest of equally likely ones.
///
/// `next` is explained at the top of the module.
///
/// # Panics
///
/// If `next` gives another number of rows than it is asked for, or one without tokens.
pub fn greedy_search(
    rows: usize,
    limits: SearchLimits,
    mut next: impl FnMut(&[usize], &[u32]) -> Vec<Vec<f64>>,
) -> Vec<Hypothesis> {
    let mut found: Vec<Hypothesis> = (0..rows).map(|_| Hypothesis::start()).collect();
    let mut alive: Vec<usize> = (0..rows).collect();
    let (mut parents, mut tokens) = (alive.clone(), vec![limits.marks.begin; rows]);
    for _ in 0..limits.max_length {
        if alive.is_empty() {
            break;
        }
        let followers = ask(&mut next, &parents, &tokens);
        (parents, tokens) = (Vec::new(), Vec::new());
        for (index, (&row, follower)) in alive.iter().zip(&followers).enumerate() {
            let token = likeliest(follower);
            found[row].append(token, follower[token as usize], limits.marks);
            if found[row].ending == Ending::CutOff {
                parents.push(index);
                tokens.push(token);
            }
        }
        alive.retain(|&row| found[row].ending == Ending::CutOff);
    }
    found
        .iter_mut()
        .for_each(|it| it.score = it.log_probability);
    found
}

/// The followers of `N` rows.
pub(super) fn ask(
    next: &mut impl FnMut(&[usize], &[u32]) -> Vec<Vec<f64>>,
    parents: &[usize],
    tokens: &[u32],
) -> Vec<Vec<f64>> {
    let followers = next(parents, tokens);
    assert_eq!(
        followers.len(),
        parents.len(),
        "a search asked for {} rows and got {}",
        parents.len(),
        followers.len()
    );
    assert!(
        followers.iter().all(|follower| !follower.is_empty()),
        "a search asked for the tokens that may follow, and got none"
    );
    followers
}

/// Logits as log-probabilities in nats.
pub(super) fn log_softmax(logits: &[f64]) -> Vec<f64> {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|logit| (logit - highest).exp()).sum();
    let norm = highest + sum.ln();
    logits.iter().map(|logit| logit - norm).collect()
}

/// The first of the highest numbers' places.
fn likeliest(follower: &[f64]) -> u32 {
    let better = |best: usize, token: usize| match follower[token].total_cmp(&follower[best]) {
        Ordering::Greater => token,
        _ => best,
    };
    let best = (0..follower.len()).reduce(better);
    best.expect("a vocabulary has at least one token") as u32
}

impl Hypothesis {
    /// Nothing yet.
    pub(super) fn start() -> Self {
        Self {
            tokens: Vec::new(),
            log_probability: 0.0,
            score: 0.0,
            ending: Ending::CutOff,
        }
    }

    /// Continues it by this token.
    pub(super) fn append(&mut self, token: u32, log_probability: f64, marks: TargetMarks) {
        self.log_probability += log_probability;
        if token == marks.end {
            self.ending = Ending::Marked;
        } else {
            self.tokens.push(token);
        }
    }
}
