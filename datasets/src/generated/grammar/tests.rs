//! What agrees with what, over many draws of each rule.

use super::*;

const STORIES: u64 = 300;

fn any_agrees(words: &[Word], text: &str, number: Number) -> bool {
    let forms: Vec<&str> = words.iter().map(|word| word.agreeing(number)).collect();
    text.split(' ').any(|found| forms.contains(&found))
}

fn number_of_noun(phrase: &str, nouns: &[Word]) -> Number {
    if any_agrees(nouns, phrase, Number::Singular) {
        Number::Singular
    } else {
        Number::Plural
    }
}

/// The number that the first word of a predicate shows.
fn number_of_verb(predicate: &str) -> Number {
    let verbs = [
        &HANDLING[..],
        &MEETING,
        &RESTING,
        &BELIEVING,
        &[BEING, BELONGING, LYING],
    ]
    .concat();
    let verb = predicate
        .split(' ')
        .next()
        .expect("split yields at least one word");
    let shown = [Number::Singular, Number::Plural].map(|number| any_agrees(&verbs, verb, number));
    match shown {
        [true, false] => Number::Singular,
        [false, true] => Number::Plural,
        _ => panic!("{verb:?} is no verb, or shows no number"),
    }
}

#[test]
fn a_verb_agrees_with_its_subject_and_not_with_the_noun_before_it() {
    let mut crossed = 0;
    for seed in 0..STORIES {
        let mut grammar = Grammar::new(Draw::new(seed));
        let subject = grammar.thing();
        let words: Vec<&str> = subject.text.split(' ').collect();
        let head = words[1..words.len().min(3)].join(" ");
        assert_eq!(
            number_of_noun(&head, &THINGS),
            subject.number,
            "{}",
            subject.text
        );
        assert_eq!(
            number_of_verb(&grammar.state_of(subject.number)),
            subject.number
        );

        let nouns = [&THINGS[..], &PEOPLE].concat();
        crossed += u32::from(
            words.len() > 3 && number_of_noun(&words[3..].join(" "), &nouns) != subject.number,
        );
    }
    assert!(
        crossed > 30,
        "only {crossed} subjects end on a noun of the other number"
    );
}

#[test]
fn people_agree_with_what_they_do() {
    for seed in 0..STORIES {
        let mut grammar = Grammar::new(Draw::new(seed));
        let subject = grammar.person();
        let action = grammar.action_of(&subject);
        assert_eq!(
            number_of_verb(&action),
            subject.number,
            "{} {action}",
            subject.text
        );
        if let Some((_, reported)) = action.split_once(" that ") {
            let (pronoun, deed) = reported
                .split_once(' ')
                .expect("a pronoun and what it does");
            let expected = if pronoun == "they" {
                Number::Plural
            } else {
                Number::Singular
            };
            assert_eq!(number_of_verb(deed), expected, "{action}");
        }
    }
}

#[test]
fn a_determiner_agrees_with_its_noun() {
    for seed in 0..STORIES {
        let noun = Grammar::new(Draw::new(seed)).noun(&THINGS);
        let (determiner, rest) = noun.text.split_once(' ').expect("a determiner and a noun");
        assert_eq!(number_of_noun(rest, &THINGS), noun.number, "{}", noun.text);
        match determiner {
            "the" => {}
            "an" => assert!(rest.starts_with(['a', 'i', 'o', 'u']), "{}", noun.text),
            "a" => assert!(!rest.starts_with(['a', 'i', 'o', 'u']), "{}", noun.text),
            amount => {
                assert!((2..=99).contains(&amount.parse::<u32>().expect("an amount")));
                assert_eq!(noun.number, Number::Plural);
            }
        }
    }
}
