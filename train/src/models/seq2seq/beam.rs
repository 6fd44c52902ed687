//! Beam search over token sequences.

use serde::{Deserialize, Serialize};

use super::decode::{Ending, Hypothesis, SearchLimits, ask};
use crate::Error;

/// Configuration of [`beam_search`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeamSearchConfig {
    /// How many hypotheses are continued at a time, at least 1; 1 is greedy.
    pub width: usize,
    /// `alpha` of [`length_penalty`], finite and at least 0; 0 prefers short sequences.
    pub length_penalty: f64,
    /// Where sequences begin and end.
    pub limits: SearchLimits,
}

impl BeamSearchConfig {
    /// Says which field is out of its range, if one is, for `V` tokens.
    pub fn validate(&self, vocabulary_size: usize) -> Result<(), Error> {
        if self.width == 0 {
            return Err(Error::config("width", "at least 1", 0));
        }
        let alpha = self.length_penalty;
        if !(alpha.is_finite() && alpha >= 0.0) {
            let expected = "finite and at least 0";
            return Err(Error::config("length_penalty", expected, alpha));
        }
        self.limits.validate(vocabulary_size)
    }
}

/// `((5 + length) / 6)^alpha`, by which the log-probability of a sequence of that length is divided (Wu et al. 2016).
pub fn length_penalty(length: usize, alpha: f64) -> f64 {
    ((5.0 + length as f64) / 6.0).powf(alpha)
}

/// For each of `rows` sequences the best hypotheses, the best first, at least one and at most `width`.
///
/// At every step each row keeps the `width` likeliest continuations of its hypotheses; those that end there leave the
/// beam. It goes on until no hypothesis that is left can still be among the best by its score. Of equals the one whose
/// parent ranks higher, then the lower token, comes first. `next` is that of
/// [`greedy_search`](super::greedy_search).
///
/// # Panics
///
/// If `config.width` is 0, or `next` gives another number of rows than it is asked for, or one without tokens.
pub fn beam_search(
    rows: usize,
    config: BeamSearchConfig,
    mut next: impl FnMut(&[usize], &[u32]) -> Vec<Vec<f64>>,
) -> Vec<Vec<Hypothesis>> {
    assert!(
        config.width > 0,
        "the width of a beam must be at least 1, got 0"
    );
    let mut beams: Vec<Beam> = (0..rows).map(Beam::new).collect();
    for length in 1..=config.limits.max_length {
        let live: Vec<&Live> = beams.iter().flat_map(|beam| &beam.live).collect();
        if live.is_empty() {
            break;
        }
        let parents: Vec<usize> = live.iter().map(|live| live.parent).collect();
        let begin = config.limits.marks.begin;
        let tokens: Vec<u32> = live
            .iter()
            .map(|live| live.hypothesis.tokens.last().copied().unwrap_or(begin))
            .collect();
        let followers = ask(&mut next, &parents, &tokens);
        let mut first = 0;
        for beam in &mut beams {
            let own = first..first + beam.live.len();
            first = own.end;
            beam.step(&followers[own.clone()], own.start, length, config);
        }
    }
    beams.into_iter().map(|beam| beam.finish(config)).collect()
}

/// The search for one sequence.
struct Beam {
    live: Vec<Live>,
    finished: Vec<Hypothesis>,
}

/// A hypothesis to continue, and its row in the last call of `next`.
#[derive(Clone)]
struct Live {
    hypothesis: Hypothesis,
    parent: usize,
}

impl Beam {
    fn new(row: usize) -> Self {
        let hypothesis = Hypothesis::start();
        Self {
            live: vec![Live {
                hypothesis,
                parent: row,
            }],
            finished: Vec::new(),
        }
    }

    /// Continues the hypotheses to `length` tokens; `followers` are theirs, the first of which is row `first` of the call.
    fn step(
        &mut self,
        followers: &[Vec<f64>],
        first: usize,
        length: usize,
        config: BeamSearchConfig,
    ) {
        let mut candidates: Vec<(usize, u32, f64)> = Vec::new();
        for (index, (live, follower)) in self.live.iter().zip(followers).enumerate() {
            let so_far = live.hypothesis.log_probability;
            let continued = (0..)
                .zip(follower)
                .map(|(token, it)| (index, token, so_far + it));
            candidates.extend(continued);
        }
        // The sort is stable, so that parents and tokens settle what is equal.
        candidates.sort_by(|(_, _, a), (_, _, b)| b.total_cmp(a));
        candidates.truncate(config.width);
        let parents = std::mem::take(&mut self.live);
        for (index, token, _) in candidates {
            let mut hypothesis = parents[index].hypothesis.clone();
            let added = followers[index][token as usize];
            hypothesis.append(token, added, config.limits.marks);
            hypothesis.score =
                hypothesis.log_probability / length_penalty(length, config.length_penalty);
            match hypothesis.ending {
                Ending::Marked => self.finished.push(hypothesis),
                Ending::CutOff => self.live.push(Live {
                    hypothesis,
                    parent: first + index,
                }),
            }
        }
        self.finished.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.finished.truncate(config.width);
        self.drop_hopeless(config);
    }

    /// Stops where what is finished is better than whatever can still come: a log-probability only falls, and the penalty
    /// that divides it is highest at the greatest length.
    fn drop_hopeless(&mut self, config: BeamSearchConfig) {
        let Some(worst) = self.finished.get(config.width - 1) else {
            return;
        };
        let longest = length_penalty(config.limits.max_length, config.length_penalty);
        let bar = worst.score;
        self.live
            .retain(|live| live.hypothesis.log_probability / longest > bar);
    }

    fn finish(mut self, config: BeamSearchConfig) -> Vec<Hypothesis> {
        let left = self.live.into_iter().map(|live| live.hypothesis);
        self.finished.extend(left);
        self.finished.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.finished.truncate(config.width);
        self.finished
    }
}
