//! Labelled texts from tables and JSON Lines: nothing is lost, and mistakes are named.

mod files;

use std::{fs, io::Write};

use files::{error_in_file, in_file};
use proptest::prelude::*;
use recurra_datasets::{
    Encoding,
    labelled::{LabelledCorpus, LabelledFormat, LabelledSource, LabelledText, Syntax},
};

/// Texts with quotes, commas and letters beyond ASCII, and labels.
fn any_examples() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(
        ("[a-c\",;'éß]( |[a-c\",;'éß]){0,12}[a-c\"é]", "[a-z]"),
        1..20,
    )
}

fn read(name: &str, content: impl AsRef<[u8]>) -> LabelledCorpus {
    in_file(name, content, |path| LabelledFormat::of(path)?.read(path))
}

fn error(name: &str, content: impl AsRef<[u8]>) -> String {
    error_in_file(name, content, |path| LabelledFormat::of(path)?.read(path))
}

/// Each text with the name of its class.
fn spelt(corpus: &LabelledCorpus) -> Vec<(String, String)> {
    let pair =
        |example: &LabelledText| (example.text.clone(), corpus.classes[example.label].clone());
    corpus.examples.iter().map(pair).collect()
}

fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

proptest! {
    #[test]
    fn a_tab_separated_table_reads_back(examples in any_examples(), header: bool) {
        let mut table = if header { "sentence\tlabel\n".to_owned() } else { String::new() };
        examples.iter().for_each(|(text, label)| table += &format!("{text}\t{label}\n"));
        prop_assert_eq!(spelt(&read("a.tsv", table)), examples);
    }

    #[test]
    fn a_comma_separated_table_reads_back_with_its_quotes(
        examples in any_examples(),
        ending in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let row = |(text, label): &(String, String)| format!("{},{label}{ending}", quoted(text));
        let table: String = examples.iter().map(row).collect();
        prop_assert_eq!(spelt(&read("a.csv", format!("text,label{ending}{table}"))), examples);
    }

    #[test]
    fn latin_1_reads_back_where_it_is_asked_for(
        examples in prop::collection::vec(("[a-z\u{a1}-\u{ff}][a-z \u{a0}-\u{ff}]{0,9}[a-z]", "[a-cé]"), 1..9),
    ) {
        let row = |(text, label): &(String, String)| format!("{text}\t{label}\n");
        let table: String = examples.iter().map(row).collect();
        let bytes: Vec<u8> = table.chars().map(|character| character as u8).collect();
        let format = LabelledFormat::new(Syntax::Tsv).with_encoding(Encoding::Latin1);
        prop_assert_eq!(spelt(&in_file("a.tsv", bytes, |path| format.read(path))), examples);
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_change_nothing(examples in any_examples(), tabs: bool) {
        let (name, separator) = if tabs { ("a.tsv", "\t") } else { ("a.csv", ",") };
        let field = |text: &str| if tabs { text.to_owned() } else { quoted(text) };
        let rows = examples.iter().map(|(text, label)| field(text) + separator + label + "\n");
        let table = format!("text{separator}label\n{}", rows.collect::<String>());
        let other = format!("\u{feff}{}", table.replace('\n', "\r\n"));
        prop_assert_eq!(read(name, other), read(name, table));
    }

    #[test]
    fn json_lines_read_back(examples in any_examples()) {
        let mut lines = String::new();
        for (text, label) in &examples {
            lines += &serde_json::json!({"label": label, "text": text, "more": 1}).to_string();
            lines += "\n\n";
        }
        prop_assert_eq!(spelt(&read("a.jsonl", lines)), examples);
    }

    #[test]
    fn classes_are_all_labels_in_order_and_counts_add_up(examples in any_examples()) {
        let table: String = examples.iter().map(|(text, label)| format!("{text}\t{label}\n")).collect();
        let corpus = read("a.tsv", table);
        prop_assert!(corpus.classes.is_sorted_by(|a, b| a < b), "{:?}", corpus.classes);
        prop_assert!(corpus.class_counts().iter().all(|&count| count > 0));
        prop_assert_eq!(corpus.class_counts().iter().sum::<usize>(), examples.len());
    }
}

#[test]
fn labels_that_are_numbers_are_ordered_as_such() {
    let corpus = read("a.tsv", "a\t10\nb\t9\nc\t-1\n");
    assert_eq!(corpus.classes, ["-1", "9", "10"]);
    assert_eq!(corpus.class_counts(), [1, 1, 1]);
}

#[test]
fn given_classes_keep_their_order_and_may_lack_examples() {
    let format = LabelledFormat::new(Syntax::Tsv).with_classes(["pos", "neg", "none"]);
    let corpus = in_file("a", "a\tneg\n", |path| format.read(path));
    assert_eq!(corpus.classes, ["pos", "neg", "none"]);
    assert_eq!(corpus.class_counts(), [0, 1, 0]);
}

#[test]
fn columns_are_chosen_by_name_or_place() {
    let expected = [("A title its body".to_owned(), "3".to_owned())];
    let by_name = LabelledFormat::new(Syntax::Csv).with_columns(["title", "body"], "topic");
    let table = "topic,title,body\n3,A title , its body\n";
    assert_eq!(
        spelt(&in_file("a", table, |path| by_name.read(path))),
        expected
    );

    let by_place = LabelledFormat::new(Syntax::Csv).with_columns([1, 2], 0);
    let table = "3,A title,its body\n";
    assert_eq!(
        spelt(&in_file("a", table, |path| by_place.read(path))),
        expected
    );

    let object = r#"{"topic": 3, "body": "its body", "title": "A title"}"#;
    let by_name = LabelledFormat::new(Syntax::JsonLines).with_columns(["title", "body"], "topic");
    assert_eq!(
        spelt(&in_file("a", object, |path| by_name.read(path))),
        expected
    );
}

#[test]
fn a_label_may_be_any_scalar() {
    let lines = "{\"sentence\": \"a\", \"label\": true}\n{\"text\": \"b\", \"label\": 2}\n";
    assert_eq!(read("a.jsonl", lines).classes, ["2", "true"]);
}

#[test]
fn a_compressed_table_reads_as_it_is() {
    let mut compressed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    compressed.write_all(b"a text\tlabelled\n").unwrap();
    let corpus = read("a.tsv.gz", compressed.finish().unwrap());
    assert_eq!(
        spelt(&corpus),
        [("a text".to_owned(), "labelled".to_owned())]
    );
    let error = error("a.tsv.gz", "plain");
    assert!(error.starts_with("cannot read DIR/a.tsv.gz: "), "{error}");
}

#[test]
fn a_field_of_several_lines_keeps_them_and_later_lines_their_numbers() {
    let table = "text,label\n\"two\nlines\",a\n\n\n ,b\n";
    assert_eq!(
        error("a.csv", table),
        "DIR/a.csv:6: expected a text, got an empty field"
    );
    let table = table.replace(" ,b", "x,b");
    assert_eq!(read("a.csv", table).examples[0].text, "two\nlines");
}

#[test]
fn mistakes_in_tables_are_named_with_their_line() {
    let cases = [
        (
            "a\tb\n",
            "a\n",
            "2: expected 2 columns as in the first row, got 1",
        ),
        (
            "a\tb\n",
            "a\tb\tc\n",
            "2: expected 2 columns as in the first row, got 3",
        ),
        ("a\tb\n", "\ta\n", "2: expected a text, got an empty field"),
        ("a\tb\n", "a\t\n", "2: expected a label, got an empty field"),
        (
            "a\n",
            "a\tb\n",
            "1: expected a column for the text and one for the label, got 1",
        ),
        (
            "label\tphrase\n",
            "a\tb\n",
            r#"1: expected a column sentence or text, got ["label", "phrase"]"#,
        ),
    ];
    for (first, second, expected) in cases {
        let table = first.to_owned() + second;
        assert_eq!(error("a.tsv", table), format!("DIR/a.tsv:{expected}"));
    }
    assert_eq!(
        error("a.tsv", b"a\tb\nb\xff\tc\n"),
        "DIR/a.tsv:2: expected UTF-8, got an invalid sequence at byte 5"
    );
    assert_eq!(error("a.tsv", ""), "DIR/a.tsv is empty, expected text");
    let nothing = "DIR/a.tsv has no example, expected at least 1";
    assert_eq!(error("a.tsv", "sentence\tlabel\n"), nothing);
    assert_eq!(error("a.tsv", "\n\n"), nothing);
}

#[test]
fn latin_1_is_no_utf_8_and_the_other_way_round() {
    assert_eq!(
        error("a.tsv", b"caf\xe9\t1\n"),
        "DIR/a.tsv:1: expected UTF-8, got an invalid sequence at byte 3"
    );
    let latin1 = LabelledFormat::new(Syntax::Tsv).with_encoding(Encoding::Latin1);
    assert_eq!(
        error_in_file("a.tsv", "\u{feff}café\t1\n", |path| latin1.read(path)),
        "DIR/a.tsv: bytes 0 to 2: expected Latin-1, got the byte order mark of UTF-8"
    );
}

#[test]
fn an_unknown_label_and_a_missing_column_are_named() {
    let format = LabelledFormat::new(Syntax::Tsv);
    let classes = format.clone().with_classes(["0", "1"]);
    assert_eq!(
        error_in_file("a.tsv", "a\t1\nb\t2\n", |path| classes.read(path)),
        r#"DIR/a.tsv:2: expected one of the labels 0, 1, got "2""#
    );
    let named = format.clone().with_columns(["text"], "stars");
    assert_eq!(
        error_in_file("a.tsv", "text\tlabel\nb\t2\n", |path| named.read(path)),
        r#"DIR/a.tsv:1: expected a column stars, got ["text", "label"]"#
    );
    let placed = format.with_columns([0], 2);
    assert_eq!(
        error_in_file("a.tsv", "a\tb\n", |path| placed.read(path)),
        "DIR/a.tsv:1: expected at least 3 columns, got 2"
    );
}

#[test]
fn mistakes_in_json_lines_are_named_with_their_line() {
    let cases = [
        (
            "[]",
            "a JSON object, got invalid type: sequence, expected a map at line 1 column 0",
        ),
        (
            r#"{"text": "a""#,
            "a JSON object, got EOF while parsing an object at line 1 column 12",
        ),
        (r#"{"text": "a"}"#, r#"a field label, got ["text"]"#),
        (
            r#"{"label": "a"}"#,
            r#"a field sentence or text, got ["label"]"#,
        ),
        (
            r#"{"label": "a", "text": 7}"#,
            "a text that is a string, got 7",
        ),
        (
            r#"{"label": null, "text": "a"}"#,
            "a label that is a string, a number or a truth value, got null",
        ),
    ];
    for (line, expected) in cases {
        let lines = format!("{{\"text\": \"a\", \"label\": 1}}\n{line}\n");
        assert_eq!(
            error("a.jsonl", lines),
            format!("DIR/a.jsonl:2: expected {expected}")
        );
    }
}

#[test]
fn a_name_that_tells_no_format() {
    assert_eq!(
        error("a.txt", "a\tb\n"),
        "cannot tell the format of DIR/a.txt, expected a name that ends in .tsv, .csv or .jsonl"
    );
}

#[test]
fn a_folder_is_read_with_the_classes_of_its_training_part() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("reviews");
    fs::create_dir(&own).unwrap();
    fs::write(own.join("train.tsv"), "a\tgood\nb\tbad\n").unwrap();
    fs::write(own.join("valid.csv"), "a,bad\n").unwrap();

    let source = LabelledSource::locate(folder.path(), Some("reviews")).unwrap();
    let parts = source.read().unwrap();
    assert_eq!(parts.train.classes, ["bad", "good"]);
    assert_eq!(parts.dev.unwrap().classes, ["bad", "good"]);
    assert_eq!(parts.test, None);
    assert_eq!(LabelledSource::locate(&own, None).unwrap(), source);
    let file = LabelledSource::locate(&source.train, None).unwrap();
    assert_eq!((file.train, file.dev), (source.train.clone(), None));

    fs::write(own.join("test.jsonl"), r#"{"text": "a", "label": "new"}"#).unwrap();
    let error = LabelledSource::locate(&own, None)
        .unwrap()
        .read()
        .unwrap_err();
    let expected = r#"test.jsonl:1: expected one of the labels bad, good, got "new""#;
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[test]
fn a_folder_that_is_no_corpus() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().to_str().unwrap().to_owned();
    let error = |name| {
        let error = LabelledSource::locate(folder.path(), name).unwrap_err();
        error.to_string().replace(&own, "DIR")
    };
    assert_eq!(
        error(None),
        "DIR: expected train.tsv, .csv or .jsonl, found nothing of the kind"
    );
    assert_eq!(
        error(Some("sst2")),
        "DIR: expected train.tsv, .csv or .jsonl, or a folder sst2 with it, found nothing of the kind"
    );
    fs::write(folder.path().join("train.tsv"), "").unwrap();
    fs::write(folder.path().join("train.csv"), "").unwrap();
    assert_eq!(
        error(None),
        "DIR: expected one data set, or the name of one, found train.tsv, train.csv"
    );
}

#[test]
#[should_panic(expected = "a text has at least one column, got 0")]
fn a_text_without_columns_is_a_mistake() {
    let _ = LabelledFormat::new(Syntax::Tsv).with_columns([] as [usize; 0], 0);
}

#[test]
#[should_panic(expected = "fields of a JSON object have names, got position 0")]
fn an_object_has_no_positions() {
    let format = LabelledFormat::new(Syntax::JsonLines).with_columns([0], 1);
    in_file("a", "{}", |path| format.read(path));
}
