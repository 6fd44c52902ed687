//! Changed copies of the labelled texts, for the teacher to label.

use recurra_datasets::english_words;
use recurra_datasets::labelled::{Augmentation, LabelledText};
use recurra_datasets::tagged::{PartOfSpeech, TagLexicon, read_conllu};

use super::config::Config;
use crate::error::Error;

/// The words of copies, none of which is one of the texts. Only labelled texts are copied, so that no copy is of a text of
/// another part.
pub fn copies(
    labelled: &[LabelledText],
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
    let words: Vec<Vec<String>> = labelled.iter().map(|it| english_words(&it.text)).collect();
    let augmented = augmentation.augment(&words, &lexicon, seed)?;
    Ok(augmented.into_iter().map(|it| it.words).collect())
}
