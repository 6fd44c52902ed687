//! What a sceptic asks for: a language model that counts, and sees only the last few tokens.

use std::collections::{BTreeMap, HashMap};

use recurra_datasets::LanguageModelCorpus;

/// The most tokens of an n-gram.
pub const LONGEST: usize = 6;

/// How often tokens stand behind each other, up to [`LONGEST`] in a row, with the smoothing of Witten and Bell (1991; in the
/// interpolated form of Chen and Goodman 1998): the more tokens a context was followed by, the more is left to the shorter one.
pub struct NGrams {
    vocabulary: usize,
    /// By the tokens before, the last of them last; at most `LONGEST - 1`.
    contexts: HashMap<Vec<u32>, Followers>,
}

/// What stands behind a context, and how often.
#[derive(Default)]
struct Followers {
    total: f64,
    counts: BTreeMap<u32, f64>,
}

/// The n-grams that suit a corpus best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestNGrams {
    /// The `n` of the best validation.
    pub order: usize,
    /// Nats a token.
    pub valid: f64,
    pub test: Option<f64>,
}

impl BestNGrams {
    /// Counts the training part, and lets validation choose.
    pub fn of(corpus: &LanguageModelCorpus) -> Self {
        let n_grams = NGrams::count(&corpus.train, corpus.vocabulary.len());
        let orders = (1..=LONGEST).map(|order| (order, n_grams.nats(&corpus.valid, order)));
        let best = orders.min_by(|a, b| a.1.total_cmp(&b.1));
        let (order, valid) = best.expect("there are several orders");
        let test = corpus.test.as_ref();
        Self {
            order,
            valid,
            test: test.map(|test| n_grams.nats(test, order)),
        }
    }
}

impl NGrams {
    /// Counts what stands in `tokens`, each of which is below `vocabulary`.
    fn count(tokens: &[u32], vocabulary: usize) -> Self {
        let mut contexts: HashMap<Vec<u32>, Followers> = HashMap::new();
        for (place, &token) in tokens.iter().enumerate() {
            for length in 0..LONGEST.min(place + 1) {
                let context = &tokens[place - length..place];
                let followers = match contexts.get_mut(context) {
                    Some(followers) => followers,
                    None => contexts.entry(context.to_vec()).or_default(),
                };
                followers.total += 1.0;
                *followers.counts.entry(token).or_default() += 1.0;
            }
        }
        Self {
            vocabulary,
            contexts,
        }
    }

    /// How probable a token is behind `before`.
    fn probability(&self, before: &[u32], token: u32) -> f64 {
        let mut probability = 1.0 / self.vocabulary as f64;
        for length in 0..=before.len() {
            // What is behind no shorter context is behind no longer one.
            let Some(followers) = self.contexts.get(&before[before.len() - length..]) else {
                break;
            };
            let count = followers.counts.get(&token).copied().unwrap_or(0.0);
            let kinds = followers.counts.len() as f64;
            probability = (count + kinds * probability) / (followers.total + kinds);
        }
        probability
    }

    /// The mean surprise of a token but the first, in nats, by the `order - 1` tokens before it.
    fn nats(&self, tokens: &[u32], order: usize) -> f64 {
        let places = 1..tokens.len();
        let surprise = |place: usize| {
            let before = &tokens[(place + 1).saturating_sub(order)..place];
            -self.probability(before, tokens[place]).ln()
        };
        places.clone().map(surprise).sum::<f64>() / places.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use recurra_datasets::Unit;

    use super::*;

    proptest! {
        #[test]
        fn probabilities_add_up_to_one(
            tokens in prop::collection::vec(0..5_u32, 2..60),
            before in prop::collection::vec(0..5_u32, 0..LONGEST),
        ) {
            let n_grams = NGrams::count(&tokens, 5);
            let sum: f64 = (0..5).map(|token| n_grams.probability(&before, token)).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        }
    }

    #[test]
    fn a_bigram_is_counted_and_smoothed() {
        // Behind 0 stands 1 twice and 2 once; alone, 0 stands three times in seven, 1 and 2 twice.
        let n_grams = NGrams::count(&[0, 1, 2, 0, 1, 0, 2], 3);
        let alone = |count: f64| (count + 3.0 / 3.0) / (7.0 + 3.0);
        let expected = (2.0 + 2.0 * alone(2.0)) / (3.0 + 2.0);
        assert!((n_grams.probability(&[0], 1) - expected).abs() < 1e-12);
        // What was never seen is told from nothing.
        assert!((n_grams.probability(&[2, 2, 2], 0) - n_grams.probability(&[2], 0)).abs() < 1e-12);
    }

    #[test]
    fn validation_chooses_the_order() {
        // Each token follows from the two before it, and from fewer only by half.
        let text = "aabb".repeat(60);
        let corpus = LanguageModelCorpus::from_text(&text, Unit::Char, 0.2).unwrap();
        let best = BestNGrams::of(&corpus);
        assert!(best.order >= 3 && best.valid < 0.1, "{best:?}");
        assert_eq!(best.test, None);
    }
}
