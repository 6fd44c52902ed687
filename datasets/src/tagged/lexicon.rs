//! Words with the tag that they usually have.

use std::collections::{BTreeMap, HashMap};

use super::TaggedSentence;

/// Words in lower case, each with the tag that it has most often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagLexicon {
    tags: HashMap<String, String>,
}

impl TagLexicon {
    /// The lexicon of tagged sentences. Where a word has several tags equally often, the first by
    /// code point counts.
    pub fn from_sentences(sentences: &[TaggedSentence]) -> Self {
        let mut counts: HashMap<String, BTreeMap<&str, usize>> = HashMap::new();
        for sentence in sentences {
            for (word, tag) in sentence.words.iter().zip(&sentence.tags) {
                let tags = counts.entry(word.to_lowercase()).or_default();
                *tags.entry(tag).or_default() += 1;
            }
        }
        let usual = |(word, tags): (String, BTreeMap<&str, usize>)| {
            // `max_by_key` takes the last of several: backwards, the first.
            let (tag, _) = tags.into_iter().rev().max_by_key(|&(_, count)| count)?;
            Some((word, tag.to_owned()))
        };
        Self {
            tags: counts.into_iter().filter_map(usual).collect(),
        }
    }

    /// The usual tag of a word, whatever its case; `None` if it is not listed.
    pub fn tag(&self, word: &str) -> Option<&str> {
        self.tags.get(&word.to_lowercase()).map(String::as_str)
    }

    /// The number of words.
    pub fn len(&self) -> usize {
        self.tags.len()
    }

    /// Whether there is no word at all.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }
}
