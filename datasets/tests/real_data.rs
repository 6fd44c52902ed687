//! The published counts of the real corpora, where `RECURRA_DATA` names a folder that holds them.

use std::{
    env,
    io::{self, Write},
    path::Path,
};

use recurra_datasets::{LanguageModelCorpus, TextSource, Unit};

/// The corpus `name`, in its usual unit with the last tenth for validation; `None` without the
/// data.
#[expect(
    clippy::explicit_write,
    reason = "the test harness would swallow the line of `eprintln!`"
)]
fn corpus(name: &str) -> Option<LanguageModelCorpus> {
    let Some(data) = env::var_os("RECURRA_DATA").filter(|data| Path::new(data).join(name).is_dir())
    else {
        writeln!(
            io::stderr(),
            "skipped: RECURRA_DATA names no folder with {name}"
        )
        .unwrap();
        return None;
    };
    let source = TextSource::locate(data, Some(name)).unwrap();
    Some(LanguageModelCorpus::from_source(&source, source.default_unit(), 0.1).unwrap())
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
