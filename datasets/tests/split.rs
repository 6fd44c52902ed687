//! Parts of a labelled corpus: disjoint, stratified, and the same for the same seed.

use std::collections::HashSet;

use proptest::prelude::*;
use recurra_datasets::labelled::{
    HeldOut, LabelledCorpus, LabelledText, Split, SplitSizes, normalised,
};

/// A corpus in which every text stands several times, spelt differently.
fn corpus(labels: &[usize]) -> LabelledCorpus {
    let spell = |(number, &label): (usize, &usize)| {
        let spellings = [
            format!("It's no. {number}!"),
            format!(" it 's  NO . {number} !"),
        ];
        spellings.map(|text| LabelledText { text, label })
    };
    LabelledCorpus {
        classes: ["a", "b", "c"].map(str::to_owned).into(),
        examples: labels.iter().enumerate().flat_map(spell).collect(),
    }
}

/// Labels of three classes, each of them at least four times.
fn any_labels() -> impl Strategy<Value = Vec<usize>> {
    let more = prop::collection::vec(prop::sample::select(vec![0, 0, 0, 1, 1, 2]), 20..80);
    more.prop_map(|more| [0, 1, 2].repeat(4).into_iter().chain(more).collect())
}

fn sizes(labelled: usize, development: usize, test: usize) -> SplitSizes {
    SplitSizes {
        labelled,
        pool: None,
        development,
        test,
    }
}

fn parts(split: &Split) -> [&LabelledCorpus; 4] {
    [
        &split.test,
        &split.development,
        &split.labelled,
        &split.pool,
    ]
}

fn texts(corpus: &LabelledCorpus) -> Vec<String> {
    corpus
        .examples
        .iter()
        .map(|example| normalised(&example.text))
        .collect()
}

/// Draws, and passes over the few draws in which a class is too rare for the labelled part.
fn drawn(corpus: &LabelledCorpus, sizes: SplitSizes, seed: u64) -> Option<Split> {
    Split::draw(corpus, sizes, seed).ok()
}

proptest! {
    #[test]
    fn parts_share_nothing_and_lose_nothing(
        labels in any_labels(),
        development in 0usize..6,
        test in 0usize..6,
        seed: u64,
    ) {
        let corpus = corpus(&labels);
        let sizes = sizes(12, development, test);
        prop_assume!(drawn(&corpus, sizes, seed).is_some());
        let split = Split::draw(&corpus, sizes, seed).unwrap();
        let counts = parts(&split).map(|part| part.examples.len());
        prop_assert_eq!(counts[..3].to_vec(), vec![test, development, 12]);

        let texts: Vec<String> = parts(&split).into_iter().flat_map(texts).collect();
        let distinct: HashSet<&String> = texts.iter().collect();
        prop_assert_eq!(texts.len(), labels.len());
        prop_assert_eq!(distinct.len(), labels.len());
        prop_assert_eq!(&Split::draw(&corpus, sizes, seed).unwrap(), &split);
    }

    #[test]
    fn every_part_has_the_classes_in_their_shares(labels in any_labels(), seed: u64) {
        let corpus = corpus(&labels);
        let Some(split) = drawn(&corpus, sizes(12, 5, 7), seed) else {
            return Ok(());
        };
        for part in parts(&split) {
            for (class, &count) in part.class_counts().iter().enumerate() {
                let all = labels.iter().filter(|&&label| label == class).count();
                let share = all as f64 / labels.len() as f64 * part.examples.len() as f64;
                prop_assert!((count as f64 - share).abs() <= 2.0 + 1e-9, "{count} for {share}");
            }
        }
    }

    #[test]
    fn a_larger_labelled_part_contains_the_smaller(labels in any_labels(), seed: u64) {
        let corpus = corpus(&labels);
        let (small, large) = (drawn(&corpus, sizes(12, 3, 4), seed), drawn(&corpus, sizes(20, 3, 4), seed));
        let (Some(small), Some(large)) = (small, large) else {
            return Ok(());
        };
        prop_assert_eq!(&small.test, &large.test);
        prop_assert_eq!(&small.development, &large.development);
        prop_assert_eq!(&small.labelled.examples[..], &large.labelled.examples[..12]);
    }

    #[test]
    fn nothing_of_a_published_test_part_is_drawn(
        labels in any_labels(),
        published in prop::collection::hash_set(0usize..40, 1..10),
        seed: u64,
    ) {
        let all = corpus(&labels);
        let mut test = all.clone();
        let is_published = |text: &str| published.iter().any(|number| text.contains(&format!(". {number} ")));
        test.examples.retain(|example| is_published(&normalised(&example.text)));
        let Ok(split) = Split::draw_beside(HeldOut::test(&test), &all, sizes(12, 3, 0), seed) else {
            return Ok(());
        };
        let texts: Vec<String> = parts(&split).into_iter().flat_map(texts).collect();
        prop_assert_eq!(texts.iter().collect::<HashSet<_>>().len(), texts.len());
        prop_assert_eq!(texts.len(), labels.len());
        prop_assert!(split.test.examples.iter().all(|example| is_published(&normalised(&example.text))));
        prop_assert_eq!(2 * split.test.examples.len(), test.examples.len());
    }
}

#[test]
fn a_published_development_part_is_taken_as_it_is_without_the_test_texts() {
    let all = corpus(&[0, 1].repeat(20));
    let slice = |places: std::ops::Range<usize>| LabelledCorpus {
        classes: all.classes.clone(),
        examples: all.examples[places].to_vec(),
    };
    let (test, development) = (slice(0..6), slice(4..12));
    let given = HeldOut {
        test: &test,
        development: Some(&development),
    };
    let split = Split::draw_beside(given, &all, sizes(0, 0, 0), 1).unwrap();
    let texts: Vec<String> = parts(&split).into_iter().flat_map(texts).collect();
    assert_eq!(texts.iter().collect::<HashSet<_>>().len(), texts.len());
    assert!(split.labelled.examples.is_empty());
    assert!(!split.development.examples.is_empty());
    let is_given = |it: &LabelledText| development.examples.contains(it);
    assert!(split.development.examples.iter().all(is_given));
    let drawn = split.pool.examples.iter();
    assert!(
        drawn
            .filter(|it| is_given(it) || test.examples.contains(it))
            .count()
            == 0
    );
}

#[test]
fn seeds_draw_differently() {
    let corpus = corpus(&[0, 1, 2].repeat(20));
    let labelled = |seed| drawn(&corpus, sizes(12, 3, 4), seed).unwrap().labelled;
    assert_ne!(labelled(1), labelled(2));
}

#[test]
fn a_pool_can_be_limited() {
    let corpus = corpus(&[0, 1, 2].repeat(20));
    let limited = SplitSizes {
        pool: Some(5),
        ..sizes(12, 3, 4)
    };
    let (split, all) = (
        drawn(&corpus, limited, 1),
        drawn(&corpus, sizes(12, 3, 4), 1),
    );
    let (pool, all) = (split.unwrap().pool.examples, all.unwrap().pool.examples);
    assert_eq!(pool, all[..5]);
}

#[test]
fn too_few_examples_are_an_error() {
    let corpus = corpus(&[0, 1, 2].repeat(4));
    let error = Split::draw(&corpus, sizes(6, 3, 3), 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "corpus has 12 different examples, expected at least 13 for its parts"
    );
    let error = Split::draw_beside(HeldOut::test(&corpus), &corpus, sizes(6, 3, 0), 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "corpus has 0 different examples, expected at least 10 for its parts"
    );
}

#[test]
fn a_labelled_part_without_a_class_is_an_error() {
    let labels: Vec<usize> = [0; 20].into_iter().chain([1, 2]).collect();
    let error = Split::draw(&corpus(&labels), sizes(2, 0, 0), 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a labelled part of 2 has no example of class b, expected at least 1"
    );
}

#[test]
#[should_panic(expected = "the test part is given, and none is drawn")]
fn two_test_parts_are_a_mistake() {
    let corpus = corpus(&[0, 1, 2].repeat(4));
    let _ = Split::draw_beside(HeldOut::test(&corpus), &corpus, sizes(6, 3, 1), 1);
}
