//! An error is one line, whatever it quotes.

use std::fmt::Display;

/// The text with spaces for line feeds.
pub(crate) fn one_line(text: impl Display) -> String {
    text.to_string().replace('\n', " ")
}
