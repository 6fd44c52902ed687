//! English text as words.

use proptest::prelude::*;
use recurra_datasets::english_words;

/// Letters, digits and marks in whatever order, with much of what the rules look for.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9éΣİ]",
        "['’.,!-]",
        "[ \t\n]",
        "n't|'s|'re|'ll|,000|\\.5",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn cutting_words_again_changes_nothing(text in any_text()) {
        let words = english_words(&text);
        prop_assert_eq!(english_words(words.join(" ")), words);
    }

    #[test]
    fn cutting_a_text_in_two_cuts_its_words_in_two(first in any_text(), second in any_text()) {
        let whole = english_words(format!("{first} {second}"));
        let parts = [english_words(first), english_words(second)];
        prop_assert_eq!(whole, parts.concat());
    }

    #[test]
    fn nothing_but_white_space_and_case_is_lost(text in any_text()) {
        let expected: String = text
            .to_lowercase()
            .replace('’', "'")
            .chars()
            .filter(|char| !char.is_whitespace())
            .collect();
        prop_assert_eq!(english_words(&text).concat(), expected);
    }
}

#[test]
fn words_are_cut_as_the_rules_say() {
    let cases = [
        ("", ""),
        ("Don't! Can’t.", "do n't ! ca n't ."),
        ("n't 's 't isn'ty", "n't 's ' t isn ' ty"),
        (
            "They're the film's, I'd've said",
            "they 're the film 's , i 'd 've said",
        ),
        ("rock'n'roll 'tis", "rock ' n ' roll ' tis"),
        (
            "1,000.50, v1.2. 3.x a.b ,5",
            "1,000.50 , v1.2 . 3 . x a . b , 5",
        ),
        ("self-made\u{a0}(é)...", "self - made ( é ) . . ."),
    ];
    for (text, expected) in cases {
        assert_eq!(english_words(text).join(" "), expected, "{text}");
    }
}
