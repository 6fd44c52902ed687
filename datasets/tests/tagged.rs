//! Tagged sentences from column files.

mod files;

use files::{error_in_file, in_file};
use proptest::prelude::*;
use recurra_datasets::tagged::{
    PartOfSpeech, TagLexicon, TaggedSentence, read_conll2003, read_conllu,
};

fn any_sentences() -> impl Strategy<Value = Vec<TaggedSentence>> {
    let word = (
        "[a-cA-Cé#.-]{1,3}",
        prop::sample::select(vec!["O", "I-PER", "B-PER", "I-LOC"]),
    );
    let sentence = prop::collection::vec(word, 1..6).prop_map(|words| {
        let (words, tags): (Vec<String>, Vec<&str>) = words.into_iter().unzip();
        let tags = tags.into_iter().map(str::to_owned).collect();
        TaggedSentence { words, tags }
    });
    prop::collection::vec(sentence, 1..6)
}

/// The sentences as CoNLL-U, with a comment, a span and an unwritten word in each.
fn as_conllu(sentences: &[TaggedSentence], ending: &str) -> String {
    let mut file = String::new();
    for sentence in sentences {
        file += &format!("# text = a\tb{ending}1-2\tab{}{ending}", "\t_".repeat(8));
        for (place, (word, tag)) in sentence.words.iter().zip(&sentence.tags).enumerate() {
            file += &format!(
                "{}\t{word}\t_\t{tag}\tX{tag}{}{ending}",
                place + 1,
                "\t_".repeat(5)
            );
        }
        file += &format!("9.1\tc{}{ending}{ending}", "\t_".repeat(8));
    }
    file
}

fn as_conll2003(sentences: &[TaggedSentence]) -> String {
    let mut file = "-DOCSTART- -X- O O\n\n".to_owned();
    for sentence in sentences {
        for (word, tag) in sentence.words.iter().zip(&sentence.tags) {
            file += &format!("{word} NN I-NP {tag}\n");
        }
        file += "\n";
    }
    file
}

proptest! {
    #[test]
    fn conllu_reads_back(
        sentences in any_sentences(),
        ending in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let file = as_conllu(&sentences, ending);
        let read = in_file("a", &file, |path| read_conllu(path, PartOfSpeech::Universal));
        prop_assert_eq!(&read, &sentences);
        let last_line_left_out = file.trim_end();
        let read = in_file("a", last_line_left_out, |path| read_conllu(path, PartOfSpeech::Treebank));
        for (read, sentence) in read.iter().zip(&sentences) {
            let expected: Vec<String> = sentence.tags.iter().map(|tag| format!("X{tag}")).collect();
            prop_assert_eq!(&read.tags, &expected);
        }
    }

    #[test]
    fn conll_2003_reads_back(sentences in any_sentences()) {
        prop_assert_eq!(in_file("a", as_conll2003(&sentences), |path| read_conll2003(path)), sentences);
    }

    #[test]
    fn a_lexicon_has_the_most_frequent_tag_of_each_word(sentences in any_sentences()) {
        let lexicon = TagLexicon::from_sentences(&sentences);
        let pairs: Vec<(String, &String)> = sentences
            .iter()
            .flat_map(|sentence| sentence.words.iter().zip(&sentence.tags))
            .map(|(word, tag)| (word.to_lowercase(), tag))
            .collect();
        let count = |word: &str, tag: &str| {
            pairs.iter().filter(|pair| pair.0 == word && pair.1 == tag).count()
        };
        for (word, tag) in &pairs {
            let usual = lexicon.tag(&word.to_uppercase()).unwrap();
            prop_assert!(count(word, usual) > 0 && count(word, usual) >= count(word, tag));
        }
        prop_assert_eq!(lexicon.tag("z"), None);
        prop_assert!(!lexicon.is_empty() && lexicon.len() <= pairs.len());
    }
}

#[test]
fn of_equally_frequent_tags_the_first_by_code_point_counts() {
    let sentence = TaggedSentence {
        words: ["a", "A"].map(str::to_owned).into(),
        tags: ["VERB", "NOUN"].map(str::to_owned).into(),
    };
    assert_eq!(
        TagLexicon::from_sentences(&[sentence]).tag("a"),
        Some("NOUN")
    );
}

#[test]
fn mistakes_are_named_with_their_line() {
    let row =
        |id: &str, word: &str, tag: &str| format!("{id}\t{word}\t_\t{tag}{}\n", "\t_".repeat(6));
    let cases = [
        (
            "1\ta\tb\n".to_owned(),
            "expected 10 columns parted by tabs, got 3",
        ),
        (
            row("2", "a", "X"),
            "expected word 1 of the sentence, got \"2\"",
        ),
        (
            row("one", "a", "X"),
            "expected word 1 of the sentence, got \"one\"",
        ),
        (
            row("1", "", "X"),
            "expected a word in column 2, got an empty field",
        ),
        (row("1", "a", "_"), "expected a tag in column 4, got \"_\""),
    ];
    for (content, expected) in cases {
        let content = format!("# a comment\n{content}");
        let read = |path: &std::path::Path| read_conllu(path, PartOfSpeech::Universal);
        assert_eq!(
            error_in_file("a", content, read),
            format!("DIR/a:2: {expected}")
        );
    }
    let cases = [
        (
            "a NN O\n",
            "a:1: expected 4 columns parted by blanks, got 3",
        ),
        (
            "a NN O PER\n",
            "a:1: expected an entity tag O, I- or B-, got \"PER\"",
        ),
        (
            "-DOCSTART- X O O\n\n",
            "a has no example, expected at least 1",
        ),
        ("", "a is empty, expected text"),
    ];
    for (content, expected) in cases {
        let error = error_in_file("a", content, |path| read_conll2003(path));
        assert_eq!(error, format!("DIR/{expected}"));
    }
}
