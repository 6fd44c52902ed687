//! A text as token ids, in the parts that a language model is trained and judged on.

use crate::{DatasetError, Part, TextSource, Unit, Vocabulary, read_text};

/// The fewest tokens a part can have: one to read, one to predict.
const SHORTEST_PART: usize = 2;

/// The parts of a corpus as token ids, each at least two long.
///
/// The vocabulary comes from the training part alone. A token that stands only in another part
/// becomes the unknown token: the training text's own (`<unk>` of the Penn Treebank), or, if it has
/// none, one that is appended to the vocabulary for the purpose, and only then. The model never
/// sees an appended one in training, so it is as surprised as it should be.
///
/// ```
/// use recurra_datasets::{LanguageModelCorpus, Unit};
///
/// let corpus = LanguageModelCorpus::from_text("abcabcabca", Unit::Char, 0.2)?;
///
/// assert_eq!(corpus.train, [0, 1, 2, 0, 1, 2, 0, 1]);
/// assert_eq!(corpus.unit.join(corpus.vocabulary.decode(&corpus.valid)?), "ca");
/// # Ok::<(), recurra_datasets::DatasetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageModelCorpus {
    /// The tokens of the training part, with their ids.
    pub vocabulary: Vocabulary,
    /// What a token is.
    pub unit: Unit,
    /// What the model learns from.
    pub train: Vec<u32>,
    /// What decides when to stop, and between settings.
    pub valid: Vec<u32>,
    /// What is looked at once, at the end; a plain text has none.
    pub test: Option<Vec<u32>>,
}

impl LanguageModelCorpus {
    /// Splits one text: of its `n` tokens the first `(1 - valid_fraction) * n`, rounded down, are
    /// for training, the rest for validation. It is cut between tokens, in characters or in words
    /// as `unit` says.
    ///
    /// # Errors
    ///
    /// [`DatasetError::FractionOutOfRange`] unless `0 < valid_fraction < 1`,
    /// [`DatasetError::PartTooShort`] if a part is left with fewer than two tokens.
    pub fn from_text(text: &str, unit: Unit, valid_fraction: f64) -> Result<Self, DatasetError> {
        if !(valid_fraction > 0.0 && valid_fraction < 1.0) {
            return Err(DatasetError::FractionOutOfRange {
                fraction: valid_fraction,
            });
        }
        let tokens = unit.tokens(text);
        let training_tokens = ((1.0 - valid_fraction) * tokens.len() as f64).floor() as usize;
        let (train, valid) = tokens.split_at(training_tokens);
        Self::from_tokens(unit, train, valid, None)
    }

    /// Reads a source, cut into tokens of `unit` ([`TextSource::default_unit`] is the usual one).
    ///
    /// `valid_fraction` in (0, 1) is the share of a plain file that is for validation; a source in
    /// parts has its own split and leaves it unused.
    ///
    /// # Errors
    ///
    /// Those of [`read_text`] for each file, and those of [`from_text`](Self::from_text).
    pub fn from_source(
        source: &TextSource,
        unit: Unit,
        valid_fraction: f64,
    ) -> Result<Self, DatasetError> {
        match source {
            TextSource::File(path) => Self::from_text(&read_text(path)?, unit, valid_fraction),
            TextSource::Splits { train, valid, test } => {
                let (train, valid, test) = (read_text(train)?, read_text(valid)?, read_text(test)?);
                let test = unit.tokens(&test);
                Self::from_tokens(
                    unit,
                    &unit.tokens(&train),
                    &unit.tokens(&valid),
                    Some(&test),
                )
            }
        }
    }

    fn from_tokens(
        unit: Unit,
        train: &[&str],
        valid: &[&str],
        test: Option<&[&str]>,
    ) -> Result<Self, DatasetError> {
        let mut vocabulary = Vocabulary::from_training_tokens(train, unit);
        let mut held_out = valid.iter().chain(test.unwrap_or_default());
        if held_out.any(|token| vocabulary.id(token).is_none()) {
            vocabulary = vocabulary.with_unknown(unit.unknown_token());
        }
        let encode = |part, tokens: &[&str]| encode_part(&vocabulary, part, tokens);
        Ok(Self {
            unit,
            train: encode(Part::Train, train)?,
            valid: encode(Part::Valid, valid)?,
            test: test.map(|tokens| encode(Part::Test, tokens)).transpose()?,
            vocabulary,
        })
    }
}

fn encode_part(
    vocabulary: &Vocabulary,
    part: Part,
    tokens: &[&str],
) -> Result<Vec<u32>, DatasetError> {
    if tokens.len() < SHORTEST_PART {
        return Err(DatasetError::PartTooShort {
            part,
            tokens: tokens.len(),
            needed: SHORTEST_PART,
        });
    }
    vocabulary.encode(tokens.iter().copied())
}
