//! Word vectors: read back as written, laid out for a vocabulary, and mistakes named.

mod files;

use files::{error_in_file, in_file};
use proptest::prelude::*;
use recurra_datasets::{
    Vocabulary,
    text_vectors::{Coverage, TextVectors},
};

/// Some of the words `a` to `h` with their vectors, all of one length.
fn any_vectors() -> impl Strategy<Value = Vec<(String, Vec<f32>)>> {
    let words =
        prop::sample::subsequence(vec!["a", "b", "c", "dé", ",", "f\u{a0}", "g", "8"], 1..8);
    (words, 2usize..5).prop_flat_map(|(words, dimensions)| {
        let vector = prop::collection::vec(-4.0f32..4.0, dimensions);
        let vectors = prop::collection::vec(vector, words.len());
        vectors.prop_map(move |vectors| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .zip(vectors)
                .collect()
        })
    })
}

fn file_of(vectors: &[(String, Vec<f32>)], ending: &str) -> String {
    let line = |(word, vector): &(String, Vec<f32>)| {
        let numbers: Vec<String> = vector.iter().map(f32::to_string).collect();
        format!("{word} {}{ending}", numbers.join(" "))
    };
    vectors.iter().map(line).collect()
}

fn read(content: impl AsRef<[u8]>) -> TextVectors {
    in_file("v.txt", content, |path| TextVectors::read(path))
}

proptest! {
    #[test]
    fn vectors_read_back_with_or_without_a_header(
        vectors in any_vectors(),
        ending in prop_oneof![Just("\n"), Just(" \n"), Just("\r\n")],
        header: bool,
    ) {
        let mut file = file_of(&vectors, ending);
        if header {
            file = format!("{} {}{ending}{file}", vectors.len(), vectors[0].1.len());
        }
        let read = read(file);
        prop_assert_eq!((read.len(), read.dimensions()), (vectors.len(), vectors[0].1.len()));
        for (word, vector) in &vectors {
            prop_assert_eq!(read.vector(word), Some(vector.as_slice()));
        }
        prop_assert_eq!(read.vector("z"), None);
    }

    #[test]
    fn a_matrix_has_a_row_for_each_token(vectors in any_vectors()) {
        let tokens = ["<pad>", "b", "z", "a"];
        let vocabulary = Vocabulary::new(tokens.map(str::to_owned).into(), None).unwrap();
        let read = read(file_of(&vectors, "\n"));
        let matrix = read.matrix(&vocabulary);
        prop_assert_eq!(matrix.dimensions, read.dimensions());
        prop_assert_eq!(matrix.values.len(), tokens.len() * matrix.dimensions);
        let zeros = vec![0.0; matrix.dimensions];
        for (id, row) in matrix.values.chunks(matrix.dimensions).enumerate() {
            let expected = read.vector(tokens[id]);
            prop_assert_eq!(row, expected.unwrap_or(&zeros));
            prop_assert_eq!(matrix.found[id], expected.is_some());
        }
    }

    #[test]
    fn only_wanted_words_are_kept(vectors in any_vectors()) {
        let file = file_of(&vectors, "\n");
        let kept = in_file("v", &file, |path| TextVectors::read_words(path, |word| word == "a"));
        let all = read(&file);
        prop_assert_eq!(kept.vector("a"), all.vector("a"));
        prop_assert_eq!(kept.len(), usize::from(all.vector("a").is_some()));
    }
}

#[test]
fn coverage_counts_types_and_tokens() {
    let vectors = read("a 1 2\nb 3 4\n");
    let coverage = vectors.coverage("a b a z".split(' '));
    let expected = Coverage {
        types: 3,
        types_found: 2,
        tokens: 4,
        tokens_found: 3,
    };
    assert_eq!(coverage, expected);
    assert_eq!(coverage.token_share(), 0.75);
    assert_eq!(vectors.coverage([]).token_share(), 0.0);
}

#[test]
fn mistakes_are_named_with_their_line() {
    let cases = [
        (
            "a 1 2\nb 1\n",
            "2: expected a word and 2 numbers as in the first line, got 2 columns",
        ),
        (
            "a 1 2\nb 1 2 3\n",
            "2: expected a word and 2 numbers as in the first line, got 4 columns",
        ),
        (
            "1 2\na 1 2\n\n",
            "3: expected a word and 2 numbers as in the first line, got 1 columns",
        ),
        (
            "a\n",
            "1: expected a word and its numbers, parted by blanks, got 1 columns",
        ),
        (
            "a 1 NaN\n",
            "1: expected finite numbers behind the word, got \"NaN\"",
        ),
        (
            "a 1 2\nb inf 1\n",
            "2: expected finite numbers behind the word, got \"inf\"",
        ),
        (
            "a 1 x\n",
            "1: expected finite numbers behind the word, got \"x\"",
        ),
        (
            "a 1 2\nb 1 2\na 3 4\n",
            "3: expected each word once, got \"a\" again, which line 1 has",
        ),
        (
            "3 2\na 1 2\n",
            "1: expected 1 words, as many as there are lines, got 3",
        ),
    ];
    for (content, expected) in cases {
        let error = error_in_file("v.txt", content, |path| TextVectors::read(path));
        assert_eq!(error, format!("DIR/v.txt:{expected}"));
    }
    let error = |content: &[u8]| error_in_file("v.txt", content, |path| TextVectors::read(path));
    assert_eq!(
        error(b"a 1 2\nb\xff 1 2\n"),
        "DIR/v.txt:2: expected UTF-8, got an invalid sequence at byte 7"
    );
    assert_eq!(error(b""), "DIR/v.txt is empty, expected text");
}
