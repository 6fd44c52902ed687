//! Changed copies of the texts that students see, for the teacher to label.

use recurra_datasets::english_words;
use recurra_datasets::labelled::Augmentation;
use recurra_datasets::tagged::{PartOfSpeech, TagLexicon, read_conllu};

use super::config::Config;
use crate::error::Error;

/// The words of copies, none of which is one of the texts. A copy has no words but theirs, so that nothing of the test is in it.
pub fn copies<'a>(
    texts: impl Iterator<Item = &'a str>,
    config: &Config,
    seed: u64,
) -> Result<Vec<Vec<String>>, Error> {
    let sentences = match config.tags.as_str() {
        "" => Vec::new(),
        path => read_conllu(path, PartOfSpeech::Treebank)?,
    };
    let lexicon = TagLexicon::from_sentences(&sentences);
    let augmentation = Augmentation {
        copies: config.augmented_copies,
        ..Augmentation::default()
    };
    let words: Vec<Vec<String>> = texts.map(english_words).collect();
    let augmented = augmentation.augment(&words, &lexicon, seed)?;
    Ok(augmented.into_iter().map(|it| it.words).collect())
}
