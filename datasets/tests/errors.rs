//! What each mistake is answered with, through the call that makes it.

use std::{fs, path::Path};

use recurra_datasets::{
    DatasetError, Lanes, LanguageModelCorpus, TextSource, Unit, Vocabulary, read_text,
};

/// The error's text, with the temporary folder's own path as `DIR`.
fn text_of<T>(result: Result<T, DatasetError>, folder: &Path) -> String {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(error) => error.to_string().replace(folder.to_str().unwrap(), "DIR"),
    }
}

/// A folder with these files and contents.
fn folder_of(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn read_error(bytes: &[u8]) -> String {
    let folder = folder_of(&[("a.txt", bytes)]);
    text_of(read_text(folder.path().join("a.txt")), folder.path())
}

fn locate_error(files: &[(&str, &[u8])], name: Option<&str>) -> String {
    let folder = folder_of(files);
    text_of(TextSource::locate(folder.path(), name), folder.path())
}

fn vocabulary_error(json: &[u8]) -> String {
    let folder = folder_of(&[("v.json", json)]);
    text_of(
        Vocabulary::read(folder.path().join("v.json")),
        folder.path(),
    )
}

fn split_error(text: &str, unit: Unit, fraction: f64) -> String {
    text_of(
        LanguageModelCorpus::from_text(text, unit, fraction),
        Path::new("/none"),
    )
}

#[test]
fn a_file_that_is_not_there() {
    let folder = folder_of(&[]);
    let missing = folder.path().join("none.txt");
    let cause = fs::read(&missing).unwrap_err();
    let expected = format!("cannot read DIR/none.txt: {cause}");
    assert_eq!(text_of(read_text(&missing), folder.path()), expected);
    assert_eq!(
        text_of(TextSource::locate(&missing, None), folder.path()),
        expected
    );
    assert_eq!(text_of(Vocabulary::read(&missing), folder.path()), expected);
}

#[test]
fn a_file_that_cannot_be_written() {
    let folder = folder_of(&[]);
    let vocabulary = Vocabulary::new(vec!["a".to_owned()], None).unwrap();
    let text = text_of(
        vocabulary.write(folder.path().join("none/v.json")),
        folder.path(),
    );
    assert!(text.starts_with("cannot write DIR/none/v.json: "), "{text}");
}

#[test]
fn bytes_that_are_not_utf_8() {
    let text = "DIR/a.txt:3: expected UTF-8, got an invalid sequence at byte 6";
    assert_eq!(read_error(b"a\r\nb\nc\xffd"), text);
    // A sequence that the end of the file cuts off.
    assert_eq!(
        read_error("é".as_bytes().split_at(1).0),
        "DIR/a.txt:1: expected UTF-8, got an invalid sequence at byte 0"
    );
}

#[test]
fn a_file_without_text() {
    assert_eq!(read_error(b""), "DIR/a.txt is empty, expected text");
    assert_eq!(
        read_error("\u{feff}".as_bytes()),
        "DIR/a.txt is empty, expected text"
    );
}

#[test]
fn a_folder_that_lacks_a_part() {
    assert_eq!(
        locate_error(&[("ptb.train.txt", b"a"), ("ptb.test.txt", b"a")], None),
        "DIR: expected ptb.valid.txt, found ptb.test.txt, ptb.train.txt"
    );
}

#[test]
fn a_folder_without_a_corpus() {
    let nothing =
        "a .txt file or one of the folders ptb, tinyshakespeare, found nothing of the kind";
    assert_eq!(
        locate_error(&[("a.csv", b"a")], None),
        format!("DIR: expected {nothing}")
    );
    assert_eq!(
        locate_error(&[("ptb/a.csv", b"a")], Some("ptb")),
        format!("DIR/ptb: expected {nothing}")
    );
    assert_eq!(
        locate_error(&[("ptb/ptb.train.txt", b"a")], Some("wiki")),
        "DIR: expected a folder wiki or a .txt file, found ptb"
    );
}

#[test]
fn a_folder_with_several() {
    let sets: [(&str, &[u8]); 2] = [
        ("tinyshakespeare/input.txt", b"a"),
        ("ptb/ptb.train.txt", b"a"),
    ];
    assert_eq!(
        locate_error(&sets, None),
        "DIR: expected one data set, or the name of one, found ptb, tinyshakespeare"
    );
    assert_eq!(
        locate_error(&[("b.txt", b"a"), ("a.txt", b"a")], None),
        "DIR: expected one data set, or the name of one, found a.txt, b.txt"
    );
}

#[test]
fn a_fraction_out_of_range() {
    for fraction in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
        let expected = format!("validation fraction must be in (0, 1), got {fraction}");
        assert_eq!(split_error("some text", Unit::Char, fraction), expected);
    }
}

#[test]
fn a_text_too_short_to_split() {
    assert_eq!(
        split_error("abc", Unit::Char, 0.5),
        "training part has 1 tokens, expected at least 2"
    );
    assert_eq!(
        split_error("abcd efgh ij", Unit::Word, 0.1),
        "validation part has 1 tokens, expected at least 2"
    );
    let empty_test: [(&str, &[u8]); 3] = [
        ("ptb.train.txt", b"a\n"),
        ("ptb.valid.txt", b"a\n"),
        ("ptb.test.txt", b" "),
    ];
    let folder = folder_of(&empty_test);
    let source = TextSource::locate(folder.path(), None).unwrap();
    let result = LanguageModelCorpus::from_source(&source, Unit::Word, 0.1);
    assert_eq!(
        text_of(result, folder.path()),
        "test part has 0 tokens, expected at least 2"
    );
}

#[test]
fn a_stream_too_short_for_its_lanes() {
    for (tokens, batch_size) in [(0, 1), (1, 1), (16, 16)] {
        let expected = format!(
            "cannot cut {tokens} tokens into {batch_size} lanes, expected at least {} tokens",
            batch_size + 1
        );
        assert_eq!(
            text_of(Lanes::new(&vec![0; tokens], batch_size), Path::new("/none")),
            expected
        );
    }
}

#[test]
fn tokens_and_ids_out_of_the_vocabulary() {
    let vocabulary = Vocabulary::new(vec!["a".to_owned(), "b".to_owned()], None).unwrap();
    assert_eq!(
        text_of(vocabulary.encode(["a", "\n"]), Path::new("/none")),
        r#"token "\n" is not among the 2 of the vocabulary, which has no unknown token"#
    );
    assert_eq!(
        text_of(vocabulary.decode(&[1, 2]), Path::new("/none")),
        "token id must be below 2, the size of the vocabulary, got 2"
    );
}

#[test]
fn a_vocabulary_file_that_is_none() {
    assert_eq!(
        vocabulary_error(br#"{"tokens": ["a", "b", "a"]}"#),
        r#"DIR/v.json: expected a vocabulary: token "a" has the ids 0 and 2, expected each token once"#
    );
    assert_eq!(
        vocabulary_error(br#"{"tokens": ["a"], "unknown": "?"}"#),
        r#"DIR/v.json: expected a vocabulary: unknown token "?" must be one of the vocabulary's 1 tokens"#
    );
    assert_eq!(
        vocabulary_error(br#"{"tokens": ["a"], "padding": "?"}"#),
        r#"DIR/v.json: expected a vocabulary: padding token "?" must be one of the vocabulary's 1 tokens"#
    );
    assert_eq!(
        vocabulary_error(b"{\"tokens\":\n7}"),
        "DIR/v.json: expected a vocabulary: invalid type: integer `7`, expected a sequence at line 2 column 1"
    );
    let misspelt = vocabulary_error(br#"{"tokens": ["a"], "unkown": "a"}"#);
    assert!(misspelt.starts_with("DIR/v.json: expected a vocabulary: unknown field `unkown`"));
    let two_lines = vocabulary_error(br#"{"un\nknown": "a"}"#);
    assert!(two_lines.starts_with("DIR/v.json: expected a vocabulary: unknown field `un known`"));
}
