//! The generated story: stable, well formed, and varied enough to learn from.

use std::collections::BTreeSet;

use proptest::prelude::*;
use recurra_datasets::{
    english_words, generated_text,
    labelled::{Difficulty, LabelledCorpus},
};

proptest! {
    #[test]
    fn a_longer_story_continues_the_shorter(
        seed: u64,
        short in 0usize..2000,
        more in 0usize..2000,
    ) {
        let story = generated_text(seed, short);
        prop_assert_eq!(story.chars().count(), short);
        prop_assert!(generated_text(seed, short + more).starts_with(&story));
    }

    #[test]
    fn quotes_close_and_sentences_end_in_every_paragraph(seed: u64) {
        let story = generated_text(seed, 3000);
        // The last paragraph is cut off where the characters run out.
        let (whole, _) = story.rsplit_once("\n\n").expect("several paragraphs");
        for paragraph in whole.split("\n\n") {
            prop_assert_eq!(paragraph.matches('"').count() % 2, 0, "{}", paragraph);
            prop_assert!(paragraph.ends_with('.') && !paragraph.contains('\n'), "{}", paragraph);
            prop_assert!(!paragraph.contains("  ") && !paragraph.contains(".."), "{}", paragraph);
        }
    }

    #[test]
    fn another_seed_gives_another_story(seed: u64) {
        prop_assert_ne!(generated_text(seed, 200), generated_text(seed.wrapping_add(1), 200));
    }
}

/// Pins the story on every platform. If this fails, results on the generated text are no longer
/// comparable.
#[test]
fn the_first_story_stays_as_it_is() {
    let story = generated_text(1, 100_000);
    assert!(story.starts_with(
        "If 8 unknown sailors carry the apple, an ugly woman who the woman follows sells an island."
    ));
    assert_eq!(fnv1a(story.as_bytes()), 0xfe60_314b_59d0_5d98);
}

#[test]
fn the_story_uses_its_hundred_words() {
    let story = generated_text(7, 100_000).to_lowercase();
    let words: BTreeSet<&str> = story
        .split(|char: char| !char.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
        .collect();
    assert!((90..=110).contains(&words.len()), "{} words", words.len());
    assert!(story.is_ascii());
}

/// Pins the reviews on every platform. If this fails, results on them are no longer comparable.
#[test]
fn the_first_reviews_stay_as_they_are() {
    let hash = |difficulty| {
        let reviews = LabelledCorpus::generated_reviews(1, 1000, difficulty);
        fnv1a(serde_json::to_string(&reviews).unwrap().as_bytes())
    };
    let difficulties = [
        Difficulty::Concession,
        Difficulty::Negation,
        Difficulty::Nested,
    ];
    assert_eq!(
        difficulties.map(hash),
        [
            2_331_839_310_685_005_424,
            9_124_677_907_656_044_864,
            13_936_806_778_547_798_447
        ]
    );
}

#[test]
fn the_words_of_a_review_are_parted_by_blanks() {
    for review in LabelledCorpus::generated_reviews(3, 200, Difficulty::Nested).examples {
        assert_eq!(english_words(&review.text).join(" "), review.text);
    }
}

#[test]
fn more_reviews_continue_fewer_and_seeds_differ() {
    let reviews = |seed, count| {
        LabelledCorpus::generated_reviews(seed, count, Difficulty::default()).examples
    };
    assert_eq!(reviews(1, 20)[..7], reviews(1, 7));
    assert_ne!(reviews(1, 7), reviews(2, 7));
}

/// The 64-bit FNV-1a hash: a checksum short enough to write out here.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
