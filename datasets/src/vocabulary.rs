//! Tokens and their ids.

mod limits;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::{DatasetError, Unit};
pub use limits::VocabularyLimits;

/// The token that fills the places of a padded batch behind a text's last token.
pub const PADDING: &str = "<pad>";

/// Distinct tokens, each with an id from `0` to `len - 1`, and perhaps one that stands for all
/// others, and one that fills padded batches.
///
/// As JSON it is `{"tokens": ["a", "b", ...], "unknown": "a"}`: a token's id is its place in the
/// list, and `unknown` and `padding`, which may be left out, are among the tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Listing", into = "Listing")]
pub struct Vocabulary {
    tokens: Vec<String>,
    ids: HashMap<String, u32>,
    unknown: Option<u32>,
    padding: Option<u32>,
}

impl Vocabulary {
    /// The vocabulary in which each token's id is its place in `tokens`.
    ///
    /// # Errors
    ///
    /// [`DatasetError::DuplicateToken`] if a token stands there twice,
    /// [`DatasetError::SpecialNotListed`] if `unknown` does not stand there.
    pub fn new(tokens: Vec<String>, unknown: Option<&str>) -> Result<Self, DatasetError> {
        let mut ids = HashMap::with_capacity(tokens.len());
        for (second, token) in tokens.iter().enumerate() {
            if let Some(first) = ids.insert(token.clone(), id_at(second)) {
                return Err(DatasetError::DuplicateToken {
                    token: token.clone(),
                    first: first as usize,
                    second,
                });
            }
        }
        let mut vocabulary = Self {
            tokens,
            ids,
            unknown: None,
            padding: None,
        };
        vocabulary.unknown = vocabulary.special("unknown", unknown)?;
        Ok(vocabulary)
    }

    /// The id of a special token, which must be listed if there is one.
    fn special(
        &self,
        role: &'static str,
        token: Option<&str>,
    ) -> Result<Option<u32>, DatasetError> {
        let id = |token| {
            self.id(token)
                .ok_or_else(|| DatasetError::SpecialNotListed {
                    role,
                    token: token.to_owned(),
                    size: self.len(),
                })
        };
        token.map(id).transpose()
    }

    /// The vocabulary of a training text that `unit` has cut into `tokens`.
    ///
    /// Words are ordered by falling frequency, and by code point where they are equally frequent;
    /// characters by code point. Either way the order of the text does not matter. If the unit's
    /// unknown token is among the tokens, it becomes the vocabulary's.
    pub fn from_training_tokens(tokens: &[&str], unit: Unit) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for token in tokens {
            *counts.entry(token).or_default() += 1;
        }
        let unknown = counts
            .contains_key(unit.unknown_token())
            .then(|| unit.unknown_token());
        let mut ordered: Vec<(&str, usize)> = counts.into_iter().collect();
        if unit == Unit::Word {
            // The map yields code point order, and a stable sort keeps it among equals.
            ordered.sort_by_key(|&(_, count)| Reverse(count));
        }
        let tokens = ordered
            .into_iter()
            .map(|(token, _)| token.to_owned())
            .collect();
        Self::new(tokens, unknown).expect("the keys of a map are distinct")
    }

    /// The same vocabulary with `token` as its unknown token, which is appended if it is new.
    pub fn with_unknown(mut self, token: &str) -> Self {
        self.unknown = Some(self.listed(token));
        self
    }

    /// The same vocabulary with `token` as its padding token, which is appended if it is new.
    pub fn with_padding(mut self, token: &str) -> Self {
        self.padding = Some(self.listed(token));
        self
    }

    /// The id of a token, which is appended if it is new.
    fn listed(&mut self, token: &str) -> u32 {
        let next = id_at(self.tokens.len());
        let id = *self.ids.entry(token.to_owned()).or_insert(next);
        if id == next {
            self.tokens.push(token.to_owned());
        }
        id
    }

    /// Reads a vocabulary from its JSON file.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Read`] if the file cannot be read, [`DatasetError::InvalidVocabulary`] if it
    /// is not JSON, lists a token twice or names an unknown token that it does not list.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let json = fs::read(path).map_err(DatasetError::read(path))?;
        serde_json::from_slice(&json).map_err(|cause| DatasetError::InvalidVocabulary {
            path: path.to_owned(),
            cause,
        })
    }

    /// Writes the vocabulary to a JSON file, replacing what is there once the new one is whole.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Write`] if the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), DatasetError> {
        let path = path.as_ref();
        let json = serde_json::to_vec_pretty(self).expect("strings are valid JSON");
        let beside = path.with_extension("tmp");
        let written = fs::write(&beside, json).and_then(|()| fs::rename(&beside, path));
        written.map_err(|cause| DatasetError::Write {
            path: path.to_owned(),
            cause,
        })
    }

    /// The number of tokens, the unknown one and the padding included: `V`.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no token at all.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The id of a listed token; `None` for any other, even if there is an unknown token.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.ids.get(token).copied()
    }

    /// The token of an id; `None` from `len` on.
    pub fn token(&self, id: u32) -> Option<&str> {
        self.tokens.get(id as usize).map(String::as_str)
    }

    /// All tokens in the order of their ids.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().map(String::as_str)
    }

    /// The id that stands for every token that is not listed.
    pub fn unknown(&self) -> Option<u32> {
        self.unknown
    }

    /// The id that fills the places of a padded batch behind a text's last token.
    pub fn padding(&self) -> Option<u32> {
        self.padding
    }

    /// The ids of `tokens`, in order; the unknown token's for those that are not listed.
    ///
    /// # Errors
    ///
    /// [`DatasetError::TokenNotInVocabulary`] at the first token that is not listed, if there is no
    /// unknown token.
    pub fn encode<'a>(
        &self,
        tokens: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<u32>, DatasetError> {
        let id = |token: &str| {
            let missing = || DatasetError::TokenNotInVocabulary {
                token: token.to_owned(),
                size: self.len(),
            };
            self.id(token).or(self.unknown).ok_or_else(missing)
        };
        tokens.into_iter().map(id).collect()
    }

    /// The tokens of `ids`, in order.
    ///
    /// # Errors
    ///
    /// [`DatasetError::IdOutOfRange`] at the first id that is not below [`len`](Self::len).
    pub fn decode(&self, ids: &[u32]) -> Result<Vec<&str>, DatasetError> {
        let token = |&id: &u32| {
            self.token(id).ok_or(DatasetError::IdOutOfRange {
                id,
                size: self.len(),
            })
        };
        ids.iter().map(token).collect()
    }
}

/// The vocabulary as its JSON shows it, not yet checked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    tokens: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    padding: Option<String>,
}

impl TryFrom<Listing> for Vocabulary {
    type Error = DatasetError;

    fn try_from(listing: Listing) -> Result<Self, DatasetError> {
        let mut vocabulary = Self::new(listing.tokens, listing.unknown.as_deref())?;
        vocabulary.padding = vocabulary.special("padding", listing.padding.as_deref())?;
        Ok(vocabulary)
    }
}

impl From<Vocabulary> for Listing {
    fn from(vocabulary: Vocabulary) -> Self {
        let token = |id: Option<u32>| id.map(|id| vocabulary.tokens[id as usize].clone());
        Self {
            unknown: token(vocabulary.unknown),
            padding: token(vocabulary.padding),
            tokens: vocabulary.tokens,
        }
    }
}

fn id_at(place: usize) -> u32 {
    u32::try_from(place).expect("a vocabulary has fewer than 2^32 tokens")
}
