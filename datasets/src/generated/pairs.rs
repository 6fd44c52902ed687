//! Sentences and their translations: what is said, and how each of the two languages says it.

mod lexicon;
#[cfg(test)]
mod tests;

use crate::draw::Draw;
use lexicon::{
    ADJECTIVES, AMBIGUOUS, ANIMALS, Gender, Kind, NUMERALS, Noun, PEOPLE, PLACES, PREPOSITIONS,
    THINGS, VERBS, Verb,
};

/// How many things there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    Singular,
    Plural,
}

/// What a noun is in its clause, by the ending that the translation gives it.
type Case = &'static str;

const SUBJECT: Case = "";
const OBJECT: Case = "n";
const PLACE: Case = "s";

/// What stands before a noun, in English and in the translation.
#[derive(Clone, Copy)]
enum Determiner {
    Definite,
    Indefinite,
    Numeral(&'static str, &'static str),
}

/// A noun with all that belongs to it.
struct Phrase {
    determiner: Determiner,
    number: Number,
    /// In English and as a stem of the translation.
    adjective: Option<(&'static str, &'static str)>,
    noun: &'static Noun,
}

/// Somebody does something to something, perhaps somewhere.
struct Clause {
    subject: Phrase,
    verb: &'static Verb,
    is_past: bool,
    object: Phrase,
    /// With what stands before it in English; the translation has the ending alone.
    place: Option<(&'static str, Phrase)>,
}

/// What joins two clauses.
#[derive(Clone, Copy)]
enum Joint {
    And,
    Because,
}

/// Clauses up to the full stop.
struct Sentence {
    first: Clause,
    second: Option<(Joint, Clause)>,
}

/// Says one thing after the other.
pub(super) struct Translator {
    draw: Draw,
}

impl Translator {
    pub(super) fn new(draw: Draw) -> Self {
        Self { draw }
    }

    /// A sentence in English, and its translation.
    pub(super) fn pair(&mut self) -> (String, String) {
        let first = self.clause();
        let second = match self.draw.below(4) {
            0 => Some((Joint::And, self.clause())),
            1 => Some((Joint::Because, self.clause())),
            _ => None,
        };
        let sentence = Sentence { first, second };
        (sentence.english(), sentence.translation())
    }

    fn clause(&mut self) -> Clause {
        let subjects = if self.draw.one_in(4) { ANIMALS } else { PEOPLE };
        let verb = &VERBS[self.draw.index(VERBS.len())];
        let objects = match (self.draw.one_in(3), verb.takes) {
            (true, kind) => &AMBIGUOUS[kind as usize],
            (false, Kind::Animal) => ANIMALS,
            (false, Kind::Thing) => THINGS,
        };
        Clause {
            subject: self.phrase(subjects),
            verb,
            is_past: self.draw.one_in(2),
            object: self.phrase(objects),
            place: self.draw.one_in(3).then(|| {
                let preposition = self.draw.pick(&PREPOSITIONS);
                (preposition, self.phrase(PLACES))
            }),
        }
    }

    fn phrase(&mut self, nouns: &'static [Noun]) -> Phrase {
        let number = if self.draw.one_in(2) {
            Number::Singular
        } else {
            Number::Plural
        };
        let determiner = match (self.draw.one_in(2), number) {
            (true, _) => Determiner::Definite,
            (false, Number::Singular) => Determiner::Indefinite,
            (false, Number::Plural) => {
                let (english, translation) = self.draw.pick(&NUMERALS);
                Determiner::Numeral(english, translation)
            }
        };
        Phrase {
            determiner,
            number,
            adjective: self.draw.one_in(2).then(|| self.draw.pick(&ADJECTIVES)),
            noun: &nouns[self.draw.index(nouns.len())],
        }
    }
}

impl Sentence {
    fn english(&self) -> String {
        let mut words = self.first.english();
        if let Some((joint, second)) = &self.second {
            words.push(match joint {
                Joint::And => "and",
                Joint::Because => "because",
            });
            words.extend(second.english());
        }
        words.join(" ") + " ."
    }

    fn translation(&self) -> String {
        let first = self.first.translation();
        match &self.second {
            None => format!("{first} ."),
            Some((Joint::And, second)) => format!("{first} , ed {} .", second.translation()),
            Some((Joint::Because, second)) => format!("{} kar , {first} .", second.translation()),
        }
    }
}

impl Clause {
    fn english(&self) -> Vec<&'static str> {
        let mut words = self.subject.english();
        words.push(match (self.is_past, self.subject.number) {
            (true, _) => self.verb.past,
            (false, Number::Singular) => self.verb.singular,
            (false, Number::Plural) => self.verb.plural,
        });
        words.extend(self.object.english());
        if let Some((preposition, place)) = &self.place {
            words.push(preposition);
            words.extend(place.english());
        }
        words
    }

    fn translation(&self) -> String {
        let mut phrases = vec![self.subject.translation(SUBJECT)];
        phrases.extend(self.place.iter().map(|(_, place)| place.translation(PLACE)));
        phrases.push(self.object.translation(OBJECT));
        let number = match self.subject.number {
            Number::Singular => "a",
            Number::Plural => "en",
        };
        let tense = if self.is_past { "ti" } else { "r" };
        phrases.push(format!("{}{number}{tense}", self.verb.stem));
        phrases.join(" ")
    }
}

impl Phrase {
    fn english(&self) -> Vec<&'static str> {
        let noun = match self.number {
            Number::Singular => self.noun.singular,
            Number::Plural => self.noun.plural,
        };
        let next = self.adjective.map_or(noun, |(english, _)| english);
        let mut words = vec![match self.determiner {
            Determiner::Definite => "the",
            Determiner::Indefinite if next.starts_with(['a', 'e', 'i', 'o', 'u']) => "an",
            Determiner::Indefinite => "a",
            Determiner::Numeral(english, _) => english,
        }];
        words.extend(self.adjective.map(|(english, _)| english));
        words.push(noun);
        words
    }

    fn translation(&self, case: Case) -> String {
        let ending = match (self.noun.gender, self.number) {
            (Gender::Masculine, Number::Singular) => "o",
            (Gender::Masculine, Number::Plural) => "i",
            (Gender::Feminine, Number::Singular) => "a",
            (Gender::Feminine, Number::Plural) => "e",
        };
        let determiner = match self.determiner {
            Determiner::Definite => format!("l{ending}"),
            Determiner::Indefinite => format!("un{ending}"),
            Determiner::Numeral(_, translation) => translation.to_owned(),
        };
        let mut words = format!("{determiner} {}{ending}{case}", self.noun.stem);
        if let Some((_, stem)) = self.adjective {
            words += &format!(" {stem}{ending}{case}");
        }
        words
    }
}
