//! One function for each target, of the target's name.

use arbitrary::{Arbitrary, Unstructured};
use recurra_datasets::{
    DatasetError, Encoding, PIANO_KEYS, PianoRollCorpus, Vocabulary, english_words,
    images::{ImageCorpus, read_images},
    labelled::{LabelledFormat, NumberTable, Syntax},
    parallel::ParallelText,
    read_text_as,
    series::TimeSeries,
    speech::{Recording, SpokenDigits},
    tagged::{PartOfSpeech, TagLexicon, TaggedSentence, read_conll2003, read_conllu},
    text_vectors::TextVectors,
};

use crate::files::{in_file, in_files};

/// A recording of one sample.
const RECORDING: &[u8] = include_bytes!("../seeds/wav/one_sample.wav");

/// Plain and compressed text, in either encoding.
pub fn text(input: &[u8]) {
    let Some((is_compressed, is_latin1, bytes)) = parts::<(bool, bool, &[u8])>(input) else {
        return;
    };
    let name = if is_compressed { "a.txt.gz" } else { "a.txt" };
    let encoding = if is_latin1 {
        Encoding::Latin1
    } else {
        Encoding::Utf8
    };
    if let Ok(text) = in_file(name, bytes, |path| read_text_as(path, encoding)) {
        assert!(!text.is_empty());
        english_words(text);
    }
}

/// Labelled texts, parted by tabs.
pub fn tsv(bytes: &[u8]) {
    labelled(Syntax::Tsv, bytes);
}

/// Labelled texts, parted by commas.
pub fn csv(bytes: &[u8]) {
    labelled(Syntax::Csv, bytes);
}

/// Labelled texts as JSON Lines.
pub fn jsonl(bytes: &[u8]) {
    labelled(Syntax::JsonLines, bytes);
}

/// Labelled texts and soft labels from Parquet files.
pub fn parquet(bytes: &[u8]) {
    labelled(Syntax::Parquet, bytes);
    let table = in_file("a", bytes, |path| NumberTable::read_parquet(path, "logits"));
    if let Ok(table) = table {
        assert!(!table.is_empty());
        assert_eq!(table.values.len(), table.len() * table.columns);
        assert!(table.values.iter().all(|value| value.is_finite()));
    }
}

/// Tagged sentences in the columns of CoNLL-U.
pub fn conllu(bytes: &[u8]) {
    for tags in [PartOfSpeech::Universal, PartOfSpeech::Treebank] {
        tagged(in_file("a.conllu", bytes, |path| read_conllu(path, tags)));
    }
}

/// Tagged sentences in the columns of CoNLL-2003.
pub fn conll2003(bytes: &[u8]) {
    tagged(in_file("a", bytes, |path| read_conll2003(path)));
}

/// Tables of measurements.
pub fn series(bytes: &[u8]) {
    if let Ok(series) = in_file("a.csv", bytes, |path| TimeSeries::read_csv(path)) {
        assert!(!series.is_empty());
        assert_eq!(series.values.len(), series.len() * series.names.len());
        assert!(series.values.iter().all(|value| value.is_finite()));
        series.standardised(0..series.len());
    }
}

/// Images, with and without labels.
pub fn images(input: &[u8]) {
    let Some((images, labels)) = parts::<(&[u8], &[u8])>(input) else {
        return;
    };
    let alone = in_file("images", images, |path| read_images(path));
    let files = [("images", images), ("labels", labels)];
    let labelled = in_files(files, |[images, labels]| ImageCorpus::read(images, labels));
    if let Ok(corpus) = labelled {
        assert!(!corpus.is_empty());
        assert!(!corpus.image(corpus.len() - 1).is_empty());
        let (dimensions, _) = alone.expect("images that could be read with their labels");
        assert_eq!(dimensions[0], corpus.len());
    }
}

/// Vectors of words.
pub fn vectors(bytes: &[u8]) {
    if let Ok(vectors) = in_file("a.txt", bytes, |path| TextVectors::read(path)) {
        vectors.coverage(["the", "of"]);
        if let Some(vector) = vectors.vector("the") {
            assert_eq!(vector.len(), vectors.dimensions());
        }
    }
}

/// Piano rolls.
pub fn piano_roll(bytes: &[u8]) {
    if let Ok(corpus) = in_file("a.json", bytes, |path| PianoRollCorpus::read(path)) {
        for part in [corpus.train, corpus.valid, corpus.test] {
            assert!(part.iter().all(|piece| piece.len() >= 2));
            let mut keys = part.iter().flat_map(|piece| piece.steps()).flatten();
            assert!(keys.all(|&key| key < PIANO_KEYS));
        }
    }
}

/// Recordings.
pub fn wav(bytes: &[u8]) {
    if let Ok(recording) = in_file("a.wav", bytes, |path| Recording::read(path)) {
        assert!(recording.seconds() > 0.0);
        let mut samples = recording.samples.iter();
        assert!(samples.all(|sample| (-1.0..=1.0).contains(sample)));
    }
}

/// The names of spoken digits.
pub fn digit_name(input: &[u8]) {
    let Some(name) = parts::<&str>(input) else {
        return;
    };
    // What a file cannot be called, and what an error would show as a second line.
    if name.len() > 200 || name.contains(['/', '\0', '\n']) {
        return;
    }
    let name = format!("{name}.wav");
    let read = in_file(&name, RECORDING, |path| {
        SpokenDigits::read(path.parent().expect("a folder with the file"))
    });
    if let Ok(digits) = read {
        let [one] = &digits.utterances[..] else {
            panic!("one recording, got {}", digits.utterances.len());
        };
        assert_eq!(
            name,
            format!("{}_{}_{}.wav", one.digit, one.speaker, one.index)
        );
    }
}

/// Parallel text.
pub fn parallel(input: &[u8]) {
    let Some((source, target)) = parts::<(&[u8], &[u8])>(input) else {
        return;
    };
    let files = [("a.en", source), ("a.de", target)];
    let read = in_files(files, |[source, target]| ParallelText::read(source, target));
    if let Ok(text) = read {
        assert_eq!(text.sources.len(), text.targets.len());
        let mut pairs = text.pairs();
        assert!(pairs.all(|(source, target)| !source.is_empty() && !target.is_empty()));
    }
}

/// Vocabularies.
pub fn vocabulary(bytes: &[u8]) {
    if let Ok(vocabulary) = in_file("a.json", bytes, |path| Vocabulary::read(path)) {
        for (id, token) in (0..).zip(vocabulary.tokens()) {
            assert_eq!(vocabulary.id(token), Some(id));
            assert_eq!(vocabulary.token(id), Some(token));
        }
        let named = [vocabulary.unknown(), vocabulary.padding()];
        for id in named.into_iter().flatten() {
            assert!((id as usize) < vocabulary.len());
        }
    }
}

/// The parts of an input that stands for more than one thing; `None` where it is too short to.
fn parts<'a, T: Arbitrary<'a>>(input: &'a [u8]) -> Option<T> {
    T::arbitrary_take_rest(Unstructured::new(input)).ok()
}

/// Reads labelled texts in both encodings, with the usual columns and with given ones.
fn labelled(syntax: Syntax, bytes: &[u8]) {
    let usual = LabelledFormat::new(syntax);
    let latin1 = usual.clone().with_encoding(Encoding::Latin1);
    let given = usual
        .clone()
        .with_columns(["text"], "label")
        .with_classes(["a", "b"]);
    for format in [usual, latin1, given] {
        if let Ok(corpus) = in_file("a", bytes, |path| format.read(path)) {
            assert!(!corpus.examples.is_empty());
            let counted: usize = corpus.class_counts().iter().sum();
            assert_eq!(counted, corpus.examples.len());
            assert!(corpus.examples.iter().all(|one| !one.text.is_empty()));
        }
    }
}

/// Checks sentences that could be read.
fn tagged(read: Result<Vec<TaggedSentence>, DatasetError>) {
    if let Ok(sentences) = read {
        for sentence in &sentences {
            assert!(!sentence.words.is_empty());
            assert_eq!(sentence.words.len(), sentence.tags.len());
        }
        TagLexicon::from_sentences(&sentences);
    }
}
