//! How much translations have in common with those of people.
//!
//! ```text
//! BLEU = 100 * min(1, exp(1 - reference length / length)) * exp(mean over n = 1..4 of ln p_n)
//! ```
//!
//! where `p_n` is the share of the `n`-grams that the reference has too, each as often as it has it at most, over the whole
//! corpus (Papineni et al. 2002).

use std::collections::HashMap;

/// The longest n-grams.
const ORDER: usize = 4;

/// The BLEU of translations, in percent, beside a reference each; words are parted by blanks. Where no n-gram of an order is
/// right, half of one is, then a quarter, as `sacrebleu` has it (its signature: `nrefs:1|case:mixed|eff:no|tok:none|smooth:exp`).
pub fn bleu<T: AsRef<str>, R: AsRef<str>>(translations: &[T], references: &[R]) -> f64 {
    let mut seen = Seen::default();
    for (translation, reference) in translations.iter().zip(references) {
        seen.add(translation.as_ref(), reference.as_ref());
    }
    seen.bleu()
}

/// What a corpus has of n-grams.
#[derive(Default)]
struct Seen {
    /// Those of the references, and all that were said.
    right: [usize; ORDER],
    said: [usize; ORDER],
    /// Words.
    length: usize,
    reference_length: usize,
}

impl Seen {
    fn add(&mut self, translation: &str, reference: &str) {
        let said: Vec<&str> = translation.split_whitespace().collect();
        let wanted: Vec<&str> = reference.split_whitespace().collect();
        self.length += said.len();
        self.reference_length += wanted.len();
        for order in 1..=ORDER {
            let (said, wanted) = (counts(&said, order), counts(&wanted, order));
            let both = said.iter().map(|(gram, &count)| {
                let wanted = wanted.get(gram).copied().unwrap_or(0);
                count.min(wanted)
            });
            self.right[order - 1] += both.sum::<usize>();
            self.said[order - 1] += said.values().sum::<usize>();
        }
    }

    fn bleu(&self) -> f64 {
        if self.right[0] == 0 || self.said[ORDER - 1] == 0 {
            return 0.0;
        }
        let mut half = 1.0;
        let mut nats = 0.0;
        for (&right, &said) in self.right.iter().zip(&self.said) {
            let right = match right {
                0 => {
                    half /= 2.0;
                    half
                }
                right => right as f64,
            };
            nats += (right / said as f64).ln() / ORDER as f64;
        }
        let brevity = 1.0 - self.reference_length as f64 / self.length as f64;
        100.0 * (brevity.min(0.0) + nats).exp()
    }
}

/// How often each n-gram stands there.
fn counts<'a, 'b>(words: &'b [&'a str], order: usize) -> HashMap<&'b [&'a str], usize> {
    let mut counts = HashMap::new();
    for gram in words.windows(order) {
        *counts.entry(gram).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sacrebleu.corpus_bleu(translations, [references], tokenize="none", force=True).score`, version 2.6.0.
    #[test]
    fn figures_are_those_of_sacrebleu() {
        let cases: [(&[&str], &[&str], f64); 5] = [
            (
                &["the cat sat on the mat"],
                &["the cat sat on the mat"],
                100.0,
            ),
            (
                &["a dog runs fast in the park", "two men"],
                &["a dog is running fast in the park", "two men are talking"],
                35.967895947086795,
            ),
            (
                &["the the the the the the the"],
                &["the cat is on the mat"],
                7.809849842300637,
            ),
            (
                &[
                    "ein mann steht vor einem haus und wartet auf den bus .",
                    "zwei kinder spielen im sand .",
                ],
                &[
                    "ein mann wartet vor einem haus auf den bus .",
                    "zwei kinder spielen mit sand am strand .",
                ],
                31.55984539112946,
            ),
            (&["hello world"], &["goodbye moon"], 0.0),
        ];
        for (translations, references, expected) in cases {
            let found = bleu(translations, references);
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }
}
