//! Parts of words: byte-pair encoding by Hugging Face's `tokenizers`.

use std::path::Path;

use recurra_train::TargetMarks;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::{AddedToken, Tokenizer};

use crate::error::Error;

/// What is no part of a word, in the order of its ids.
const SPECIAL: [&str; 3] = ["<unk>", "<s>", "</s>"];

/// What stands before and behind a sentence.
pub const MARKS: TargetMarks = TargetMarks { begin: 1, end: 2 };

/// Stands before the first part of a word. A mark behind the last one would be a character's other form, and those are numbered
/// in the order of a hash table: other subwords in every run.
const WORD: char = '\u{2581}';

/// The subwords of a language (Sennrich et al. 2016), of texts whose words are parted by blanks.
pub struct Subwords(Tokenizer);

impl Subwords {
    /// So many subwords at most, of these sentences.
    pub fn learn(sentences: &[String], size: usize) -> Result<Self, Error> {
        let special = SPECIAL.map(|it| AddedToken::from(it, true));
        let trainer = BpeTrainer::builder()
            .show_progress(false)
            .vocab_size(size)
            .min_frequency(2)
            .special_tokens(special.into())
            .build();
        let model = BPE::builder().unk_token(SPECIAL[0].to_owned()).build();
        let mut tokenizer = Tokenizer::new(model.map_err(failed)?);
        let words = Metaspace::new(WORD, PrependScheme::Always, true);
        tokenizer.with_pre_tokenizer(Some(words.clone()));
        tokenizer.with_decoder(Some(words));
        let mut trainer = TrainerWrapper::from(trainer);
        tokenizer
            .train(&mut trainer, sentences.iter())
            .map_err(failed)?;
        Ok(Self(tokenizer))
    }

    /// Reads what [`write`](Self::write) wrote.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Ok(Self(Tokenizer::from_file(path).map_err(|cause| {
            Error::Subwords {
                cause: format!("{}: {cause}", path.display()),
            }
        })?))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.get_vocab_size(true)
    }

    /// The subwords of a sentence, without marks.
    pub fn encode(&self, sentence: &str) -> Result<Vec<u32>, Error> {
        let encoding = self.0.encode_fast(sentence, false).map_err(failed)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The sentence that subwords make.
    pub fn decode(&self, ids: &[u32]) -> Result<String, Error> {
        self.0.decode(ids, true).map_err(failed)
    }

    /// Writes a `tokenizer.json`.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        self.0.save(path, true).map_err(failed)
    }
}

fn failed(cause: tokenizers::Error) -> Error {
    Error::Subwords {
        cause: cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences() -> Vec<String> {
        let text = "the walker walks . the talker talks . walking and talking";
        vec![text.to_owned(), "she walked and he talked .".to_owned()]
    }

    #[test]
    fn a_sentence_comes_back_from_its_subwords() {
        let subwords = Subwords::learn(&sentences(), 60).unwrap();
        let ids = subwords.encode("the talker walked .").unwrap();
        assert!(ids.len() > 4 && ids.iter().all(|&id| (id as usize) < subwords.len()));
        assert_eq!(subwords.decode(&ids).unwrap(), "the talker walked .");
        let marks = [MARKS.begin, MARKS.end].map(|id| subwords.0.id_to_token(id).unwrap());
        assert_eq!(marks, SPECIAL[1..]);
    }

    #[test]
    fn the_same_sentences_have_the_same_subwords() {
        let first = Subwords::learn(&sentences(), 60).unwrap();
        for _ in 0..20 {
            let again = Subwords::learn(&sentences(), 60).unwrap();
            for text in sentences() {
                assert_eq!(again.encode(&text).unwrap(), first.encode(&text).unwrap());
            }
        }
    }
}
