//! Corpora: splits, the vocabulary, and the ways to a file.

use std::{fs, path::Path};

use proptest::prelude::*;
use recurra_datasets::{LanguageModelCorpus, TextSource, Unit, read_text};

/// Text that is long enough for two parts at any fraction of the tests.
const TEXT: &str = "[a-cé\n ]{20,120}";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn folder_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

const PTB: [(&str, &str); 3] = [
    ("ptb/ptb.train.txt", " a b <unk> \n a b \n"),
    ("ptb/ptb.valid.txt", " b z \n"),
    ("ptb/ptb.test.txt", " a y z \n"),
];

proptest! {
    #[test]
    fn the_parts_cover_the_text(text in TEXT, fraction in 0.15f64..0.85) {
        let corpus = LanguageModelCorpus::from_text(&text, Unit::Char, fraction).unwrap();
        let size = text.chars().count();
        prop_assert_eq!(corpus.train.len(), ((1.0 - fraction) * size as f64).floor() as usize);
        prop_assert_eq!(corpus.train.len() + corpus.valid.len(), size);
        prop_assert_eq!(&corpus.test, &None);

        // Characters that only the validation part has come back as the unknown token.
        let decode = |ids: &[u32]| Unit::Char.join(corpus.vocabulary.decode(ids).unwrap());
        let train: String = text.chars().take(corpus.train.len()).collect();
        let known = |char: char| if train.contains(char) { char } else { '\u{fffd}' };
        let valid: String = text.chars().skip(corpus.train.len()).map(known).collect();
        prop_assert_eq!(decode(&corpus.train), train);
        prop_assert_eq!(decode(&corpus.valid), valid);
    }

    #[test]
    fn the_vocabulary_is_that_of_the_training_part(text in TEXT) {
        let corpus = LanguageModelCorpus::from_text(&text, Unit::Char, 0.5).unwrap();
        let mut seen = corpus.train.clone();
        seen.sort_unstable();
        seen.dedup();
        let unknown = corpus.vocabulary.unknown();
        let unknown_was_needed = corpus.valid.iter().any(|&id| Some(id) == unknown);
        prop_assert_eq!(unknown.is_some(), unknown_was_needed);
        prop_assert_eq!(corpus.vocabulary.len(), seen.len() + usize::from(unknown_was_needed));
    }
}

#[test]
fn a_text_is_cut_between_words() {
    let corpus = LanguageModelCorpus::from_text("one two\nthree four\n", Unit::Word, 0.5).unwrap();
    let join = |ids: &[u32]| corpus.unit.join(corpus.vocabulary.decode(ids).unwrap());
    assert_eq!(join(&corpus.train), "one two\n");
    assert_eq!(join(&corpus.valid), "<unk> <unk>\n");
}

#[test]
fn unseen_words_become_the_unknown_word_of_the_training_part() {
    let folder = folder_of(&PTB);
    let source = TextSource::locate(folder.path(), None).unwrap();
    let corpus = LanguageModelCorpus::from_source(&source, source.default_unit(), 0.1).unwrap();
    let join = |ids: &[u32]| corpus.unit.join(corpus.vocabulary.decode(ids).unwrap());

    assert_eq!((corpus.unit, corpus.vocabulary.len()), (Unit::Word, 4));
    assert_eq!(join(&corpus.train), "a b <unk>\na b\n");
    assert_eq!(join(&corpus.valid), "b <unk>\n");
    assert_eq!(join(&corpus.test.clone().unwrap()), "a <unk> <unk>\n");
}

#[test]
fn a_character_that_only_the_test_part_has_becomes_the_unknown_one() {
    let folder = folder_of(&[
        ("ptb.train.txt", "ab"),
        ("ptb.valid.txt", "ba"),
        ("ptb.test.txt", "ac"),
    ]);
    let source = TextSource::locate(folder.path(), None).unwrap();
    let corpus = LanguageModelCorpus::from_source(&source, Unit::Char, 0.1).unwrap();
    assert_eq!(corpus.vocabulary.unknown(), Some(2));
    assert_eq!(corpus.test, Some(vec![0, 2]));
}

#[test]
fn a_source_in_parts_can_be_read_in_characters() {
    let folder = folder_of(&PTB);
    let source = TextSource::locate(folder.path(), Some("ptb")).unwrap();
    let corpus = LanguageModelCorpus::from_source(&source, Unit::Char, 0.1).unwrap();
    assert_eq!(corpus.train.len(), PTB[0].1.len());
    assert_eq!(
        corpus
            .unit
            .join(corpus.vocabulary.decode(&corpus.valid).unwrap()),
        " b \u{fffd} \n"
    );
}

#[test]
fn a_corpus_is_found_by_file_by_folder_and_by_name() {
    let folder = folder_of(&PTB);
    write(
        folder.path(),
        &[
            ("tinyshakespeare/input.txt", "first"),
            ("other/some.txt", "x"),
            ("other/notes.md", "x"),
            ("other/folder.txt/none.md", "x"),
            ("tinyshakespeare/readme.txt", "x"),
        ],
    );
    let at = |path: &str| folder.path().join(path);
    let file = |path: &str| TextSource::File(at(path));
    let ptb = TextSource::Splits {
        train: at("ptb/ptb.train.txt"),
        valid: at("ptb/ptb.valid.txt"),
        test: at("ptb/ptb.test.txt"),
    };
    let locate = |path: &str, name| TextSource::locate(at(path), name).unwrap();

    assert_eq!(locate("", Some("ptb")), ptb);
    assert_eq!(locate("ptb", Some("ptb")), ptb);
    assert_eq!(locate("ptb", None), ptb);
    assert_eq!(
        locate("", Some("tinyshakespeare")),
        file("tinyshakespeare/input.txt")
    );
    assert_eq!(
        locate("tinyshakespeare", None),
        file("tinyshakespeare/input.txt")
    );
    assert_eq!(
        locate("tinyshakespeare/input.txt", Some("tinyshakespeare")),
        file("tinyshakespeare/input.txt")
    );
    assert_eq!(locate("other", None), file("other/some.txt"));
    assert_eq!(locate("other/notes.md", None), file("other/notes.md"));
    assert_eq!(file("any").default_unit(), Unit::Char);
}

#[test]
fn the_text_is_the_same_with_and_without_what_editors_add() {
    let folder = folder_of(&[("plain", "a\nb\rc\n"), ("windows", "\u{feff}a\r\nb\rc\r\n")]);
    let read = |name: &str| read_text(folder.path().join(name)).unwrap();
    assert_eq!(read("plain"), "a\nb\rc\n");
    assert_eq!(read("windows"), read("plain"));
}
