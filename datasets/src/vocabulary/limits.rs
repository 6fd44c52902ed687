//! Vocabularies of the words that are worth a place.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{PADDING, Vocabulary};
use crate::Unit;

/// Which words of the training texts get a place in a vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VocabularyLimits {
    /// How often a word must stand in the texts; 1 by default, which is every word.
    pub min_count: usize,
    /// The most tokens, the two special ones included, at least 2; without a limit by default. The
    /// rarest words are left out.
    pub max_size: Option<usize>,
}

impl Default for VocabularyLimits {
    fn default() -> Self {
        Self {
            min_count: 1,
            max_size: None,
        }
    }
}

impl Vocabulary {
    /// The vocabulary of training texts that are cut into words.
    ///
    /// [`PADDING`] has the id 0, the unknown token `<unk>` the id 1; the words follow by falling
    /// frequency, and by code point where they are equally frequent. The order of the texts does not
    /// matter.
    ///
    /// # Panics
    ///
    /// If the limits leave no place for the special tokens.
    ///
    /// ```
    /// use recurra_datasets::{Vocabulary, VocabularyLimits, english_words};
    ///
    /// let texts = ["A good film.", "Not a good one."].map(english_words);
    /// let limits = VocabularyLimits { min_count: 2, ..Default::default() };
    /// let vocabulary = Vocabulary::from_texts(&texts, limits);
    ///
    /// let ids = vocabulary.encode(texts[1].iter().map(String::as_str))?;
    /// assert_eq!(vocabulary.decode(&ids)?, ["<unk>", "a", "good", "<unk>", "."]);
    /// # Ok::<(), recurra_datasets::DatasetError>(())
    /// ```
    pub fn from_texts<'a, T: AsRef<[String]> + 'a>(
        texts: impl IntoIterator<Item = &'a T>,
        limits: VocabularyLimits,
    ) -> Self {
        let special = [PADDING, Unit::Word.unknown_token()];
        let max_size = limits.max_size.unwrap_or(usize::MAX);
        assert!(
            max_size >= special.len(),
            "a vocabulary has at least 2 tokens, got {max_size}"
        );
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for word in texts.into_iter().flat_map(|text| text.as_ref()) {
            *counts.entry(word).or_default() += 1;
        }
        counts.retain(|word, count| *count >= limits.min_count && !special.contains(word));
        let mut words: Vec<(&str, usize)> = counts.into_iter().collect();
        // The map yields code point order, and a stable sort keeps it among equals.
        words.sort_by_key(|&(_, count)| Reverse(count));
        let words = words.into_iter().map(|(word, _)| word);
        let tokens = special.into_iter().chain(words).take(max_size);
        Self::new(tokens.map(str::to_owned).collect(), Some(special[1]))
            .expect("the keys of a map are distinct, and none of them is special")
            .with_padding(PADDING)
    }
}
