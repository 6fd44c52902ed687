//! Changed texts: seeded, made of the part's own words, and as the probabilities say.

use std::collections::HashSet;

use proptest::prelude::*;
use recurra_datasets::{
    labelled::{Augmentation, AugmentedText},
    tagged::{TagLexicon, TaggedSentence},
};

/// The letters `a` to `d` are nouns, `p` to `s` verbs; `x` is not listed.
fn lexicon() -> TagLexicon {
    let tagged = |words: [&str; 4], tag: &str| TaggedSentence {
        words: words.map(str::to_owned).into(),
        tags: vec![tag.to_owned(); words.len()],
    };
    TagLexicon::from_sentences(&[
        tagged(["a", "b", "c", "d"], "N"),
        tagged(["p", "q", "r", "s"], "V"),
    ])
}

fn any_texts() -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(prop::collection::vec("[abpqx]", 0..9), 0..9)
}

/// The settings with these probabilities to mask, to replace and to keep an n-gram.
fn settings(mask: f64, replace: f64, n_gram: f64) -> Augmentation {
    Augmentation {
        mask_probability: mask,
        replace_probability: replace,
        n_gram_probability: n_gram,
        ..Default::default()
    }
}

fn augment(settings: &Augmentation, texts: &[Vec<String>], seed: u64) -> Vec<AugmentedText> {
    settings.augment(texts, &lexicon(), seed).unwrap()
}

proptest! {
    #[test]
    fn words_are_the_parts_own_and_nothing_comes_twice(texts in any_texts(), seed: u64) {
        let own: HashSet<&str> = texts.iter().flatten().map(String::as_str).chain(["[MASK]"]).collect();
        let augmented = augment(&settings(0.2, 0.4, 0.3), &texts, seed);
        let mut seen: HashSet<&Vec<String>> = texts.iter().collect();
        for AugmentedText { source, words } in &augmented {
            prop_assert!(words.iter().all(|word| own.contains(word.as_str())), "{:?}", words);
            prop_assert!((1..=texts[*source].len()).contains(&words.len()));
            prop_assert!(seen.insert(words), "{:?} comes twice", words);
        }
        prop_assert_eq!(augment(&settings(0.2, 0.4, 0.3), &texts, seed), augmented);
    }

    #[test]
    fn a_replaced_word_keeps_its_part_of_speech(texts in any_texts(), seed: u64) {
        let lexicon = lexicon();
        for AugmentedText { source, words } in augment(&settings(0.0, 1.0, 0.0), &texts, seed) {
            prop_assert_eq!(words.len(), texts[source].len());
            for (new, old) in words.iter().zip(&texts[source]) {
                prop_assert!(new == old || lexicon.tag(new) == lexicon.tag(old));
                prop_assert!(new == old || lexicon.tag(old).is_some(), "{} is unknown", old);
            }
        }
    }

    #[test]
    fn an_n_gram_stands_in_its_text(texts in any_texts(), seed: u64, longest in 1usize..7) {
        let settings = Augmentation { longest_n_gram: longest, ..settings(0.0, 0.0, 1.0) };
        for AugmentedText { source, words } in augment(&settings, &texts, seed) {
            prop_assert!(words.len() <= longest);
            prop_assert!(texts[source].windows(words.len()).any(|window| window == words));
        }
    }

    #[test]
    fn a_text_more_changes_no_other_but_for_repeats(texts in any_texts(), seed: u64) {
        let settings = settings(0.3, 0.0, 0.3);
        let of_first = |texts: &[Vec<String>]| -> Vec<AugmentedText> {
            let all = augment(&settings, texts, seed).into_iter();
            all.filter(|text| text.source == 0).collect()
        };
        let first = vec!["one".to_owned(), "two".to_owned(), "three".to_owned()];
        let more: Vec<_> = std::iter::once(first.clone()).chain(texts).collect();
        prop_assert_eq!(of_first(&more), of_first(&[first]));
    }
}

#[test]
fn without_a_chance_nothing_changes() {
    let texts = [vec!["a".to_owned(), "p".to_owned()]];
    assert!(augment(&settings(0.0, 0.0, 0.0), &texts, 1).is_empty());
}

#[test]
fn words_change_as_often_as_the_probabilities_say() {
    // Long texts of different words, so that no copy is left out.
    let texts: Vec<Vec<String>> = vec![vec!["a".to_owned(); 200], vec!["b".to_owned(); 200]];
    let augmented = augment(&settings(0.1, 0.2, 0.0), &texts, 1);
    assert_eq!(augmented.len(), 40);
    let share = |word: &str, source: usize| {
        let words = augmented
            .iter()
            .filter(|text| text.source == source)
            .flat_map(|text| &text.words);
        words.filter(|other| *other == word).count() as f64 / (20.0 * 200.0)
    };
    // Half of the replacements draw the word itself.
    for source in [0, 1] {
        assert!(
            (share("[MASK]", source) - 0.1).abs() < 0.025,
            "{}",
            share("[MASK]", source)
        );
        let other = ["b", "a"][source];
        assert!(
            (share(other, source) - 0.1).abs() < 0.025,
            "{}",
            share(other, source)
        );
    }
}

#[test]
fn probabilities_out_of_range_are_named() {
    let cases = [
        (
            settings(-0.1, 0.0, 0.0),
            "probability to mask must be in [0, 1], got -0.1",
        ),
        (
            settings(0.0, f64::NAN, 0.0),
            "probability to replace must be in [0, 1], got NaN",
        ),
        (
            settings(0.0, 0.0, 1.5),
            "probability to keep an n-gram must be in [0, 1], got 1.5",
        ),
        (
            settings(0.75, 0.5, 0.0),
            "probability to mask or replace must be in [0, 1], got 1.25",
        ),
    ];
    for (settings, expected) in cases {
        let error = settings.augment(&[], &lexicon(), 1).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
#[should_panic(expected = "longest n-gram must be at least 1, got 0")]
fn an_n_gram_of_nothing_is_a_mistake() {
    let settings = Augmentation {
        longest_n_gram: 0,
        ..Default::default()
    };
    augment(&settings, &[], 1);
}
