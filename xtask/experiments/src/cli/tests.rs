//! Bad usage, and what the one line about it says.

use super::*;

fn refusal(line: &str) -> String {
    let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    let error = parse_words(&words).expect_err(line);
    one_line(&error, &words)
}

#[test]
fn the_grammar_is_sound() {
    grammar().debug_assert();
}

#[test]
fn a_resumed_run_may_be_shown_plainly() {
    for name in ["language-model", "music"] {
        let words = ["x", "run", name, "--resume", "1", "--plain"].map(OsString::from);
        parse_words(&words).unwrap();
    }
}

#[test]
fn bad_usage_is_one_line_that_names_what_would_be_right() {
    let cases = [
        ("x", "list, devices, run"),
        ("x run", "language-model"),
        ("x ruin", "devices"),
        ("x run painting", "language-model"),
        ("x run language-model --resum 1", "--resume"),
        (
            "x run language-model --resume 1 --seed 2",
            "cannot be used with",
        ),
        ("x run music --resume 1 --cell gru", "cannot be used with"),
        ("x run painting", "music"),
        ("x run music --unit char", "--runs"),
        ("x run sentiment --cell all4", "peephole"),
        ("x predict", "<RUN>"),
        ("x predict run --jsonl", "--json"),
        ("x run painting", "vanishing-gradients"),
        ("x run long-sequences --cell gru", "--runs"),
        ("x run distill --data x", "--teacher"),
        ("x run distill --teacher x --labels many", "invalid digit"),
        ("x run quickstart --teacher x", "--cell"),
        ("x run quickstart --cell all", "peephole"),
        ("x run language-model --cell lsmt", "peephole"),
        ("x run language-model --device gpu", "wgpu"),
        ("x run language-model --seed x", "invalid digit"),
        ("x run language-model --seeds 0", "1.."),
        ("x run language-model --data", "--data"),
    ];
    for (line, expected) in cases {
        let text = refusal(line);
        assert_eq!(text.lines().count(), 1, "{line}: {text}");
        assert!(text.contains(expected), "{line}: {text}");
    }
}
