//! From texts to the tokens that an encoder was trained with, by Hugging Face's `tokenizers`.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Int, Tensor};
use recurra_cells::Lengths;
use recurra_train::TokenRows;
use serde::Deserialize;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, Tokenizer, TruncationParams};

use super::{EncoderConfig, folder::missing};
use crate::Error;

pub(super) const TOKENIZER: &str = "tokenizer.json";
/// What the vocabulary of [`TextTokenizer::of_words`] begins with.
const SPECIAL_TOKENS: [&str; 4] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
const VOCABULARY: &str = "vocab.txt";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";

/// The tokenizer of an encoder. It puts the tokens at a text's ends that the encoder expects there, and cuts what is longer
/// than the encoder can read.
#[derive(Clone)]
pub struct TextTokenizer {
    tokenizer: Tokenizer,
    padding_id: u32,
}

/// What `tokenizer_config.json` says of a vocabulary without `tokenizer.json`.
#[derive(Deserialize)]
#[serde(default)]
struct WordPieceOptions {
    do_lower_case: bool,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: bool,
}

impl Default for WordPieceOptions {
    fn default() -> Self {
        Self {
            do_lower_case: true,
            strip_accents: None,
            tokenize_chinese_chars: true,
        }
    }
}

impl TextTokenizer {
    /// Reads `tokenizer.json`, or builds BERT's WordPiece tokenizer from `vocab.txt` where there is none.
    ///
    /// # Errors
    /// [`Error::MissingFile`], [`Error::InvalidFile`], [`Error::Vocabulary`] if the highest id is not the last row of the
    /// embeddings.
    pub fn open(folder: &Path, config: &EncoderConfig) -> Result<Self, Error> {
        let (path, tokenizer) = read(folder)?;
        let ids = tokenizer.get_vocab(true).into_values();
        let tokens = ids.max().map_or(0, |id| id as usize + 1);
        if tokens != config.vocab_size {
            return Err(Error::Vocabulary {
                path,
                expected: config.vocab_size,
                got: tokens,
            });
        }
        let tokenizer = cut_at(tokenizer, config.max_length())
            .map_err(|cause| Error::invalid_file(&path, "a tokenizer", cause))?;
        Ok(Self {
            tokenizer,
            padding_id: config.padding_id() as u32,
        })
    }

    /// A tokenizer that parts words as BERT's does, in lower case, and knows these and no parts of them, for an encoder that
    /// is trained from scratch. Before the words come `[PAD]`, `[UNK]`, `[CLS]` and `[SEP]`, so that the encoder needs
    /// [`vocab_size`](Self::vocab_size) embeddings, four more than there are words.
    ///
    /// # Errors
    /// [`Error::Config`] if a word is there twice, or is one of those four.
    pub fn of_words<'a>(
        words: impl IntoIterator<Item = &'a str>,
        max_length: usize,
    ) -> Result<Self, Error> {
        let words: Vec<&str> = SPECIAL_TOKENS.into_iter().chain(words).collect();
        let mut known = HashSet::new();
        if let Some(word) = words.iter().find(|word| !known.insert(**word)) {
            let expected = "words that are each there once, and no special token";
            return Err(Error::config("words", expected, format!("{word:?}")));
        }
        let lines = words.join("\n");
        let tokenizer = assembled(lines.as_bytes(), &WordPieceOptions::default())
            .and_then(|tokenizer| cut_at(tokenizer, max_length));
        let tokenizer = tokenizer.map_err(|cause| Error::config("words", "a vocabulary", cause))?;
        Ok(Self {
            tokenizer,
            padding_id: 0,
        })
    }

    /// The ids of each text's tokens, at least those at its ends.
    ///
    /// # Errors
    /// [`Error::Tokenize`] if a text has a token that the vocabulary has no id for.
    pub fn encode<S: AsRef<str>>(&self, texts: &[S]) -> Result<Vec<Vec<u32>>, Error> {
        let encode = |text: &S| {
            let encoding = self.tokenizer.encode_fast(text.as_ref(), true);
            let encoding = encoding.map_err(|cause| Error::Tokenize {
                text: text.as_ref().to_owned(),
                cause: cause.to_string(),
            })?;
            Ok(encoding.get_ids().to_vec())
        };
        texts.iter().map(encode).collect()
    }

    /// Rows of ids as one batch, padded with the padding's id.
    ///
    /// # Panics
    /// If there is no row.
    pub fn batch<R: AsRef<[u32]>>(&self, rows: &[R], device: &Device) -> TokenBatch {
        TokenBatch::new(rows, self.padding_id, device)
    }

    /// How many tokens there are.
    pub fn vocab_size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// The whole tokenizer as JSON; equal tokenizers have equal texts.
    pub fn to_json(&self) -> String {
        let json = self.tokenizer.to_string(false);
        json.expect("a tokenizer that was read serialises")
    }
}

/// A padded batch of tokens.
#[derive(Clone, Debug)]
pub struct TokenBatch {
    /// `[B, T]`.
    pub tokens: Tensor<2, Int>,
    /// How many of each row are valid.
    pub lengths: Lengths,
}

impl TokenBatch {
    /// Rows of ids, padded with `padding_id` to the longest, and to at least one token.
    ///
    /// # Panics
    /// If there is no row.
    pub fn new<R: AsRef<[u32]>>(rows: &[R], padding_id: u32, device: &Device) -> Self {
        let rows = TokenRows::padded(rows, padding_id);
        Self {
            tokens: rows.tokens(device),
            lengths: rows.lengths().clone(),
        }
    }
}

/// The tokenizer of a folder, and the file that it is in.
fn read(folder: &Path) -> Result<(PathBuf, Tokenizer), Error> {
    let path = folder.join(TOKENIZER);
    if path.is_file() {
        let tokenizer = Tokenizer::from_file(&path)
            .map_err(|cause| Error::invalid_file(&path, "a tokenizer", cause))?;
        return Ok((path, tokenizer));
    }
    let path = folder.join(VOCABULARY);
    if !path.is_file() {
        return Err(missing(folder, "tokenizer.json or vocab.txt"));
    }
    let tokenizer = word_piece(&path, &options(folder)?)?;
    Ok((path, tokenizer))
}

fn options(folder: &Path) -> Result<WordPieceOptions, Error> {
    let path = folder.join(TOKENIZER_CONFIG);
    if !path.is_file() {
        return Ok(WordPieceOptions::default());
    }
    let json = fs::read(&path).map_err(|cause| Error::read(&path, cause))?;
    serde_json::from_slice(&json)
        .map_err(|cause| Error::invalid_file(&path, "a tokenizer's options", cause))
}

/// BERT's tokenizer with the vocabulary of a `vocab.txt`.
fn word_piece(path: &Path, options: &WordPieceOptions) -> Result<Tokenizer, Error> {
    let lines = fs::read(path).map_err(|cause| Error::read(path, cause))?;
    assembled(&lines, options)
        .map_err(|cause| Error::invalid_file(path, "a vocabulary, a token a line", cause))
}

/// BERT's tokenizer with a vocabulary of a token a line, or what is wrong with that.
fn assembled(lines: &[u8], options: &WordPieceOptions) -> Result<Tokenizer, String> {
    let vocabulary = WordPiece::read_bytes(lines).map_err(|cause| cause.to_string())?;
    let id = |token: &str| {
        let id = vocabulary.get(token).copied();
        id.ok_or_else(|| format!("it has no {token}"))
    };
    let (cls, sep) = (id("[CLS]")?, id("[SEP]")?);
    id("[UNK]")?;
    let model = WordPiece::builder().vocab(vocabulary.clone()).build();
    let model = model.map_err(|cause| cause.to_string())?;
    let mut tokenizer = Tokenizer::new(model);
    let normalizer = BertNormalizer::new(
        true,
        options.tokenize_chinese_chars,
        options.strip_accents,
        options.do_lower_case,
    );
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        .into_iter()
        .filter(|token| vocabulary.contains_key(*token))
        .map(|token| AddedToken::from(token, true));
    tokenizer
        .with_normalizer(Some(normalizer))
        .map_err(|cause| cause.to_string())?
        .with_pre_tokenizer(Some(BertPreTokenizer))
        .with_post_processor(Some(BertProcessing::new(
            ("[SEP]".to_owned(), sep),
            ("[CLS]".to_owned(), cls),
        )))
        .add_special_tokens(special)
        .map_err(|cause| cause.to_string())?;
    Ok(tokenizer)
}

/// The tokenizer without padding, which is a matter of an encoder's batches, and with longer texts cut at this many tokens.
fn cut_at(mut tokenizer: Tokenizer, max_length: usize) -> Result<Tokenizer, String> {
    tokenizer.with_padding(None);
    let truncation = TruncationParams {
        max_length,
        ..TruncationParams::default()
    };
    let cut = tokenizer.with_truncation(Some(truncation));
    cut.map_err(|cause| cause.to_string())?;
    Ok(tokenizer)
}
