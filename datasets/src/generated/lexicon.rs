//! The words of the generated story.

/// What a verb agrees with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Singular,
    Plural,
}

/// A noun, or a verb of the present tense, in both numbers.
#[derive(Clone, Copy)]
pub(super) struct Word {
    singular: &'static str,
    plural: &'static str,
}

impl Word {
    const fn new(singular: &'static str, plural: &'static str) -> Self {
        Self { singular, plural }
    }

    /// The form that agrees with `number`.
    pub(super) fn agreeing(self, number: Number) -> &'static str {
        match number {
            Number::Singular => self.singular,
            Number::Plural => self.plural,
        }
    }
}

/// What takes the place of a name or a noun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pronoun {
    She,
    He,
    /// Of several people, and of one of whom no more is known.
    They,
}

impl Pronoun {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::She => "she",
            Self::He => "he",
            Self::They => "they",
        }
    }

    /// What its verb agrees with: `they` takes a plural verb even for one person.
    pub(super) fn number(self) -> Number {
        match self {
            Self::She | Self::He => Number::Singular,
            Self::They => Number::Plural,
        }
    }
}

/// A character of the story.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) name: &'static str,
    pub(super) pronoun: Pronoun,
}

impl Name {
    const fn new(name: &'static str, pronoun: Pronoun) -> Self {
        Self { name, pronoun }
    }
}

pub(super) const NAMES: [Name; 6] = [
    Name::new("Ada", Pronoun::She),
    Name::new("Ben", Pronoun::He),
    Name::new("Clara", Pronoun::She),
    Name::new("Hugo", Pronoun::He),
    Name::new("Ines", Pronoun::She),
    Name::new("Oscar", Pronoun::He),
];

pub(super) const PEOPLE: [Word; 6] = [
    Word::new("sailor", "sailors"),
    Word::new("baker", "bakers"),
    Word::new("child", "children"),
    Word::new("woman", "women"),
    Word::new("thief", "thieves"),
    Word::new("uncle", "uncles"),
];

pub(super) const THINGS: [Word; 7] = [
    Word::new("lamp", "lamps"),
    Word::new("key", "keys"),
    Word::new("box", "boxes"),
    Word::new("knife", "knives"),
    Word::new("apple", "apples"),
    Word::new("island", "islands"),
    Word::new("letter", "letters"),
];

pub(super) const ADJECTIVES: [&str; 7] = [
    "old", "small", "quiet", "heavy", "strange", "ugly", "unknown",
];

pub(super) const ADVERBS: [&str; 4] = ["slowly", "again", "at night", "every morning"];

pub(super) const PLACES: [&str; 4] = ["near", "under", "behind", "above"];

/// What people do to things.
pub(super) const HANDLING: [Word; 5] = [
    Word::new("finds", "find"),
    Word::new("hides", "hide"),
    Word::new("carries", "carry"),
    Word::new("sells", "sell"),
    Word::new("wants", "want"),
];

/// What people do to people.
pub(super) const MEETING: [Word; 3] = [
    Word::new("knows", "know"),
    Word::new("follows", "follow"),
    Word::new("fears", "fear"),
];

/// What people do on their own.
pub(super) const RESTING: [Word; 3] = [
    Word::new("waits", "wait"),
    Word::new("sings", "sing"),
    Word::new("sleeps", "sleep"),
];

pub(super) const BELIEVING: [Word; 2] = [Word::new("thinks", "think"), Word::new("says", "say")];

pub(super) const BEING: Word = Word::new("is", "are");

pub(super) const BELONGING: Word = Word::new("belongs", "belong");

pub(super) const LYING: Word = Word::new("lies", "lie");

/// What opens a question.
pub(super) const DOING: Word = Word::new("does", "do");
