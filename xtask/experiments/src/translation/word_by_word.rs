//! What a sceptic asks for: each word by the one that it usually comes with, in the order of the source.

use std::collections::HashMap;

use recurra_datasets::parallel::ParallelText;

/// How often the probabilities are estimated anew.
const ROUNDS: usize = 5;

/// The likeliest translation of each word, by the first model of Brown et al. (1993).
pub struct Dictionary(HashMap<String, String>);

impl Dictionary {
    /// Learns from sentences and their translations.
    pub fn learn(text: &ParallelText) -> Self {
        let mut sources = Numbers::default();
        let mut targets = Numbers::default();
        let pairs: Vec<(Vec<u32>, Vec<u32>)> = text
            .pairs()
            .map(|(source, target)| (sources.of(source), targets.of(target)))
            .collect();
        // How likely each source word is translated by each of the target words that it stands with.
        let mut likely: Vec<HashMap<u32, f64>> = vec![HashMap::new(); sources.words.len()];
        for (source, target) in &pairs {
            for &word in source {
                likely[word as usize].extend(target.iter().map(|&it| (it, 1.0)));
            }
        }
        for _ in 0..ROUNDS {
            likely = estimate(&pairs, &likely);
        }
        let best = |(word, translations): (&String, &HashMap<u32, f64>)| {
            let order = |a: &(&u32, &f64), b: &(&u32, &f64)| a.1.total_cmp(b.1).then(b.0.cmp(a.0));
            let (&best, _) = translations.iter().max_by(order)?;
            Some((word.clone(), targets.words[best as usize].clone()))
        };
        let words = sources.words.iter().zip(&likely);
        Self(words.filter_map(best).collect())
    }

    /// Each word by its translation; what is not known stays as it is.
    pub fn translate(&self, sentence: &str) -> String {
        let words = sentence.split_whitespace();
        let words = words.map(|word| self.0.get(word).map_or(word, String::as_str));
        words.collect::<Vec<_>>().join(" ")
    }
}

/// The shares that each word's translations have of it, where each target word comes from the source words of its sentence as
/// they are likely to.
fn estimate(
    pairs: &[(Vec<u32>, Vec<u32>)],
    likely: &[HashMap<u32, f64>],
) -> Vec<HashMap<u32, f64>> {
    let mut counts: Vec<HashMap<u32, f64>> = vec![HashMap::new(); likely.len()];
    for (source, target) in pairs {
        for &said in target {
            let of = |&word: &u32| likely[word as usize][&said];
            let all: f64 = source.iter().map(of).sum();
            for word in source {
                *counts[*word as usize].entry(said).or_default() += of(word) / all;
            }
        }
    }
    for count in &mut counts {
        let all: f64 = count.values().sum();
        count.values_mut().for_each(|it| *it /= all);
    }
    counts
}

/// Words in the order in which they come first.
#[derive(Default)]
struct Numbers {
    words: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Numbers {
    fn of(&mut self, sentence: &str) -> Vec<u32> {
        let words = sentence.split_whitespace();
        let number = words.map(|word| match self.numbers.get(word) {
            Some(&number) => number,
            None => {
                let number = self.words.len() as u32;
                self.words.push(word.to_owned());
                self.numbers.insert(word.to_owned(), number);
                number
            }
        });
        number.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_come_together_translate_each_other() {
        let pairs = [
            ("the house", "das haus"),
            ("the book", "das buch"),
            ("a book", "ein buch"),
        ];
        let text = pairs.map(|(source, target)| (source.to_owned(), target.to_owned()));
        let dictionary = Dictionary::learn(&text.into_iter().collect());
        assert_eq!(dictionary.translate("a house unknown"), "ein haus unknown");
        assert_eq!(dictionary.translate("the book"), "das buch");
    }
}
