//! The parts of a tagged corpus in a folder.

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
