//! The rule, read back from the sentences, and what a bag of words can make of them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const DIFFICULTIES: [Difficulty; 3] = [
    Difficulty::Concession,
    Difficulty::Negation,
    Difficulty::Nested,
];

fn reviews(seed: u64, count: usize, difficulty: Difficulty) -> Vec<(String, bool)> {
    let mut reviewer = Reviewer::new(Draw::new(seed), difficulty);
    (0..count).map(|_| reviewer.sentence()).collect()
}

fn any_difficulty() -> impl Strategy<Value = Difficulty> {
    prop::sample::select(DIFFICULTIES.to_vec())
}

/// Whether a sentence praises, by the documented rule and from its words alone.
fn praises(sentence: &str) -> bool {
    let text = sentence.strip_suffix(" .").expect("a full stop");
    for opening in ["although ", "though ", "even if "] {
        if let Some(rest) = text.strip_prefix(opening) {
            return praises_in_half(rest.split_once(" , ").expect("two halves").1);
        }
    }
    for (between, deciding) in [
        (" , but ", 1),
        (" , yet ", 1),
        (" , although ", 0),
        (" , though ", 0),
        (" , even if ", 0),
    ] {
        if let Some((first, second)) = text.split_once(between) {
            return praises_in_half([first, second][deciding]);
        }
    }
    praises_in_half(text)
}

/// As [`praises`], where nothing is conceded.
fn praises_in_half(text: &str) -> bool {
    let split = |text: &str, between: &str| -> Option<[String; 2]> {
        let (first, second) = text.split_once(between)?;
        Some([first.to_owned(), second.to_owned()])
    };
    if let Some([_, later]) = text
        .strip_prefix("after ")
        .and_then(|rest| split(rest, " , "))
    {
        return praises_in_clause(&later);
    }
    if let Some([later, _]) = text
        .strip_prefix("before ")
        .and_then(|rest| split(rest, " , "))
    {
        return praises_in_clause(&later);
    }
    if let Some([_, later]) = split(text, " before ") {
        return praises_in_clause(&later);
    }
    if let Some([later, _]) = split(text, " after ") {
        return praises_in_clause(&later);
    }
    praises_in_clause(text)
}

fn praises_in_clause(clause: &str) -> bool {
    let words: Vec<&str> = clause.split(' ').collect();
    let count = |listed: &[&str]| words.iter().filter(|word| listed.contains(word)).count();
    assert_eq!(count(&PRAISE) + count(&BLAME), 1, "{clause}");
    (count(&PRAISE) == 1) != (count(&NEGATIONS) == 1)
}

/// The sentence in which each word of praise has changed places with the word of blame that it
/// comes with: the first judgement with the second, the third with the fourth.
fn mirrored(sentence: &str) -> String {
    let mut words: Vec<&str> = sentence.split(' ').collect();
    let is_judgement = |word: &str| PRAISE.contains(&word) || BLAME.contains(&word);
    let places: Vec<usize> = (0..words.len())
        .filter(|&at| is_judgement(words[at]))
        .collect();
    assert_eq!(places.len() % 2, 0, "{sentence}");
    places
        .chunks(2)
        .for_each(|pair| words.swap(pair[0], pair[1]));
    words.join(" ")
}

fn sorted_words(sentence: &str) -> Vec<&str> {
    let mut words: Vec<&str> = sentence.split(' ').collect();
    words.sort_unstable();
    words
}

proptest! {
    #[test]
    fn the_label_follows_the_rule(seed: u64, difficulty in any_difficulty()) {
        for (sentence, label) in reviews(seed, 50, difficulty) {
            prop_assert_eq!(praises(&sentence), label, "{}", sentence);
        }
    }

    #[test]
    fn the_mirror_has_the_same_words_and_the_other_label(
        seed: u64,
        difficulty in any_difficulty(),
    ) {
        for (sentence, label) in reviews(seed, 50, difficulty) {
            let mirror = mirrored(&sentence);
            prop_assert_eq!(praises(&mirror), !label, "{} / {}", sentence, mirror);
            prop_assert_eq!(sorted_words(&mirror), sorted_words(&sentence));
            prop_assert_eq!(mirrored(&mirror), sentence);
        }
    }

    #[test]
    fn sentences_have_5_to_25_words(seed: u64, difficulty in any_difficulty()) {
        for (sentence, _) in reviews(seed, 50, difficulty) {
            let words = sentence.split(' ').count();
            prop_assert!((5..=25).contains(&words), "{} words: {}", words, sentence);
        }
    }
}

#[test]
fn every_word_has_one_role() {
    let lists: [&[&str]; 8] = [
        &PRAISE,
        &BLAME,
        &ASPECTS,
        &DETERMINERS,
        &MODIFIERS,
        &COPULAS,
        &NEGATIONS,
        &INTENSIFIERS,
    ];
    let circumstances = CIRCUMSTANCES.iter().flat_map(|words| words.split(' '));
    let circumstances: BTreeSet<&str> = circumstances.collect();
    let forms = CONCESSIONS.iter().chain(&CHANGES);
    let forms = forms.flat_map(|form| [form.before, form.between]);
    let forms: BTreeSet<&str> = forms.flat_map(str::split_whitespace).collect();
    let words: Vec<&str> = lists
        .concat()
        .into_iter()
        .chain(forms)
        .chain(circumstances)
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    words
        .into_iter()
        .for_each(|word| *counts.entry(word).or_default() += 1);
    let repeated: Vec<_> = counts.iter().filter(|&(_, &count)| count > 1).collect();
    assert!(repeated.is_empty(), "{repeated:?}");
    assert!((220..350).contains(&counts.len()), "{} words", counts.len());
}

#[test]
fn sentences_rarely_repeat_and_labels_are_balanced() {
    for difficulty in DIFFICULTIES {
        let reviews = reviews(1, 30_000, difficulty);
        let distinct: BTreeSet<&str> = reviews.iter().map(|(text, _)| text.as_str()).collect();
        assert!(
            distinct.len() > 29_990,
            "{difficulty:?}: {}",
            distinct.len()
        );
        // Five standard deviations around one half.
        let praising = reviews.iter().filter(|(_, praises)| *praises).count();
        assert!(
            praising.abs_diff(15_000) < 433,
            "{difficulty:?}: {praising}"
        );
    }
}

/// A logistic regression on the counts of words, trained by stochastic gradient descent.
struct BagOfWords {
    weights: BTreeMap<String, f64>,
    bias: f64,
}

impl BagOfWords {
    fn trained(examples: &[(String, bool)]) -> Self {
        let mut model = Self {
            weights: BTreeMap::new(),
            bias: 0.0,
        };
        for epoch in 0..5 {
            let rate = 0.1 / f64::from(1 + epoch);
            for (text, label) in examples {
                let probability = 1.0 / (1.0 + (-model.logit(text)).exp());
                let step = rate * (f64::from(u8::from(*label)) - probability);
                model.bias += step;
                for word in text.split(' ') {
                    *model.weights.entry(word.to_owned()).or_default() += step;
                }
            }
        }
        model
    }

    fn logit(&self, text: &str) -> f64 {
        let weight = |word| self.weights.get(word).copied().unwrap_or(0.0);
        self.bias + text.split(' ').map(weight).sum::<f64>()
    }

    /// The share of the examples that it gets right.
    fn accuracy(&self, examples: &[(String, bool)]) -> f64 {
        let right = examples
            .iter()
            .filter(|(text, label)| (self.logit(text) > 0.0) == *label);
        right.count() as f64 / examples.len() as f64
    }
}

#[test]
fn a_bag_of_words_cannot_win() {
    for difficulty in DIFFICULTIES {
        let reviews = reviews(3, 15_000, difficulty);
        let (train, test) = reviews.split_at(10_000);
        let accuracy = BagOfWords::trained(train).accuracy(test);
        assert!((accuracy - 0.5).abs() < 0.03, "{difficulty:?}: {accuracy}");
    }
}

#[test]
fn the_bag_of_words_wins_where_words_decide() {
    let telling = |(text, label): (String, bool)| {
        let word = if label { "gladly" } else { "sadly" };
        (format!("{word} {text}"), label)
    };
    let reviews: Vec<_> = reviews(3, 3000, Difficulty::Nested)
        .into_iter()
        .map(telling)
        .collect();
    let (train, test) = reviews.split_at(2000);
    assert!(BagOfWords::trained(train).accuracy(test) > 0.99);
}
