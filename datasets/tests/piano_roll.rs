//! Piano rolls: what a file holds comes back, mistakes are named, and the generated chorales stay
//! as they are.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use proptest::prelude::*;
use recurra_datasets::{DatasetError, LOWEST_NOTE, PIANO_KEYS, PianoRoll, PianoRollCorpus};

/// Each part as its pieces, each piece as its steps, each step as its MIDI numbers.
type Notes = [Vec<Vec<Vec<u8>>>; 3];

fn any_notes() -> impl Strategy<Value = Notes> {
    let step = prop::collection::vec(21u8..=108, 0..6);
    let piece = prop::collection::vec(step, 2..9);
    prop::array::uniform3(prop::collection::vec(piece, 1..4))
}

fn json(notes: &Notes) -> String {
    let [train, valid, test] = notes;
    format!("{{\"test\": {test:?}, \"train\": {train:?},\n \"valid\": {valid:?}}}")
}

fn in_file<T>(text: &str, read: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    fs::write(&path, text).unwrap();
    read(&path)
}

/// The error of reading this text, with the temporary folder's own path as `DIR`.
fn error_of(text: &str) -> String {
    in_file(text, |path| {
        let error = PianoRollCorpus::read(path).expect_err(text).to_string();
        error.replace(path.parent().unwrap().to_str().unwrap(), "DIR")
    })
}

/// A file whose training part is `train`.
fn with_train(train: &str) -> String {
    format!(r#"{{"train": {train}, "valid": [[[60], []]], "test": [[[60], []]]}}"#)
}

proptest! {
    #[test]
    fn a_file_comes_back_as_the_keys_of_its_notes(notes in any_notes()) {
        let corpus = in_file(&json(&notes), |path| PianoRollCorpus::read(path).unwrap());
        let parts = [&corpus.train, &corpus.valid, &corpus.test];
        for (pieces, expected) in parts.into_iter().zip(&notes) {
            prop_assert_eq!(pieces.len(), expected.len());
            for (piece, expected) in pieces.iter().zip(expected) {
                prop_assert_eq!(piece, &PianoRoll::from_notes(expected.clone()));
                prop_assert_eq!(piece.len(), expected.len());
                for (keys, notes) in piece.steps().iter().zip(expected) {
                    prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
                    prop_assert!(keys.iter().all(|&key| key < PIANO_KEYS));
                    let sounds = |key: &usize| notes.contains(&(*key as u8 + LOWEST_NOTE));
                    prop_assert!(keys.iter().all(sounds));
                    let held = |note: &u8| keys.contains(&usize::from(note - LOWEST_NOTE));
                    prop_assert!(notes.iter().all(held));
                }
            }
        }
    }

    #[test]
    fn a_truncated_file_is_an_error_that_says_where(notes in any_notes(), share in 0.0..1.0f64) {
        let text = json(&notes);
        let kept = 1 + (share * (text.len() - 1) as f64) as usize;
        let error = error_of(&text[..kept]);
        prop_assert!(error.starts_with("DIR/a.json: expected JSON: EOF while parsing"), "{}", error);
        prop_assert!(error.contains(" at line "), "{}", error);
    }

    #[test]
    fn a_note_off_the_piano_is_named_with_its_place(
        mut notes in any_notes(),
        note in prop_oneof![0u8..21, 109u8..],
    ) {
        let piece = notes[1].len() - 1;
        let step = notes[1][piece].len() - 1;
        notes[1][piece][step].push(note);
        prop_assert_eq!(
            error_of(&json(&notes)),
            format!(
                "DIR/a.json: part valid, piece {piece}, step {step}: \
                 expected MIDI numbers from 21 to 108, got {note}"
            )
        );
    }

    #[test]
    fn generated_pieces_are_those_of_a_larger_corpus(seed: u64, pieces in 1usize..9) {
        let (small, large) = (
            PianoRollCorpus::generated(seed, pieces),
            PianoRollCorpus::generated(seed, pieces + 5),
        );
        prop_assert_eq!(small.train.as_slice(), &large.train[..pieces]);
        prop_assert_ne!(&small.train, &PianoRollCorpus::generated(seed ^ 1, pieces).train);
        prop_assert_ne!(&small.train[0], &small.valid[0]);
        for piece in small.train.iter().chain(&small.valid).chain(&small.test) {
            prop_assert!((27..=90).contains(&piece.len()), "{} steps", piece.len());
            let sounding = |keys: &Vec<usize>| keys.len() == 4 || keys.is_empty();
            prop_assert!(piece.steps().iter().all(sounding));
        }
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    let cases = [
        (
            "[[[[60]]]]",
            "whole file: expected an object with the parts train, valid and test, got [[[[60]]]]",
        ),
        (
            r#"{"train": [[[60], []]], "test": []}"#,
            "part valid: expected a list of pieces, got nothing of this name among [\"test\", \"train\"]",
        ),
        (
            r#"{"tra\n": []}"#,
            "part train: expected a list of pieces, got nothing of this name among [\"tra\\n\"]",
        ),
        (
            &with_train("7"),
            "part train: expected a list of pieces, got 7",
        ),
        (
            &with_train("[]"),
            "part train: expected at least 1 piece, got 0",
        ),
        (
            &with_train("[[[60], []], []]"),
            "part train, piece 1: expected at least 2 steps, got 0",
        ),
        (
            &with_train("[[[60]]]"),
            "part train, piece 0: expected at least 2 steps, got 1",
        ),
        (
            &with_train("[null]"),
            "part train, piece 0: expected a list of steps, got null",
        ),
        (
            &with_train("[[[60], 61]]"),
            "part train, piece 0, step 1: expected a list of MIDI numbers, got 61",
        ),
        (
            &with_train(r#"[[[], [60, "C4"]]]"#),
            "part train, piece 0, step 1: expected MIDI numbers from 21 to 108, got \"C4\"",
        ),
        (
            &with_train("[[[60.5], []]]"),
            "part train, piece 0, step 0: expected MIDI numbers from 21 to 108, got 60.5",
        ),
        (
            &with_train("[[[-60], []]]"),
            "part train, piece 0, step 0: expected MIDI numbers from 21 to 108, got -60",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(error_of(text), format!("DIR/a.json: {expected}"));
    }
}

#[test]
fn a_long_wrong_value_is_cut() {
    let error = error_of(&with_train(&format!("{:?}", "é".repeat(100))));
    assert!(
        error.ends_with("ééé...") && error.chars().count() < 100,
        "{error}"
    );
}

#[test]
fn a_number_beyond_any_key_is_no_note() {
    for number in ["18446744073709551615", "1e300"] {
        let error = error_of(&with_train(&format!("[[[{number}], []]]")));
        assert!(
            error.contains("expected MIDI numbers from 21 to 108"),
            "{error}"
        );
    }
}

#[test]
#[should_panic(expected = "21 to 108")]
fn notes_off_the_piano_are_the_callers_mistake() {
    PianoRoll::from_notes([vec![109]]);
}

/// Makes these files, locates from the folder and gives what is found below it, or the error.
fn located(files: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "{}").unwrap();
    }
    let own = folder.path().to_str().unwrap();
    match PianoRollCorpus::locate(folder.path()) {
        Ok(path) => path.strip_prefix(own).unwrap().display().to_string(),
        Err(error) => error.to_string().replace(own, "DIR"),
    }
}

#[test]
fn the_file_is_found_in_its_folder_and_in_a_folder_of_data_sets() {
    let cases: [(&[&str], &str); 8] = [
        (&["a.json"], "a.json"),
        (
            &["a.json", "jsb-chorales-quarter.json"],
            "jsb-chorales-quarter.json",
        ),
        (
            &["a.json", "b.json"],
            "DIR: expected one data set, or the name of one, found a.json, b.json",
        ),
        (
            &["a.txt"],
            "DIR: expected a .json file or a folder jsb_chorales, found nothing of the kind",
        ),
        (&["jsb_chorales/a.json", "b.json"], "jsb_chorales/a.json"),
        (
            &[
                "jsb_chorales/jsb-chorales-16th.json",
                "jsb_chorales/jsb-chorales-quarter.json",
            ],
            "jsb_chorales/jsb-chorales-quarter.json",
        ),
        (
            &["jsb_chorales/a.json", "jsb_chorales/b.json"],
            "DIR/jsb_chorales: expected one data set, or the name of one, found a.json, b.json",
        ),
        (
            &["jsb_chorales/a.txt"],
            "DIR/jsb_chorales: expected jsb-chorales-quarter.json or another .json file, found nothing of the kind",
        ),
    ];
    for (files, expected) in cases {
        assert_eq!(located(files), expected, "{files:?}");
    }
    in_file("{}", |path| {
        assert_eq!(PianoRollCorpus::locate(path).unwrap(), path)
    });
}

#[test]
fn a_path_that_is_not_there() {
    let missing = tempfile::tempdir().unwrap().path().join("none");
    for error in [
        PianoRollCorpus::locate(&missing).err(),
        PianoRollCorpus::read(&missing).err(),
    ] {
        assert!(
            matches!(error, Some(DatasetError::Read { .. })),
            "{error:?}"
        );
    }
}

/// Pins the pieces on every platform. If this fails, results on the generated chorales are no
/// longer comparable.
#[test]
fn the_first_chorales_stay_as_they_are() {
    let corpus = PianoRollCorpus::generated(1, 50);
    let mut notes = String::new();
    for piece in corpus.train.iter().chain(&corpus.valid).chain(&corpus.test) {
        write!(notes, "{:?}", piece.steps()).unwrap();
    }
    assert_eq!(
        fnv1a(notes.as_bytes()),
        12_767_463_795_477_954_701,
        "{:?}",
        corpus.train[0].steps()
    );
}

/// The 64-bit FNV-1a hash: a checksum short enough to write out here.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The published counts, where `RECURRA_DATA` names a folder with the data set.
#[test]
fn the_jsb_chorales_have_their_published_counts() {
    let name = "jsb_chorales";
    let data = env::var_os("RECURRA_DATA").filter(|data| Path::new(data).join(name).is_dir());
    let Some(data) = data else {
        writeln!(
            io::stderr(),
            "skipped: RECURRA_DATA names no folder with {name}"
        )
        .unwrap();
        return;
    };
    let path = PianoRollCorpus::locate(data).unwrap();
    let corpus = PianoRollCorpus::read(path).unwrap();
    let counts = [&corpus.train, &corpus.valid, &corpus.test].map(|pieces| {
        (
            pieces.len(),
            pieces.iter().map(PianoRoll::len).sum::<usize>(),
        )
    });
    assert_eq!(counts, [(229, 13_807), (76, 4_602), (77, 4_725)]);
    let lengths = corpus.train.iter().map(PianoRoll::len);
    assert_eq!(
        (lengths.clone().min(), lengths.max()),
        (Some(25), Some(129))
    );
    let notes: usize = corpus
        .train
        .iter()
        .flat_map(PianoRoll::steps)
        .map(Vec::len)
        .sum();
    assert_eq!(notes, 53_824);
}

#[test]
fn a_piece_is_read_from_a_line() {
    let piece = |text| PianoRoll::from_json("line 3", text);
    let read = piece("[[67, 60, 60], [], [21]]").unwrap();
    assert_eq!(
        read,
        PianoRoll::from_notes([vec![60, 67], vec![], vec![21]])
    );
    let error = |text| piece(text).unwrap_err().to_string();
    assert_eq!(
        error("[]"),
        "line 3: piece: expected at least 1 step, got 0"
    );
    assert_eq!(
        error("[[60], [109]]"),
        "line 3: piece, step 1: expected MIDI numbers from 21 to 108, got 109"
    );
    assert!(error("[[60").starts_with("line 3: "), "{}", error("[[60"));
}
