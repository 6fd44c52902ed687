//! The parts of a tagged corpus in a folder.

use std::collections::HashSet;
use std::fs;

use recurra_datasets::tagged::{TagKind, TaggedCorpus};

const CONLLU: &str = "1\tIt\tit\tPRON\tPRP\t_\t0\troot\t_\t_\n\n";
const CONLL2003: &str = "EU NNP I-NP I-ORG\n\n";

#[test]
fn parts_are_found_by_the_ends_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("ud_english_ewt");
    fs::create_dir(&own).unwrap();
    for part in ["train", "dev", "test"] {
        fs::write(own.join(format!("en_ewt-ud-{part}.conllu")), CONLLU).unwrap();
    }
    for path in [folder.path(), own.as_path()] {
        let corpus = TaggedCorpus::read(path).unwrap();
        assert_eq!(corpus.kind, TagKind::PartsOfSpeech);
        assert_eq!(corpus.dev[0].tags, ["PRON"]);
    }
    let entities = tempfile::tempdir().unwrap();
    for part in ["train", "testa", "testb"] {
        fs::write(entities.path().join(format!("eng.{part}")), CONLL2003).unwrap();
    }
    let corpus = TaggedCorpus::read(entities.path()).unwrap();
    assert_eq!(corpus.kind, TagKind::Entities);
    assert_eq!(corpus.test[0].tags, ["I-ORG"]);
}

#[test]
fn what_is_missing_or_there_twice_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a-train.conllu"), CONLLU).unwrap();
    let text = TaggedCorpus::read(folder.path()).unwrap_err().to_string();
    assert!(
        text.contains("dev.conllu") && text.contains("a-train.conllu"),
        "{text}"
    );
    fs::write(folder.path().join("b-train.conllu"), CONLLU).unwrap();
    let text = TaggedCorpus::read(folder.path()).unwrap_err().to_string();
    assert!(text.contains("a-train.conllu, b-train.conllu"), "{text}");
    let missing = folder.path().join("nothing");
    let text = TaggedCorpus::read(&missing).unwrap_err().to_string();
    assert!(text.contains("nothing"), "{text}");
}

#[test]
fn generated_sentences_have_words_that_only_their_place_tells() {
    let corpus = TaggedCorpus::generated(3, 500);
    let tags = |word: &str| -> HashSet<String> {
        let sentences = corpus.train.iter();
        let pairs = sentences.flat_map(|it| it.words.iter().zip(&it.tags));
        let own = pairs.filter(|(own, _)| *own == word);
        own.map(|(_, tag)| tag.clone()).collect()
    };
    let expected: HashSet<String> = ["NOUN", "VERB"].map(str::to_owned).into();
    assert_eq!(tags("plan"), expected);
    assert_eq!(tags("the").len(), 1);
    let known: HashSet<&String> = corpus.train.iter().flat_map(|it| &it.words).collect();
    let tested = || corpus.test.iter().flat_map(|it| &it.words);
    let unknown = tested().filter(|word| !known.contains(word)).count();
    assert!(
        5 * unknown > tested().count(),
        "{unknown} of {}",
        tested().count()
    );
    assert_eq!(TaggedCorpus::generated(3, 500), corpus);
    assert_ne!(TaggedCorpus::generated(4, 500).train, corpus.train);
}
