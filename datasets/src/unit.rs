//! What a token is: a character or a word.

use serde::{Deserialize, Serialize};

/// The word that stands for the end of a line.
pub const END_OF_LINE: &str = "<eos>";

/// What a text is cut into.
///
/// # Laws
///
/// - Cutting `a + b` gives the tokens of `a`, then those of `b`; for words, `a` must end with white
///   space.
/// - `join(tokens(text))` is `text` for characters; for words it is `text` with single blanks
///   between the words of a line and none elsewhere, which has the same tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Unicode scalar values, line feeds included.
    Char,
    /// What stands between white space, and [`END_OF_LINE`] for every line feed, as in Mikolov's
    /// Penn Treebank. A last line without a line feed gets none: a prompt is not over where it
    /// ends. An [`END_OF_LINE`] that the text spells out is one too.
    Word,
}

impl Unit {
    /// Cuts `text` into tokens, in order.
    pub fn tokens(self, text: &str) -> Vec<&str> {
        match self {
            Self::Char => text
                .char_indices()
                .map(|(at, char)| &text[at..at + char.len_utf8()])
                .collect(),
            Self::Word => text.split_inclusive('\n').flat_map(words).collect(),
        }
    }

    /// Puts tokens together to a text.
    pub fn join<'a>(self, tokens: impl IntoIterator<Item = &'a str>) -> String {
        match self {
            Self::Char => tokens.into_iter().collect(),
            Self::Word => join_words(tokens),
        }
    }

    /// The token that stands for those a vocabulary does not know: U+FFFD, the replacement
    /// character, or `<unk>`.
    pub fn unknown_token(self) -> &'static str {
        match self {
            Self::Char => "\u{fffd}",
            Self::Word => "<unk>",
        }
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    let end = line.ends_with('\n').then_some(END_OF_LINE);
    line.split_whitespace().chain(end)
}

fn join_words<'a>(tokens: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for token in tokens {
        if token == END_OF_LINE {
            text.push('\n');
            continue;
        }
        if !(text.is_empty() || text.ends_with('\n')) {
            text.push(' ');
        }
        text.push_str(token);
    }
    text
}
