//! The rules of the generated story, from the paragraph down to the noun.

use super::lexicon::{
    ADJECTIVES, ADVERBS, BEING, BELIEVING, BELONGING, DOING, HANDLING, LYING, MEETING, NAMES,
    Number, PEOPLE, PLACES, Pronoun, RESTING, THINGS, Word,
};
use crate::draw::Draw;

#[cfg(test)]
mod tests;

/// The rules, each of which draws one of its forms.
pub(super) struct Grammar {
    draw: Draw,
}

/// A noun with all that belongs to it, and what agrees with it.
struct NounPhrase {
    text: String,
    number: Number,
    pronoun: Pronoun,
}

impl Grammar {
    pub(super) fn new(draw: Draw) -> Self {
        Self { draw }
    }

    /// Three to six sentences or speeches on one line, without a line feed at the end.
    pub(super) fn paragraph(&mut self) -> String {
        let sentences = 3 + self.draw.below(4);
        let sentences: Vec<String> = (0..sentences)
            .map(|_| {
                if self.draw.one_in(3) {
                    self.speech()
                } else {
                    self.statement() + "."
                }
            })
            .collect();
        sentences.join(" ")
    }

    /// One to three sentences in quotes, and who spoke them.
    fn speech(&mut self) -> String {
        let before: String = (0..self.draw.below(3))
            .map(|_| self.statement() + ". ")
            .collect();
        let (last, spoke) = if self.draw.one_in(2) {
            (self.question() + "?", "asked")
        } else {
            (self.statement() + ",", "said")
        };
        let speaker = self.draw.pick(&NAMES).name;
        format!("\"{before}{last}\" {spoke} {speaker}.")
    }

    fn question(&mut self) -> String {
        let subject = self.person();
        let (do_they, find) = (
            DOING.agreeing(subject.number),
            self.draw.pick(&HANDLING).agreeing(Number::Plural),
        );
        let object = self.noun(&THINGS);
        capitalised(&format!(
            "{do_they} {} {find} {}",
            subject.text, object.text
        ))
    }

    /// A sentence without its full stop.
    fn statement(&mut self) -> String {
        let first = self.clause();
        let statement = match self.draw.below(8) {
            0 => format!("if {first}, {}", self.clause()),
            1 => format!("{first}, and {}", self.clause()),
            2 => format!("{first}, but {}", self.clause()),
            3 => format!("on day {}, {first}", self.amount()),
            _ => first,
        };
        capitalised(&statement)
    }

    fn clause(&mut self) -> String {
        if self.draw.one_in(3) {
            let subject = self.thing();
            format!("{} {}", subject.text, self.state_of(subject.number))
        } else {
            let subject = self.person();
            format!("{} {}", subject.text, self.action_of(&subject))
        }
    }

    /// What people do.
    fn action_of(&mut self, subject: &NounPhrase) -> String {
        if self.draw.one_in(6) {
            let thinks = self.draw.pick(&BELIEVING).agreeing(subject.number);
            let pronoun = subject.pronoun;
            return format!(
                "{thinks} that {} {}",
                pronoun.text(),
                self.deed(pronoun.number())
            );
        }
        self.deed(subject.number)
    }

    fn deed(&mut self, number: Number) -> String {
        match self.draw.below(5) {
            0 => format!("{} {}", BEING.agreeing(number), self.draw.pick(&ADJECTIVES)),
            1 => format!(
                "{} {}",
                self.draw.pick(&RESTING).agreeing(number),
                self.draw.pick(&ADVERBS)
            ),
            2 => format!(
                "{} {}",
                self.draw.pick(&MEETING).agreeing(number),
                self.noun(&PEOPLE).text
            ),
            _ => format!(
                "{} {}",
                self.draw.pick(&HANDLING).agreeing(number),
                self.noun(&THINGS).text
            ),
        }
    }

    /// What things are or do.
    fn state_of(&mut self, number: Number) -> String {
        match self.draw.below(3) {
            0 => format!("{} {}", BEING.agreeing(number), self.draw.pick(&ADJECTIVES)),
            1 => format!(
                "{} to {}",
                BELONGING.agreeing(number),
                self.draw.pick(&NAMES).name
            ),
            _ => format!("{} {}", LYING.agreeing(number), self.place()),
        }
    }

    /// One or two names, or a noun that a relative clause may follow.
    fn person(&mut self) -> NounPhrase {
        let first = self.draw.pick(&NAMES);
        match self.draw.below(6) {
            0 | 1 => NounPhrase {
                text: first.name.to_owned(),
                number: Number::Singular,
                pronoun: first.pronoun,
            },
            2 => {
                let others: Vec<_> = NAMES
                    .into_iter()
                    .filter(|other| other.name != first.name)
                    .collect();
                let text = format!("{} and {}", first.name, self.draw.pick(&others).name);
                NounPhrase {
                    text,
                    number: Number::Plural,
                    pronoun: Pronoun::They,
                }
            }
            3 => self.noun(&PEOPLE),
            _ => {
                let person = self.noun(&PEOPLE);
                let text = format!(
                    "{} who {}",
                    person.text,
                    self.acquaintance_of(person.number)
                );
                NounPhrase { text, ..person }
            }
        }
    }

    /// The relative clause of people, after `who`.
    fn acquaintance_of(&mut self, number: Number) -> String {
        let other = self.noun(&PEOPLE);
        let meeting = self.draw.pick(&MEETING);
        if self.draw.one_in(2) {
            format!("{} {}", meeting.agreeing(number), other.text)
        } else {
            format!("{} {}", other.text, meeting.agreeing(other.number))
        }
    }

    /// A thing, which a place or a relative clause may follow.
    fn thing(&mut self) -> NounPhrase {
        let thing = self.noun(&THINGS);
        let text = match self.draw.below(3) {
            0 => return thing,
            1 => format!("{} {}", thing.text, self.place()),
            _ => {
                let person = self.noun(&PEOPLE);
                let handles = self.draw.pick(&HANDLING).agreeing(person.number);
                format!("{} that {} {handles}", thing.text, person.text)
            }
        };
        NounPhrase { text, ..thing }
    }

    fn place(&mut self) -> String {
        format!("{} {}", self.draw.pick(&PLACES), self.noun(&THINGS).text)
    }

    /// One of the nouns with its article or its amount, and perhaps an adjective.
    fn noun(&mut self, nouns: &[Word]) -> NounPhrase {
        let number = self.draw.pick(&[Number::Singular, Number::Plural]);
        let noun = self.draw.pick(nouns).agreeing(number);
        let described = if self.draw.one_in(3) {
            format!("{} {noun}", self.draw.pick(&ADJECTIVES))
        } else {
            noun.to_owned()
        };
        let determiner = match (self.draw.one_in(2), number) {
            (true, _) => "the".to_owned(),
            (false, Number::Singular) => indefinite_article(&described).to_owned(),
            (false, Number::Plural) => self.amount().to_string(),
        };
        NounPhrase {
            text: format!("{determiner} {described}"),
            number,
            pronoun: Pronoun::They,
        }
    }

    /// A number from 2 to 99, half of the time below 10.
    fn amount(&mut self) -> u32 {
        let most = self.draw.pick(&[9, 99]);
        2 + self.draw.below(most - 1)
    }
}

/// `a` or `an`, as the first letter of what follows wants it: no word of the lexicon is an
/// exception.
fn indefinite_article(next: &str) -> &'static str {
    if next.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

/// The sentence with its first letter, which is ASCII, in upper case.
fn capitalised(sentence: &str) -> String {
    let (first, rest) = sentence.split_at(1);
    first.to_ascii_uppercase() + rest
}
