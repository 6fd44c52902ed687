//! Cutting text into tokens, and tokens to ids and back.

use proptest::prelude::*;
use recurra_datasets::{END_OF_LINE, PADDING, Unit, Vocabulary, VocabularyLimits};

/// Few distinct words, so that repeats and ties are common, with every kind of white space between
/// them.
const WORDS: &str = "([a-d]{1,2}|<unk>|é)?([ \t\n]{1,2}([a-d]{1,2}|<unk>|é)){0,20}[ \n]?";

fn vocabulary_of(text: &str, unit: Unit) -> Vocabulary {
    Vocabulary::from_training_tokens(&unit.tokens(text), unit)
}

fn any_unit() -> impl Strategy<Value = Unit> {
    prop_oneof![Just(Unit::Char), Just(Unit::Word)]
}

proptest! {
    #[test]
    fn characters_survive_the_round_trip(text in ".*") {
        let vocabulary = vocabulary_of(&text, Unit::Char);
        let ids = vocabulary.encode(Unit::Char.tokens(&text)).unwrap();
        prop_assert_eq!(ids.len(), text.chars().count());
        prop_assert_eq!(Unit::Char.join(vocabulary.decode(&ids).unwrap()), text);
    }

    #[test]
    fn words_survive_the_round_trip_but_for_blanks(text in WORDS) {
        let vocabulary = vocabulary_of(&text, Unit::Word);
        let tokens = Unit::Word.tokens(&text);
        let ids = vocabulary.encode(tokens.iter().copied()).unwrap();
        let joined = Unit::Word.join(vocabulary.decode(&ids).unwrap());
        let lines = |text: &str| -> Vec<String> {
            let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            text.split('\n').map(words).collect()
        };
        prop_assert_eq!(joined.split('\n').collect::<Vec<_>>(), lines(&text));
        prop_assert_eq!(Unit::Word.tokens(&joined), tokens);
    }

    #[test]
    fn cutting_a_text_in_two_cuts_its_tokens_in_two(
        first in WORDS,
        second in WORDS,
        unit in any_unit(),
    ) {
        let first = first + "\n";
        let whole = first.clone() + &second;
        prop_assert_eq!(unit.tokens(&whole), [unit.tokens(&first), unit.tokens(&second)].concat());
    }

    #[test]
    fn ids_and_tokens_are_inverse(text in WORDS, unit in any_unit()) {
        let vocabulary = vocabulary_of(&text, unit);
        for id in 0..vocabulary.len() as u32 {
            prop_assert_eq!(vocabulary.id(vocabulary.token(id).unwrap()), Some(id));
        }
        prop_assert_eq!(vocabulary.token(vocabulary.len() as u32), None);
        prop_assert_eq!(vocabulary.is_empty(), unit.tokens(&text).is_empty());
    }

    #[test]
    fn the_order_of_the_text_does_not_matter(
        (text, shuffled) in prop::collection::vec("[a-d]{1,2}|<unk>", 0..30)
            .prop_flat_map(|words| (Just(words.clone()), Just(words).prop_shuffle())),
        unit in any_unit(),
    ) {
        let vocabulary_of_words = |words: &[String]| {
            let tokens: Vec<&str> = words.iter().map(String::as_str).collect();
            Vocabulary::from_training_tokens(&tokens, unit)
        };
        prop_assert_eq!(vocabulary_of_words(&text), vocabulary_of_words(&shuffled));
    }

    #[test]
    fn limits_keep_the_most_frequent_words(
        texts in prop::collection::vec(prop::collection::vec("[a-e]|<pad>|<unk>", 0..10), 0..8),
        min_count in 0usize..4,
        max_size in prop::option::of(2usize..8),
    ) {
        let limits = VocabularyLimits { min_count, max_size };
        let vocabulary = Vocabulary::from_texts(&texts, limits);
        let count = |word: &str| texts.iter().flatten().filter(|other| *other == word).count();
        prop_assert_eq!(vocabulary.decode(&[0, 1]).unwrap(), [PADDING, "<unk>"]);
        prop_assert_eq!((vocabulary.padding(), vocabulary.unknown()), (Some(0), Some(1)));

        let size = vocabulary.len() as u32;
        let words: Vec<&str> = (2..size).filter_map(|id| vocabulary.token(id)).collect();
        let mut expected: Vec<&str> = ["a", "b", "c", "d", "e"]
            .into_iter()
            .filter(|word| count(word) >= min_count.max(1))
            .collect();
        expected.sort_by_key(|word| std::cmp::Reverse(count(word)));
        expected.truncate(max_size.map_or(5, |size| size - 2));
        prop_assert_eq!(words, expected);
    }

    #[test]
    fn json_gives_the_same_vocabulary_back(text in WORDS, unit in any_unit(), unknown: bool) {
        let mut vocabulary = vocabulary_of(&text, unit);
        if unknown {
            vocabulary = vocabulary.with_unknown(unit.unknown_token()).with_padding("|");
        }
        let json = serde_json::to_string(&vocabulary).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vocabulary>(&json).unwrap(), vocabulary);
    }
}

#[test]
fn words_are_ordered_by_frequency_then_code_point() {
    let vocabulary = vocabulary_of("b c a\nc b\nc Z", Unit::Word);
    let tokens: Vec<_> = (0..vocabulary.len() as u32)
        .filter_map(|id| vocabulary.token(id))
        .collect();
    assert_eq!(tokens, ["c", END_OF_LINE, "b", "Z", "a"]);
}

#[test]
fn characters_are_ordered_by_code_point() {
    let vocabulary = vocabulary_of("éaab\nz𝄞Z", Unit::Char);
    let tokens: Vec<_> = (0..vocabulary.len() as u32)
        .filter_map(|id| vocabulary.token(id))
        .collect();
    assert_eq!(tokens, ["\n", "Z", "a", "b", "z", "é", "𝄞"]);
}

#[test]
fn every_line_feed_is_an_end_of_line_and_nothing_else_is() {
    assert_eq!(
        Unit::Word.tokens(" a b \n\nc"),
        ["a", "b", END_OF_LINE, END_OF_LINE, "c"]
    );
    assert_eq!(
        Unit::Word.join(["a", "b", END_OF_LINE, END_OF_LINE, "c"]),
        "a b\n\nc"
    );
    assert!(Unit::Word.tokens("").is_empty());
}

#[test]
fn the_unknown_token_stands_for_the_rest() {
    let own = vocabulary_of("a <unk> a", Unit::Word);
    assert_eq!(own.unknown(), own.id("<unk>"));
    assert_eq!(own.encode(["a", "z"]).unwrap(), [0, 1]);
    assert_eq!(own.id("z"), None);

    let appended = vocabulary_of("ab", Unit::Char).with_unknown("\u{fffd}");
    assert_eq!(appended.encode(["b", "z"]).unwrap(), [1, 2]);
    assert_eq!(appended.clone().with_unknown("\u{fffd}"), appended);
    assert_eq!(appended.with_unknown("a").unknown(), Some(0));
}

#[test]
fn the_json_is_a_list_and_perhaps_an_unknown_token() {
    let plain = vocabulary_of("ab", Unit::Char);
    assert_eq!(
        serde_json::to_string(&plain).unwrap(),
        r#"{"tokens":["a","b"]}"#
    );
    let unknown = plain.with_unknown("?");
    assert_eq!(
        serde_json::to_string(&unknown).unwrap(),
        r#"{"tokens":["a","b","?"],"unknown":"?"}"#
    );
    assert_eq!(
        serde_json::to_string(&unknown.with_padding("a")).unwrap(),
        r#"{"tokens":["a","b","?"],"unknown":"?","padding":"a"}"#
    );
    assert_eq!(serde_json::to_string(&Unit::Word).unwrap(), r#""word""#);
}

#[test]
fn a_vocabulary_file_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vocabulary.json");
    let vocabulary = vocabulary_of("to be or not to be <unk> \"é\"\n", Unit::Word);
    vocabulary.write(&path).unwrap();
    assert_eq!(Vocabulary::read(&path).unwrap(), vocabulary);
}

#[test]
#[should_panic(expected = "a vocabulary has at least 2 tokens, got 1")]
fn a_vocabulary_without_a_place_for_its_special_tokens_is_a_mistake() {
    let limits = VocabularyLimits {
        max_size: Some(1),
        ..Default::default()
    };
    Vocabulary::from_texts(&[vec!["a".to_owned()]], limits);
}
