//! The rules of the translation, read back from what is said.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;

fn pairs(seed: u64, count: usize) -> Vec<(String, String)> {
    let mut translator = Translator::new(Draw::new(seed));
    (0..count).map(|_| translator.pair()).collect()
}

/// The clauses of a translation, without what joins them.
fn clauses(translation: &str) -> Vec<Vec<&str>> {
    let clauses = translation.strip_suffix(" .").unwrap().split(" , ");
    clauses
        .map(|clause| {
            let clause = clause.strip_prefix("ed ").unwrap_or(clause);
            clause
                .strip_suffix(" kar")
                .unwrap_or(clause)
                .split(' ')
                .collect()
        })
        .collect()
}

/// The number that a verb's ending says; `None` for what is no verb.
fn number_of(word: &str) -> Option<Number> {
    let ending = VERBS.iter().find_map(|verb| word.strip_prefix(verb.stem))?;
    match ending {
        "ar" | "ati" => Some(Number::Singular),
        "enr" | "enti" => Some(Number::Plural),
        _ => None,
    }
}

proptest! {
    #[test]
    fn verbs_come_last_and_agree_with_the_subject(seed: u64) {
        for (_, translation) in pairs(seed, 20) {
            for clause in clauses(&translation) {
                let (verb, before) = clause.split_last().unwrap();
                let number = number_of(verb).expect("a verb");
                prop_assert!(before.iter().all(|word| number_of(word).is_none()), "{}", translation);
                // The subject's noun stands second.
                let is_plural = before[1].ends_with(['i', 'e']);
                prop_assert_eq!(number == Number::Plural, is_plural, "{}", translation);
            }
        }
    }

    #[test]
    fn adjectives_have_the_ending_of_their_noun(seed: u64) {
        for (_, translation) in pairs(seed, 20) {
            let words: Vec<&str> = translation.split(' ').collect();
            for pair in words.windows(2) {
                let stem = ADJECTIVES.iter().find(|(_, stem)| {
                    pair[1].strip_prefix(stem).is_some_and(|ending| ending.len() <= 2)
                });
                if let Some((_, stem)) = stem {
                    prop_assert!(pair[0].ends_with(&pair[1][stem.len()..]), "{}", translation);
                }
            }
        }
    }

    #[test]
    fn words_are_in_lower_case_and_parted_by_single_blanks(seed: u64) {
        for (sentence, translation) in pairs(seed, 20) {
            for text in [sentence, translation] {
                let words = text.split(' ');
                prop_assert!(words.clone().all(|word| !word.is_empty()));
                prop_assert_eq!(&text, &text.to_lowercase());
            }
        }
    }
}

#[test]
fn a_sentence_has_one_translation() {
    let mut known = HashMap::new();
    for seed in 0..4 {
        for (sentence, translation) in pairs(seed, 5000) {
            let first = known.entry(sentence).or_insert_with(|| translation.clone());
            assert_eq!(*first, translation);
        }
    }
}

#[test]
fn the_verb_tells_which_of_two_words_an_ambiguous_noun_is() {
    let nouns = [
        PEOPLE,
        ANIMALS,
        THINGS,
        PLACES,
        &AMBIGUOUS[0],
        &AMBIGUOUS[1],
    ];
    let stems: Vec<&str> = nouns.into_iter().flatten().map(|noun| noun.stem).collect();
    assert_eq!(stems.iter().collect::<BTreeSet<_>>().len(), stems.len());
    let mut seen = BTreeSet::new();
    for (sentence, translation) in pairs(1, 5000) {
        if clauses(&translation).len() > 1 {
            continue;
        }
        let said: Vec<&str> = sentence.split(' ').collect();
        for (animal, thing) in AMBIGUOUS[0].iter().zip(&AMBIGUOUS[1]) {
            let names = [animal.singular, animal.plural];
            let Some(place) = said.iter().position(|word| names.contains(word)) else {
                continue;
            };
            let verb = VERBS.iter().find(|verb| {
                said[..place]
                    .iter()
                    .any(|word| [verb.singular, verb.plural, verb.past].contains(word))
            });
            let (right, wrong) = match verb.expect("a verb before its object").takes {
                Kind::Animal => (animal, thing),
                Kind::Thing => (thing, animal),
            };
            let has = |noun: &Noun| {
                translation
                    .split(' ')
                    .any(|word| word.starts_with(noun.stem))
            };
            assert!(has(right) && !has(wrong), "{sentence} {translation}");
            seen.insert(right.stem);
        }
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}
