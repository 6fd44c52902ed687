//! Texts to model, and vectors of words.

use super::{Content, Source, SourceFile};

/// The repository that Tiny Shakespeare was published in.
const CHAR_RNN: &str = concat!(
    "https://raw.githubusercontent.com/karpathy/char-rnn/",
    "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/"
);

/// The Penn Treebank.
pub(super) const PTB: Source = Source {
    name: "ptb",
    what: "Penn Treebank in the preprocessing of Mikolov et al., words",
    licence: "none stated; the text is licensed by the LDC: for research only",
    counts: "929,589 words to train on with <eos>, 73,760 to validate, 82,430 to test; a \
        vocabulary of 10,000",
    content: Content::Files(&[
        SourceFile::new(
            "ptb.train.txt",
            5_101_618,
            "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
        ),
        SourceFile::new(
            "ptb.valid.txt",
            399_782,
            "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
        ),
        SourceFile::new(
            "ptb.test.txt",
            449_945,
            "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
        ),
    ]),
    by_hand: "the terms of the Penn Treebank allow no download: put ptb.train.txt, ptb.valid.txt \
        and ptb.test.txt of whoever has a licence into a folder",
};

/// Tiny Shakespeare.
pub(super) const TINYSHAKESPEARE: Source = Source {
    name: "tinyshakespeare",
    what: "Tiny Shakespeare, characters of plays",
    licence: "none stated; the plays are in the public domain",
    counts: "1,115,394 characters, 65 different ones; the last tenth validates",
    content: Content::Files(&[SourceFile::new(
        "input.txt",
        1_115_394,
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    )
    .at(CHAR_RNN, "data/tinyshakespeare/input.txt")]),
    by_hand: "put input.txt of Tiny Shakespeare into a folder",
};

/// Word vectors of Pennington et al.
pub(super) const GLOVE: Source = Source {
    name: "glove",
    what: "GloVe 6B, 50 dimensions, the 5,050 commonest words",
    licence: "none stated for this choice of words; GloVe itself is PDDL 1.0",
    counts: "5,050 words of 50 dimensions",
    content: Content::Files(&[SourceFile::new(
        "glove.6B.50d.5k.txt",
        2_158_642,
        "f50b07b377a4f6a3d2187d8e1afc2f592cdc36faee5061b93ad8bcd376c2481b",
    )]),
    by_hand: "get glove.6B.zip from https://nlp.stanford.edu/projects/glove/ and unpack \
        glove.6B.50d.txt",
};
