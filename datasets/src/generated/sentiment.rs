//! The rules of the generated reviews, from the sentence down to the clause.

mod lexicon;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::draw::Draw;
use lexicon::{
    ASPECTS, BLAME, CIRCUMSTANCES, COMMON, COPULAS, DETERMINERS, INTENSIFIERS, MODIFIERS,
    NEGATIONS, PRAISE,
};

/// The most words of a sentence.
const LONGEST_SENTENCE: usize = 25;

/// In one of so many forms, the part that is read first decides: seldom enough that little data
/// teaches little more than to wait for the last judgement.
const FIRST_DECIDES_ONE_IN: u32 = 5;

/// One of so many clauses is negated.
const NEGATED_ONE_IN: u32 = 10;

/// One of so many judgements is drawn from the whole list, and so perhaps a rare word.
const ANY_WORD_ONE_IN: u32 = 10;

/// How much a reader of the generated reviews has to put together. See
/// [`LabelledCorpus::generated_reviews`](crate::labelled::LabelledCorpus::generated_reviews).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Difficulty {
    /// Two clauses, one of which concedes.
    Concession,
    /// Two clauses, one of which concedes or is over, and any of which may be negated.
    Negation,
    /// As before; half of the sentences have four clauses, two in each half.
    #[default]
    Nested,
}

/// Which of two parts a judgement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decides {
    First,
    Second,
}

/// What stands before and between two parts, and which of them decides.
#[derive(Clone, Copy)]
struct Form {
    before: &'static str,
    between: &'static str,
    decides: Decides,
}

const fn form(before: &'static str, between: &'static str, decides: Decides) -> Form {
    Form {
        before,
        between,
        decides,
    }
}

/// One part is conceded, the other decides.
const CONCESSIONS: [Form; 8] = [
    form("although", ",", Decides::Second),
    form("though", ",", Decides::Second),
    form("even if", ",", Decides::Second),
    form("", ", but", Decides::Second),
    form("", ", yet", Decides::Second),
    form("", ", although", Decides::First),
    form("", ", though", Decides::First),
    form("", ", even if", Decides::First),
];

/// One part is over, the other, which is later, decides.
const CHANGES: [Form; 4] = [
    form("", "before", Decides::Second),
    form("", "after", Decides::First),
    form("after", ",", Decides::Second),
    form("before", ",", Decides::First),
];

/// Those of the changes that can be one half of a longer sentence, which has its own comma.
const INNER_CHANGES: usize = 2;

/// Words, and whether they praise in the end.
struct Opinion {
    words: Vec<&'static str>,
    praises: bool,
}

/// Writes one sentence after the other.
pub(super) struct Reviewer {
    draw: Draw,
    difficulty: Difficulty,
}

impl Reviewer {
    pub(super) fn new(draw: Draw, difficulty: Difficulty) -> Self {
        Self { draw, difficulty }
    }

    /// A sentence of 5 to 25 words, and whether it praises.
    pub(super) fn sentence(&mut self) -> (String, bool) {
        loop {
            let opinion = self.opinion();
            if opinion.words.len() < LONGEST_SENTENCE {
                return (opinion.words.join(" ") + " .", opinion.praises);
            }
        }
    }

    fn opinion(&mut self) -> Opinion {
        match self.difficulty {
            Difficulty::Concession => self.concession(),
            Difficulty::Negation => self.pair(),
            Difficulty::Nested if self.draw.one_in(2) => self.pair(),
            Difficulty::Nested => {
                let outer = self.form(&CONCESSIONS);
                let inner = &CHANGES[..INNER_CHANGES];
                let (first, second) = (self.change(inner), self.change(inner));
                outer.joined(first, second)
            }
        }
    }

    /// One of the forms, in most draws one in which the second part decides.
    fn form(&mut self, forms: &[Form]) -> Form {
        let decides = if self.draw.one_in(FIRST_DECIDES_ONE_IN) {
            Decides::First
        } else {
            Decides::Second
        };
        let fitting: Vec<Form> = forms
            .iter()
            .copied()
            .filter(|form| form.decides == decides)
            .collect();
        self.draw.pick(&fitting)
    }

    fn pair(&mut self) -> Opinion {
        if self.draw.one_in(2) {
            self.concession()
        } else {
            self.change(&CHANGES)
        }
    }

    /// Two aspects, one with a word of praise and one with a word of blame.
    fn concession(&mut self) -> Opinion {
        let form = self.form(&CONCESSIONS);
        let (aspects, praise_first) = ([self.aspect(), self.aspect()], self.draw.one_in(2));
        self.joined(form, aspects, praise_first)
    }

    /// One aspect, which has changed from a word of praise to one of blame or the other way round.
    fn change(&mut self, forms: &[Form]) -> Opinion {
        let form = self.form(forms);
        let (aspects, praise_first) = ([self.aspect(), vec!["it"]], self.draw.one_in(2));
        self.joined(form, aspects, praise_first)
    }

    fn joined(
        &mut self,
        form: Form,
        [first, second]: [Vec<&'static str>; 2],
        praise_first: bool,
    ) -> Opinion {
        let first = self.clause(first, praise_first);
        let second = self.clause(second, !praise_first);
        form.joined(first, second)
    }

    /// What is judged: `the second song`.
    fn aspect(&mut self) -> Vec<&'static str> {
        let mut words = vec![self.draw.pick(&DETERMINERS)];
        if self.draw.one_in(4) {
            words.push(self.draw.pick(&MODIFIERS));
        }
        words.push(self.draw.pick(&ASPECTS));
        words
    }

    /// A judgement of the aspect with a word of praise or of blame, which may be negated.
    fn clause(&mut self, aspect: Vec<&'static str>, with_praise: bool) -> Opinion {
        let mut words = aspect;
        words.push(self.draw.pick(&COPULAS));
        let negated = self.difficulty != Difficulty::Concession && self.draw.one_in(NEGATED_ONE_IN);
        if negated {
            words.push(self.draw.pick(&NEGATIONS));
        }
        if self.draw.one_in(4) {
            words.push(self.draw.pick(&INTENSIFIERS));
        }
        let judgements: &[&str] = if with_praise { &PRAISE } else { &BLAME };
        let listed = if self.draw.one_in(ANY_WORD_ONE_IN) {
            judgements
        } else {
            &judgements[..COMMON]
        };
        words.push(self.draw.pick(listed));
        if self.draw.one_in(6) {
            words.extend(self.draw.pick(&CIRCUMSTANCES).split(' '));
        }
        Opinion {
            words,
            praises: with_praise != negated,
        }
    }
}

impl Form {
    fn joined(self, first: Opinion, second: Opinion) -> Opinion {
        let mut words: Vec<&str> = self.before.split_whitespace().collect();
        words.extend(first.words);
        words.extend(self.between.split_whitespace());
        words.extend(second.words);
        Opinion {
            words,
            praises: match self.decides {
                Decides::First => first.praises,
                Decides::Second => second.praises,
            },
        }
    }
}
