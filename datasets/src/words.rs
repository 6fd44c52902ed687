//! English text as words.

/// What follows an apostrophe in a contraction.
const ENDINGS: [&str; 6] = ["s", "re", "ve", "ll", "d", "m"];

/// Cuts plain English text into words, much as the Penn Treebank does, so that both plain and
/// already cut text come out alike, and most words have a vector in GloVe's files.
///
/// 1. Everything becomes lower case, and typographic apostrophes become plain ones.
/// 2. Letters and digits that stand together are a word, with the dots and commas between digits:
///    `1,000.5`.
/// 3. Contractions are cut before `n't`, `'s`, `'re`, `'ve`, `'ll`, `'d` and `'m`: `does` `n't`.
/// 4. Any other character but white space is a word of its own, a hyphen too.
///
/// # Laws
///
/// - Cutting the words again, joined by blanks, gives the same words.
/// - Cutting `a + " " + b` gives the words of `a`, then those of `b`.
///
/// ```
/// let words = recurra_datasets::english_words("It doesn't cost $1,000 -- it's free!");
///
/// assert_eq!(
///     words.join(" "),
///     "it does n't cost $ 1,000 - - it 's free !"
/// );
/// ```
pub fn english_words(text: impl AsRef<str>) -> Vec<String> {
    let text = text.as_ref().to_lowercase().replace('\u{2019}', "'");
    let mut words = Vec::new();
    for mut rest in text.split_whitespace() {
        while !rest.is_empty() {
            let (word, left) = rest.split_at(first_word(rest));
            words.push(word.to_owned());
            rest = left;
        }
    }
    words
}

/// The length in bytes of the first word of `text`, which is not empty and has no white space.
fn first_word(text: &str) -> usize {
    if let Some(rest) = text.strip_prefix('\'') {
        let ending = &rest[..run(rest)];
        return if ENDINGS.contains(&ending) {
            1 + ending.len()
        } else {
            1
        };
    }
    let word = number_or_run(text);
    match text[..word].strip_suffix('n') {
        Some("") if is_negated(&text[word..]) => word + "'t".len(),
        Some(stem) if is_negated(&text[word..]) => stem.len(),
        _ => word.max(first_character(text)),
    }
}

/// Whether the word before ends in `n't`.
fn is_negated(rest: &str) -> bool {
    rest.strip_prefix("'t").is_some_and(|rest| run(rest) == 0)
}

/// The length of the letters and digits at the start, with dots and commas between digits.
fn number_or_run(text: &str) -> usize {
    let mut end = run(text);
    while text[..end].ends_with(|last: char| last.is_numeric()) {
        let Some(rest) = text[end..].strip_prefix(['.', ',']) else {
            break;
        };
        if !rest.starts_with(|next: char| next.is_numeric()) {
            break;
        }
        end += 1 + run(rest);
    }
    end
}

/// The length of the letters and digits at the start.
fn run(text: &str) -> usize {
    text.find(|next: char| !next.is_alphanumeric())
        .unwrap_or(text.len())
}

fn first_character(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}
