//! What several targets check.

use recurra_datasets::{
    DatasetError, Encoding,
    labelled::{LabelledFormat, Syntax},
    tagged::{TagLexicon, TaggedSentence},
};

use crate::in_file;

/// Reads labelled texts in both encodings, with the usual columns and with given ones.
pub fn labelled(syntax: Syntax, bytes: &[u8]) {
    let usual = LabelledFormat::new(syntax);
    let latin1 = usual.clone().with_encoding(Encoding::Latin1);
    let given = usual
        .clone()
        .with_columns(["text"], "label")
        .with_classes(["a", "b"]);
    for format in [usual, latin1, given] {
        if let Ok(corpus) = in_file("a", bytes, |path| format.read(path)) {
            assert!(!corpus.examples.is_empty());
            assert_eq!(
                corpus.class_counts().iter().sum::<usize>(),
                corpus.examples.len()
            );
            assert!(corpus.examples.iter().all(|one| !one.text.is_empty()));
        }
    }
}

/// Checks sentences that could be read.
pub fn tagged(read: Result<Vec<TaggedSentence>, DatasetError>) {
    if let Ok(sentences) = read {
        for sentence in &sentences {
            assert!(!sentence.words.is_empty());
            assert_eq!(sentence.words.len(), sentence.tags.len());
        }
        TagLexicon::from_sentences(&sentences);
    }
}
