//! Small corpora that the project makes itself, for when there is none at hand, and tasks that are
//! made rather than found.

mod adding;
mod chorale;
mod copy_memory;
mod dyck;
mod grammar;
mod lexicon;
mod pairs;
mod parity;
mod recall;
mod segments;
mod sentiment;
mod sines;
mod spoken;
mod tagged;
mod wave;

use std::collections::HashSet;

use crate::{PianoRoll, draw::Draw};
use chorale::Composer;
use grammar::Grammar;
use pairs::Translator;
pub(crate) use segments::generated_images;
pub use sentiment::Difficulty;
use sentiment::Reviewer;
pub(crate) use sines::generated_sines;
pub(crate) use spoken::generated_digits;
pub(crate) use tagged::Sentences;

/// The tasks, all of which the crate exports.
pub(crate) mod tasks {
    pub use super::adding::{AddingBatch, AddingProblem};
    pub use super::copy_memory::{CopyBatch, CopyMemory};
    pub use super::dyck::{Dyck, DyckBatch};
    pub use super::parity::{Parity, ParityBatch};
    pub use super::recall::{DelayedRecall, RecallBatch};
}

/// The first `characters` characters (all ASCII) of an endless English-like story; `seed` picks the
/// story.
///
/// A probabilistic grammar of some hundred words writes it, so that a character model has something
/// to learn at every distance: spelling; `a` before consonants and `an` before vowels; verbs that
/// agree with their subject across a relative clause, whose own noun may have the other number;
/// pronouns that agree with the name before them; quotes that close after several sentences;
/// numbers; paragraphs parted by an empty line.
///
/// The same seed gives the same story on every platform and in every release: a changed story is a
/// breaking change.
///
/// ```
/// let story = recurra_datasets::generated_text(1, 400);
///
/// assert_eq!(story.len(), 400);
/// assert!(recurra_datasets::generated_text(1, 500).starts_with(&story));
/// ```
pub fn generated_text(seed: u64, characters: usize) -> String {
    let mut grammar = Grammar::new(Draw::new(seed));
    let mut story = String::new();
    while story.len() < characters {
        story.push_str(&grammar.paragraph());
        story.push_str("\n\n");
    }
    story.truncate(characters);
    story
}

/// Endless chorales; `seed` picks them. See
/// [`PianoRollCorpus::generated`](crate::PianoRollCorpus::generated).
pub(crate) fn generated_chorales(seed: u64) -> impl Iterator<Item = PianoRoll> {
    let mut composer = Composer::new(Draw::new(seed));
    std::iter::repeat_with(move || composer.piece())
}

/// Endless reviews, and whether each praises; `seed` picks them. See
/// [`LabelledCorpus::generated_reviews`](crate::labelled::LabelledCorpus::generated_reviews).
pub(crate) fn generated_reviews(
    seed: u64,
    difficulty: Difficulty,
) -> impl Iterator<Item = (String, bool)> {
    let mut reviewer = Reviewer::new(Draw::new(seed), difficulty);
    std::iter::repeat_with(move || reviewer.sentence())
}

/// Endless sentences and their translations, no sentence twice; `seed` picks them. See
/// [`ParallelCorpus::generated`](crate::parallel::ParallelCorpus::generated).
pub(crate) fn generated_pairs(seed: u64) -> impl Iterator<Item = (String, String)> {
    let mut translator = Translator::new(Draw::new(seed));
    let mut said = HashSet::new();
    let pairs = std::iter::repeat_with(move || translator.pair());
    pairs.filter(move |(sentence, _)| said.insert(sentence.clone()))
}
