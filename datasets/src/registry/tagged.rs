//! Sentences with a tag for each word.

use super::{Content, Source, SourceFile};

/// The repository of the English Web Treebank.
const EWT: &str = concat!(
    "https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/",
    "15d613d8447b3478787d4c278730a1e48a945efb/"
);

/// The English Web Treebank.
pub(super) const UD_ENGLISH_EWT: Source = Source {
    name: "ud_english_ewt",
    what: "Universal Dependencies English EWT, parts of speech",
    licence: "CC BY-SA 4.0",
    counts: "12,544 sentences with 204,577 words to train on, 2,001 with 25,147 to develop on, \
        2,077 with 25,094 to test",
    content: Content::Files(&[
        SourceFile::new(
            "en_ewt-ud-train.conllu.gz",
            14_203_025,
            "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b",
        )
        .packed()
        .at(EWT, "en_ewt-ud-train.conllu"),
        SourceFile::new(
            "en_ewt-ud-dev.conllu.gz",
            1_805_545,
            "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6",
        )
        .packed()
        .at(EWT, "en_ewt-ud-dev.conllu"),
        SourceFile::new(
            "en_ewt-ud-test.conllu.gz",
            1_804_515,
            "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd",
        )
        .packed()
        .at(EWT, "en_ewt-ud-test.conllu"),
    ]),
    by_hand: "get the three .conllu files and compress them with gzip",
};

/// The shared task of CoNLL 2003.
pub(super) const CONLL2003: Source = Source {
    name: "conll2003",
    what: "CoNLL-2003 English, named entities",
    licence: "Reuters text under an agreement with NIST: for research only",
    counts: "14,041 sentences with 203,621 words to train on, 3,250 with 51,362 to develop on, \
        3,453 with 46,435 to test",
    content: Content::Files(&[
        SourceFile::new(
            "eng.train.gz",
            3_281_528,
            "eac0822f501353f265383ddf1edb0dcd42a1b6eefd3e383d7074db98c38eb41c",
        )
        .packed(),
        SourceFile::new(
            "eng.testa.gz",
            827_012,
            "aedc4ccbd1ae9795feaa0e86fe72d195b0258abed9d705b630d1c889276fac1e",
        )
        .packed(),
        SourceFile::new(
            "eng.testb.gz",
            748_096,
            "0632f32c090ef31c223135b7fee3187a7cf8e65c4015c7866bb7783428cdd9a6",
        )
        .packed(),
    ]),
    by_hand: "the terms of the Reuters corpus allow no download: put eng.train.gz, eng.testa.gz \
        and eng.testb.gz of whoever has signed them into a folder",
};
