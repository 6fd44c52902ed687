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
    let (mut right, mut told) = ([0usize; ORDER], [0usize; ORDER]);
    let (mut length, mut reference_length) = (0, 0);
    for (translation, reference) in translations.iter().zip(references) {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let (said, wanted) = (words(translation.as_ref()), words(reference.as_ref()));
        length += said.len();
        reference_length += wanted.len();
        for order in 1..=ORDER {
            let (said, wanted) = (counts(&said, order), counts(&wanted, order));
            let both = said.iter().map(|(gram, &count)| {
                let wanted = wanted.get(gram).copied().unwrap_or(0);
                count.min(wanted)
            });
            right[order - 1] += both.sum::<usize>();
            told[order - 1] += said.values().sum::<usize>();
        }
    }
    if right[0] == 0 || told[ORDER - 1] == 0 {
        return 0.0;
    }
    let mut half = 1.0;
    let nats: f64 = right
        .iter()
        .zip(told)
        .map(|(&right, told)| {
            let right = match right {
                0 => {
                    half /= 2.0;
                    half
                }
                right => right as f64,
            };
            (right / told as f64).ln()
        })
        .sum();
    let brevity = (1.0 - reference_length as f64 / length as f64).min(0.0);
    100.0 * (brevity + nats / ORDER as f64).exp()
}

/// How often each n-gram stands there.
fn counts(words: &[String], order: usize) -> HashMap<&[String], usize> {
    let mut counts = HashMap::new();
    for gram in words.windows(order) {
        *counts.entry(gram).or_default() += 1;
    }
    counts
}
