//! Sentences of words that nobody has heard, whose endings and places tell what they are.

use crate::draw::Draw;
use crate::tagged::TaggedSentence;

const DETERMINERS: [&str; 6] = ["the", "a", "this", "every", "some", "no"];
const ADPOSITIONS: [&str; 6] = ["in", "on", "under", "near", "with", "for"];
const PRONOUNS: [&str; 4] = ["she", "he", "it", "they"];
const PUNCTUATION: [&str; 2] = [".", "!"];

/// Nouns behind a determiner and verbs behind a subject.
const AMBIGUOUS: [&str; 8] = [
    "watch", "play", "paint", "point", "walk", "call", "plan", "dream",
];

const NOUN_ENDINGS: [&str; 4] = ["ness", "tion", "er", "ment"];
const VERB_ENDINGS: [&str; 3] = ["ed", "ize", "ifies"];
const ADJECTIVE_ENDINGS: [&str; 4] = ["ous", "ish", "ful", "al"];

const ONSETS: [&str; 12] = [
    "b", "br", "d", "f", "gl", "k", "l", "m", "pr", "s", "t", "v",
];
const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
const CODAS: [&str; 6] = ["", "l", "m", "n", "r", "t"];

/// One sentence after the other.
pub(crate) struct Sentences(Draw);

impl Sentences {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Draw::new(seed))
    }

    /// One or two syllables.
    fn stem(&mut self) -> String {
        let syllables = 1 + self.0.index(2);
        let syllable =
            |draw: &mut Draw| [draw.pick(&ONSETS), draw.pick(&VOWELS), draw.pick(&CODAS)].concat();
        (0..syllables).map(|_| syllable(&mut self.0)).collect()
    }

    fn derived(&mut self, endings: &[&str]) -> String {
        self.stem() + self.0.pick(endings)
    }

    /// A word that is ambiguous one time in four.
    fn content(&mut self, endings: &[&str]) -> String {
        match self.0.one_in(4) {
            true => self.0.pick(&AMBIGUOUS).to_owned(),
            false => self.derived(endings),
        }
    }

    fn subject(&mut self, sentence: &mut Tagged) {
        match self.0.below(4) {
            0 => sentence.push(self.0.pick(&PRONOUNS), "PRON"),
            1 => {
                let mut name = self.stem();
                name[..1].make_ascii_uppercase();
                sentence.push(&name, "PROPN");
            }
            _ => self.phrase(sentence),
        }
    }

    /// A determiner, an adjective perhaps, and a noun.
    fn phrase(&mut self, sentence: &mut Tagged) {
        sentence.push(self.0.pick(&DETERMINERS), "DET");
        if self.0.one_in(2) {
            sentence.push(&self.derived(&ADJECTIVE_ENDINGS), "ADJ");
        }
        sentence.push(&self.content(&NOUN_ENDINGS), "NOUN");
    }
}

impl Iterator for Sentences {
    type Item = TaggedSentence;

    fn next(&mut self) -> Option<TaggedSentence> {
        let mut sentence = Tagged::default();
        self.subject(&mut sentence);
        if self.0.one_in(3) {
            // An adverb is an adjective with an ending of its own behind the other.
            let adverb = self.derived(&ADJECTIVE_ENDINGS) + "ly";
            sentence.push(&adverb, "ADV");
        }
        sentence.push(&self.content(&VERB_ENDINGS), "VERB");
        self.phrase(&mut sentence);
        if self.0.one_in(2) {
            sentence.push(self.0.pick(&ADPOSITIONS), "ADP");
            self.phrase(&mut sentence);
        }
        sentence.push(self.0.pick(&PUNCTUATION), "PUNCT");
        Some(sentence.0)
    }
}

#[derive(Default)]
struct Tagged(TaggedSentence);

impl Tagged {
    fn push(&mut self, word: &str, tag: &str) {
        self.0.words.push(word.to_owned());
        self.0.tags.push(tag.to_owned());
    }
}
