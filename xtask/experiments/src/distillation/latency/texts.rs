//! Texts of one length.

use recurra_distill::TextTokenizer;

use crate::error::Error;

/// Texts that are `tokens` tokens long each, those at their ends included, out of the words of these; they themselves for 0, or
/// where there are not as many words.
pub fn texts_of(
    tokens: usize,
    texts: &[&str],
    tokenizer: &TextTokenizer,
) -> Result<Vec<String>, Error> {
    if tokens == 0 {
        return Ok(texts.iter().map(|&text| text.to_owned()).collect());
    }
    let mut made = Vec::new();
    for start in 0..texts.len() {
        let following = texts[start..]
            .iter()
            .flat_map(|text| text.split_whitespace());
        // A word is at least one token.
        let words: Vec<&str> = following.take(tokens).collect();
        let prefixes: Vec<String> = (1..=words.len())
            .map(|count| words[..count].join(" "))
            .collect();
        let lengths = tokenizer.encode(&prefixes)?;
        let mut found = prefixes.into_iter().zip(lengths);
        made.extend(
            found
                .find(|(_, ids)| ids.len() == tokens)
                .map(|(text, _)| text),
        );
    }
    match made.is_empty() {
        true => texts_of(0, texts, tokenizer),
        false => Ok(made),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_texts_have_the_length_that_is_asked_for() {
        let tokenizer = TextTokenizer::of_words(["a", "b", "c"], 64).unwrap();
        let texts = ["a b", "c", "a-b c", "b b b a"];
        let made = texts_of(6, &texts, &tokenizer).unwrap();
        let lengths = tokenizer
            .encode(&made)
            .unwrap()
            .into_iter()
            .map(|ids| ids.len());
        assert!(!made.is_empty() && lengths.into_iter().all(|length| length == 6));
        assert_eq!(texts_of(0, &texts, &tokenizer).unwrap(), texts);
        assert_eq!(texts_of(60, &texts, &tokenizer).unwrap(), texts);
    }
}
