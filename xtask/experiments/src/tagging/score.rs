//! How good tags are.

use std::collections::HashSet;

use recurra_datasets::tagged::{TaggedSentence, entities};

use super::data::Reader;

/// How good the tags of sentences are, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Of words.
    pub accuracy: f64,
    /// Of words that the training part does not have, or too seldom; NaN where there is none.
    pub unknown_accuracy: f64,
    /// The harmonic mean of how many of the entities that were told are right, and how many of those that are there were told.
    pub f1: f64,
}

impl Score {
    /// Compares tags with those of the sentences.
    pub fn new(reader: &Reader, sentences: &[TaggedSentence], tags: &[Vec<String>]) -> Self {
        let words = sentences.iter().zip(tags).flat_map(|(sentence, tags)| {
            let right = sentence.tags.iter().zip(tags).map(|(a, b)| a == b);
            sentence.words.iter().zip(right)
        });
        let unknown = words.clone().filter(|(word, _)| !reader.knows(word));
        Self {
            accuracy: share(words.map(|(_, right)| right)),
            unknown_accuracy: share(unknown.map(|(_, right)| right)),
            f1: f1(sentences, tags),
        }
    }
}

/// In percent; NaN of nothing.
fn share(right: impl Iterator<Item = bool>) -> f64 {
    let (hits, all) = right.fold((0, 0), |(hits, all), right| {
        (hits + usize::from(right), all + 1)
    });
    100.0 * f64::from(u32::try_from(hits).unwrap_or(u32::MAX)) / f64::from(all)
}

/// In percent; 0 where no entity was told rightly.
fn f1(sentences: &[TaggedSentence], tags: &[Vec<String>]) -> f64 {
    let (mut right, mut told, mut there) = (0, 0, 0);
    for (sentence, tags) in sentences.iter().zip(tags) {
        let truth: HashSet<_> = entities(&sentence.tags).into_iter().collect();
        let found = entities(tags);
        right += found.iter().filter(|it| truth.contains(it)).count();
        (told, there) = (told + found.len(), there + truth.len());
    }
    match right {
        0 => 0.0,
        right => 200.0 * right as f64 / (told + there) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_is_right_as_a_whole() {
        let words = |tags: &[&str]| TaggedSentence {
            words: tags.iter().map(|_| "x".to_owned()).collect(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        };
        let truth = [words(&["B-PER", "E-PER", "O", "S-LOC"])];
        let said = |tags: &[&str]| f1(&truth, &[words(tags).tags]);
        assert_eq!(said(&["B-PER", "E-PER", "O", "S-LOC"]), 100.0);
        assert_eq!(said(&["S-PER", "O", "O", "S-LOC"]), 50.0);
        assert_eq!(said(&["O", "O", "O", "S-LOC"]), 200.0 / 3.0);
        assert_eq!(said(&["O", "O", "O", "O"]), 0.0);
    }
}
