//! When two texts count as the same.

use crate::english_words;

/// The form in which two texts are compared: case, white space, typographic apostrophes and the
/// spacing of punctuation make no difference. It is the text's [`english_words`], joined by blanks.
///
/// ```
/// use recurra_datasets::labelled::normalised;
///
/// assert_eq!(normalised("It's  good, isn't it?"), normalised("it 's good , is n't it ?"));
/// ```
pub fn normalised(text: &str) -> String {
    english_words(text).join(" ")
}
