//! Parallel text: read back, generated, and mistakes named.

use std::{collections::BTreeSet, fs, io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use recurra_datasets::{
    DatasetError,
    parallel::{ParallelCorpus, ParallelText},
};

/// A folder with these files; those that end in `.gz` are compressed.
fn folder_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if name.ends_with(".gz") {
            let mut file = GzEncoder::new(fs::File::create(path).unwrap(), Compression::fast());
            file.write_all(text.as_bytes()).unwrap();
            file.finish().unwrap();
        } else {
            fs::write(path, text).unwrap();
        }
    }
    folder
}

fn text_of<T>(result: Result<T, DatasetError>, folder: &Path) -> String {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(error) => error.to_string().replace(folder.to_str().unwrap(), "DIR"),
    }
}

fn read(source: &str, target: &str) -> Result<ParallelText, String> {
    let folder = folder_of(&[("a.en", source), ("a.de.gz", target)]);
    let [source, target] = ["a.en", "a.de.gz"].map(|name| folder.path().join(name));
    let text = ParallelText::read(source, target);
    text.map_err(|error| text_of::<()>(Err(error), folder.path()))
}

proptest! {
    #[test]
    fn pairs_read_back(
        pairs in prop::collection::vec(("[a-cé][a-cé ]{0,5}[.b]", "[a-cß][a-c \u{2028}]{0,5}[?b]"), 1..9),
        ending in prop_oneof![Just("\n"), Just("\r\n"), Just(" \n")],
        last in prop::bool::ANY,
    ) {
        let file = |side: Vec<&str>| side.join(ending) + if last { ending } else { "" };
        let text = read(
            &file(pairs.iter().map(|(source, _)| source.as_str()).collect()),
            &file(pairs.iter().map(|(_, target)| target.as_str()).collect()),
        ).unwrap();
        prop_assert_eq!((text.len(), text.is_empty()), (pairs.len(), false));
        let expected = pairs.iter().map(|(source, target)| (source.as_str(), target.as_str()));
        prop_assert!(text.pairs().eq(expected));
        prop_assert_eq!(&pairs.into_iter().collect::<ParallelText>(), &text);
    }
}

#[test]
fn mistakes_are_named_with_file_and_line() {
    assert_eq!(
        read("a\nb\nc\n", "a\nb\n").unwrap_err(),
        "DIR/a.de.gz: whole file: expected 3 lines as in DIR/a.en, got 2"
    );
    assert_eq!(
        read("a\n \nc\n", "a\nb\nc\n").unwrap_err(),
        "DIR/a.en:2: expected a sentence, got an empty line"
    );
    assert_eq!(
        read("a\nb\n", "a\nb\n\n").unwrap_err(),
        "DIR/a.de.gz:3: expected a sentence, got an empty line"
    );
    assert_eq!(
        read("a", "").unwrap_err(),
        "DIR/a.de.gz is empty, expected text"
    );
}

#[test]
fn the_parts_are_found_by_their_names() {
    let files = [
        ("tok/train.lc.tok.en.gz", "a"),
        ("tok/train.lc.tok.de", "b"),
        ("tok/val.en", "c"),
        ("tok/val.de", "d"),
        ("tok/test_2016_flickr.en", "e"),
        ("tok/test_2016_flickr.de", "f"),
        ("tok/test_2016_flickr.fr", "g"),
        ("tok/test_2017_flickr.en", "g"),
        ("train.en", "not this one"),
    ];
    let folder = folder_of(&files);
    let corpus = ParallelCorpus::read(folder.path(), "de", "en").unwrap();
    let pair = |text: &ParallelText| [text.sources.concat(), text.targets.concat()].concat();
    let parts = [&corpus.train, &corpus.valid, &corpus.test];
    assert_eq!(parts.map(pair), ["ba", "dc", "fe"]);
    assert_eq!(
        text_of(
            ParallelCorpus::read(folder.path(), "en", "fr"),
            folder.path()
        ),
        "DIR/tok: expected a file train.fr or .fr.gz, found nothing of the kind"
    );
    fs::write(folder.path().join("tok/dev.en"), "h").unwrap();
    assert_eq!(
        text_of(
            ParallelCorpus::read(folder.path(), "en", "de"),
            folder.path()
        ),
        "DIR/tok: expected one data set, or the name of one, found dev.en, val.en"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn generated_parts_share_no_sentence(seed: u64, pairs in 1usize..300) {
        let corpus = ParallelCorpus::generated(seed, pairs);
        prop_assert_eq!(&corpus, &ParallelCorpus::generated(seed, pairs));
        let parts = [&corpus.train, &corpus.valid, &corpus.test];
        let held_out = (pairs / 10).max(1);
        prop_assert_eq!(parts.map(ParallelText::len), [pairs, held_out, held_out]);
        let sentences: BTreeSet<&String> = parts.iter().flat_map(|part| &part.sources).collect();
        prop_assert_eq!(sentences.len(), pairs + 2 * held_out);
    }
}

#[test]
fn there_are_many_generated_sentences_and_few_words() {
    let corpus = ParallelCorpus::generated(1, 5000);
    let words = |side: &[String]| {
        let words = side.iter().flat_map(|sentence| sentence.split(' '));
        words.map(str::to_owned).collect::<BTreeSet<String>>().len()
    };
    let counts = [words(&corpus.train.sources), words(&corpus.train.targets)];
    assert_eq!(counts, [136, 306]);
}

/// Pins the pairs on every platform. If this fails, results on them are no longer comparable.
#[test]
fn the_first_pairs_stay_as_they_are() {
    let corpus = ParallelCorpus::generated(1, 20);
    let pairs: Vec<(&str, &str)> = corpus.train.pairs().take(2).collect();
    let expected = [
        (
            "the baker followed a small wolf in a market because a king sold the wheels .",
            "uno regono li rotorin vendrati kar , lo panesto uno forelos uno lupon pikolon sekvati .",
        ),
        (
            "four old farmers repair three boxes in a white forest because a painter painted the wheel in the house .",
            "una pintara la domvas lo rotoron kolorati kar , kvar agreli vetri uno silvoros blankos tri kisten reparnenr .",
        ),
    ];
    assert_eq!(pairs, expected);
}

#[test]
#[should_panic(expected = "a corpus has at least one pair, got 0")]
fn a_corpus_without_pairs_is_refused() {
    ParallelCorpus::generated(1, 0);
}
