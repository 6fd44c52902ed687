//! What a sceptic asks for: a classifier that does not know the order of the words.

use recurra_datasets::labelled::LabelledText;

use super::Reader;
use crate::error::Error;

/// The share of `test` that naive Bayes on the words of `labelled` decides rightly, in percent: multinomial, with one added to
/// each count.
pub fn bag_of_words(
    reader: &Reader,
    labelled: &[LabelledText],
    test: &[LabelledText],
    classes: usize,
) -> Result<f64, Error> {
    let words = reader.vocabulary.len();
    let mut counts = vec![vec![1.0; words]; classes];
    let mut texts = vec![1.0; classes];
    let rows = |texts: &[LabelledText]| reader.rows(texts.iter().map(|it| it.text.as_str()));
    for (row, text) in rows(labelled)?.iter().zip(labelled) {
        texts[text.label] += 1.0;
        row.iter()
            .for_each(|&word| counts[text.label][word as usize] += 1.0);
    }
    let nats: Vec<Vec<f64>> = counts
        .iter()
        .map(|counts| {
            let total: f64 = counts.iter().sum();
            counts
                .iter()
                .map(|count: &f64| (count / total).ln())
                .collect()
        })
        .collect();
    let decide = |row: &[u32]| {
        let score = |class: usize| {
            let words: f64 = row.iter().map(|&word| nats[class][word as usize]).sum();
            f64::ln(texts[class]) + words
        };
        (0..classes).max_by(|&a, &b| score(a).total_cmp(&score(b)))
    };
    let hits = rows(test)?
        .iter()
        .zip(test)
        .filter(|(row, text)| decide(row) == Some(text.label))
        .count();
    Ok(100.0 * hits as f64 / test.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(rows: &[(&str, usize)]) -> Vec<LabelledText> {
        let text = |&(text, label): &(&str, usize)| LabelledText {
            text: text.to_owned(),
            label,
        };
        rows.iter().map(text).collect()
    }

    #[test]
    fn words_decide_and_their_order_does_not() {
        let labelled = texts(&[
            ("good film", 1),
            ("good fun", 1),
            ("bad film", 0),
            ("a bad bore", 0),
        ]);
        let words = labelled.iter().map(|it| it.text.as_str());
        let reader = Reader::new(words, 1, "").unwrap();
        let test = texts(&[
            ("good good", 1),
            ("bore bad", 0),
            ("film good", 1),
            ("good", 0),
        ]);
        assert_eq!(bag_of_words(&reader, &labelled, &test, 2).unwrap(), 75.0);
    }
}
