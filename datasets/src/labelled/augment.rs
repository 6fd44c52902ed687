//! More text out of little, for a teacher to label.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{DatasetError, draw::Draw, tagged::TagLexicon};

/// How texts are changed (Tang et al., 2019, section 3.3); the defaults are theirs for SST-2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// How likely a word is masked; 0.1 by default.
    pub mask_probability: f64,
    /// How likely a word that is not masked gives way to another of its part of speech; 0.1 by
    /// default, counted among all words.
    pub replace_probability: f64,
    /// How likely only a few consecutive words are left of the text; 0.25 by default.
    pub n_gram_probability: f64,
    /// The most words that are left then, any number from 1 on equally likely; 5 by default.
    pub longest_n_gram: usize,
    /// How often each text is changed; 20 by default.
    pub copies: usize,
    /// What stands for a masked word; `[MASK]` by default.
    pub mask: String,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            mask_probability: 0.1,
            replace_probability: 0.1,
            n_gram_probability: 0.25,
            longest_n_gram: 5,
            copies: 20,
            mask: "[MASK]".to_owned(),
        }
    }
}

/// A changed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AugmentedText {
    /// The place of the text that it comes from.
    pub source: usize,
    /// Its words, at least one.
    pub words: Vec<String>,
}

impl Augmentation {
    /// The changed texts of a part, each of which is cut into words; texts that come out unchanged
    /// or a second time are left out.
    ///
    /// Each word is masked, or gives way to one of the part's words that has the same tag in the
    /// lexicon, drawn as often as it stands in the part, or stays; then perhaps a few consecutive
    /// words are all that is left. A word that the lexicon does not list is never replaced. All
    /// words but the mask are the part's own, so that nothing crosses into another part.
    ///
    /// # Errors
    ///
    /// [`DatasetError::ProbabilityOutOfRange`] if a probability is not in `[0, 1]`, or those of
    /// masking and replacing add up to more than 1.
    ///
    /// # Panics
    ///
    /// If `longest_n_gram` is 0.
    pub fn augment(
        &self,
        texts: &[Vec<String>],
        lexicon: &TagLexicon,
        seed: u64,
    ) -> Result<Vec<AugmentedText>, DatasetError> {
        self.check()?;
        let mut words_of_tag: HashMap<&str, Vec<&str>> = HashMap::new();
        for word in texts.iter().flatten() {
            if let Some(tag) = lexicon.tag(word) {
                words_of_tag.entry(tag).or_default().push(word);
            }
        }
        let alike = |word: &str| words_of_tag.get(lexicon.tag(word)?);
        let mut known: HashSet<Vec<String>> = texts.iter().cloned().collect();
        let mut augmented = Vec::new();
        for (source, text) in texts.iter().enumerate() {
            // Each text has its own draws, so that one more text changes no other.
            let mut draw = Draw::for_stream(seed, source as u64);
            for _ in 0..self.copies {
                let words = self.changed(text, &alike, &mut draw);
                if !words.is_empty() && known.insert(words.clone()) {
                    augmented.push(AugmentedText { source, words });
                }
            }
        }
        Ok(augmented)
    }

    fn changed<'a>(
        &self,
        text: &[String],
        alike: &impl Fn(&str) -> Option<&'a Vec<&'a str>>,
        draw: &mut Draw,
    ) -> Vec<String> {
        let changed = |word: &String| {
            let choice = draw.unit();
            if choice < self.mask_probability {
                return self.mask.clone();
            }
            if choice < self.mask_probability + self.replace_probability
                && let Some(alike) = alike(word)
            {
                return draw.pick(alike).to_owned();
            }
            word.clone()
        };
        let words: Vec<String> = text.iter().map(changed).collect();
        if words.is_empty() || !draw.chance(self.n_gram_probability) {
            return words;
        }
        let length = (1 + draw.index(self.longest_n_gram)).min(words.len());
        let start = draw.index(words.len() - length + 1);
        words[start..start + length].to_vec()
    }

    fn check(&self) -> Result<(), DatasetError> {
        assert!(
            self.longest_n_gram > 0,
            "longest n-gram must be at least 1, got 0"
        );
        let probabilities = [
            ("mask", self.mask_probability),
            ("replace", self.replace_probability),
            ("keep an n-gram", self.n_gram_probability),
            (
                "mask or replace",
                self.mask_probability + self.replace_probability,
            ),
        ];
        let outside = |&(_, probability): &(_, f64)| !(0.0..=1.0).contains(&probability);
        match probabilities.into_iter().find(outside) {
            Some((name, probability)) => {
                Err(DatasetError::ProbabilityOutOfRange { name, probability })
            }
            None => Ok(()),
        }
    }
}
