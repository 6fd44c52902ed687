//! The published counts of the real corpora, where `RECURRA_DATA` names a folder that holds them.

use std::{
    collections::BTreeSet,
    env,
    io::{self, Write},
    path::{Path, PathBuf},
};

use recurra_datasets::{
    LanguageModelCorpus, TextSource, Unit,
    images::Mnist,
    labelled::{LabelledFormat, LabelledParts, LabelledSource, Syntax},
    parallel::{ParallelCorpus, ParallelText},
    series::{SeriesParts, TimeSeries},
    speech::SpokenDigits,
    tagged::{PartOfSpeech, TagLexicon, TaggedSentence, read_conll2003, read_conllu},
    text_vectors::TextVectors,
};

/// The folder `name` in the one that `RECURRA_DATA` names; `None`, and a line that says so, without
/// it.
#[expect(
    clippy::explicit_write,
    reason = "the test harness would swallow the line of `eprintln!`"
)]
fn real_data(name: &str) -> Option<PathBuf> {
    let folder = env::var_os("RECURRA_DATA").map(|data| Path::new(&data).join(name));
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        writeln!(
            io::stderr(),
            "skipped: RECURRA_DATA names no folder with {name}"
        )
        .unwrap();
    }
    folder
}

/// The corpus `name`, in its usual unit with the last tenth for validation; `None` without the
/// data.
fn corpus(name: &str) -> Option<LanguageModelCorpus> {
    let source = TextSource::locate(real_data(name)?, Some(name)).unwrap();
    Some(LanguageModelCorpus::from_source(&source, source.default_unit(), 0.1).unwrap())
}

/// The labelled corpus `name`; `None` without the data.
fn labelled(name: &str) -> Option<LabelledParts> {
    let source = LabelledSource::locate(real_data(name)?, Some(name)).unwrap();
    Some(source.read().unwrap())
}

#[test]
fn the_penn_treebank_has_its_published_counts() {
    let Some(corpus) = corpus("ptb") else { return };
    assert_eq!(corpus.unit, Unit::Word);
    assert_eq!(corpus.train.len(), 929_589);
    assert_eq!(corpus.valid.len(), 73_760);
    assert_eq!(corpus.test.map(|test| test.len()), Some(82_430));
    assert_eq!(corpus.vocabulary.len(), 10_000);
    // They stand there 50,770, 45,020 and 42,068 times.
    assert_eq!(
        corpus.vocabulary.decode(&[0, 1, 2]).unwrap(),
        ["the", "<unk>", "<eos>"]
    );
}

#[test]
fn tiny_shakespeare_has_its_published_counts() {
    let Some(corpus) = corpus("tinyshakespeare") else {
        return;
    };
    assert_eq!(corpus.unit, Unit::Char);
    assert_eq!(corpus.train.len(), 1_003_854);
    assert_eq!(corpus.valid.len(), 111_540);
    assert_eq!(corpus.vocabulary.len(), 65);
    assert_eq!(corpus.vocabulary.unknown(), None);
}

#[test]
fn sst2_has_its_published_counts() {
    let Some(corpus) = labelled("sst2") else {
        return;
    };
    assert_eq!(corpus.train.classes, ["0", "1"]);
    assert_eq!(corpus.train.class_counts(), [3310, 3610]);
    assert_eq!(corpus.dev.unwrap().class_counts(), [428, 444]);
    assert_eq!(corpus.test, None);
}

#[test]
fn the_phrases_of_sst2_have_their_published_counts() {
    let Some(corpus) = labelled("sst2_glue") else {
        return;
    };
    assert_eq!(corpus.train.class_counts(), [29_780, 37_569]);
    assert_eq!(
        corpus.train.examples[0].text,
        "hide new secretions from the parental units"
    );
    assert_eq!(corpus.dev.unwrap().class_counts(), [428, 444]);
}

#[test]
fn ag_news_has_its_published_counts() {
    let Some(corpus) = labelled("ag_news") else {
        return;
    };
    assert_eq!(
        corpus.train.classes,
        ["Business", "Sci/Tech", "Sports", "World"]
    );
    assert_eq!(corpus.train.class_counts(), [2496, 2538, 2458, 2509]);
    assert_eq!(corpus.test.unwrap().class_counts(), [1900; 4]);

    let official = LabelledFormat::new(Syntax::Csv).with_columns([1, 2], 0);
    let official = official
        .read(real_data("ag_news").unwrap().join("official_test.csv"))
        .unwrap();
    assert_eq!(official.class_counts(), [1900; 4]);
}

#[test]
fn glove_covers_what_is_published_of_sst2() {
    let (Some(folder), Some(sst2)) = (real_data("glove"), labelled("sst2")) else {
        return;
    };
    let vectors = TextVectors::read(folder.join("glove.6B.50d.5k.txt")).unwrap();
    assert_eq!((vectors.len(), vectors.dimensions()), (5050, 50));
    assert_eq!(
        vectors.vector("the").unwrap()[..3],
        [0.418, 0.24968, -0.41242]
    );

    let texts = sst2
        .train
        .examples
        .iter()
        .map(|example| example.text.as_str());
    let coverage = vectors.coverage(texts.flat_map(str::split_whitespace));
    assert_eq!((coverage.types_found, coverage.types), (3383, 13_838));
    assert!(
        (coverage.token_share() - 0.78).abs() < 0.005,
        "{coverage:?}"
    );
}

fn sentences_and_words(sentences: &[TaggedSentence]) -> (usize, usize) {
    let words = sentences.iter().map(|sentence| sentence.words.len()).sum();
    (sentences.len(), words)
}

#[test]
fn english_ewt_has_its_published_counts() {
    let Some(folder) = real_data("ud_english_ewt") else {
        return;
    };
    let read = |part: &str, tags| {
        read_conllu(folder.join(format!("en_ewt-ud-{part}.conllu.gz")), tags).unwrap()
    };
    let train = read("train", PartOfSpeech::Universal);
    assert_eq!(sentences_and_words(&train), (12_544, 204_577));
    for (part, counts) in [("dev", (2001, 25_147)), ("test", (2077, 25_094))] {
        assert_eq!(
            sentences_and_words(&read(part, PartOfSpeech::Universal)),
            counts
        );
    }
    let tags: BTreeSet<&String> = train.iter().flat_map(|sentence| &sentence.tags).collect();
    assert_eq!(tags.len(), 17);

    let lexicon = TagLexicon::from_sentences(&train);
    assert_eq!(
        ["Movie", "good", "the"].map(|word| lexicon.tag(word)),
        [Some("NOUN"), Some("ADJ"), Some("DET")]
    );
    let treebank = TagLexicon::from_sentences(&read("dev", PartOfSpeech::Treebank));
    assert_eq!(treebank.tag("said"), Some("VBD"));
}

#[test]
fn conll_2003_has_its_published_counts() {
    let Some(folder) = real_data("conll2003") else {
        return;
    };
    for (part, counts) in [
        ("train", (14_041, 203_621)),
        ("testa", (3250, 51_362)),
        ("testb", (3453, 46_435)),
    ] {
        let sentences = read_conll2003(folder.join(format!("eng.{part}.gz"))).unwrap();
        assert_eq!(sentences_and_words(&sentences), counts);
    }
}

#[test]
fn etth1_has_its_published_counts() {
    let Some(folder) = real_data("ett") else {
        return;
    };
    let series = TimeSeries::read_csv(folder.join("ETTh1.csv")).unwrap();
    assert_eq!(series.len(), 17_420);
    let names = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"];
    assert_eq!(series.names, names);
    assert_eq!(series.times[0], "2016-07-01 00:00:00");
    assert_eq!(series.times[17_419], "2018-06-26 19:00:00");
    assert!(SeriesParts::ett_hourly().test.end <= series.len());
}

#[test]
fn mnist_has_its_published_counts() {
    let Some(folder) = real_data("mnist") else {
        return;
    };
    let mnist = Mnist::read(folder).unwrap();
    for (part, count) in [(&mnist.train, 60_000), (&mnist.test, 10_000)] {
        assert_eq!((part.len(), part.rows, part.columns), (count, 28, 28));
        assert!(part.labels.iter().all(|&label| label < 10));
    }
    assert_eq!(mnist.train.labels[..5], [5, 0, 4, 1, 9]);
    assert_eq!(mnist.test.labels[..5], [7, 2, 1, 0, 4]);
}

#[test]
fn the_spoken_digits_have_their_published_counts() {
    let Some(folder) = real_data("fsdd") else {
        return;
    };
    let digits = SpokenDigits::read(folder).unwrap();
    assert_eq!(digits.sample_rate, 8000);
    assert_eq!(digits.utterances.len(), 2000);
    assert_eq!(digits.speakers(), ["george", "jackson", "nicolas", "theo"]);
    let samples = digits.utterances.iter().map(|one| one.samples.len());
    let seconds = samples.sum::<usize>() as f64 / 8000.0;
    assert_eq!(seconds.round(), 848.0);

    let parts = digits.clone().official_split();
    let count = |digits: &SpokenDigits| digits.utterances.len();
    assert_eq!((count(&parts.train), count(&parts.held_out)), (1800, 200));
    let parts = digits.split_by_speaker("theo").unwrap();
    assert_eq!((count(&parts.train), count(&parts.held_out)), (1500, 500));
}

#[test]
fn multi30k_has_its_published_counts() {
    let Some(folder) = real_data("multi30k") else {
        return;
    };
    for folder in [folder.clone(), folder.join("raw")] {
        let corpus = ParallelCorpus::read(folder, "en", "de").unwrap();
        let parts = [&corpus.train, &corpus.valid, &corpus.test];
        assert_eq!(parts.map(ParallelText::len), [29_000, 1014, 1000]);
        let first = corpus.train.pairs().next().unwrap();
        assert!(first.0.to_lowercase().starts_with("two young"), "{first:?}");
        assert!(
            first.1.to_lowercase().starts_with("zwei junge"),
            "{first:?}"
        );
    }
}
