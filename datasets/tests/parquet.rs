//! Labelled texts and soft labels from Parquet files: read back, and mistakes named.
#![cfg(feature = "parquet")]

mod files;

use std::sync::Arc;

use files::{error_in_file, in_file};
use parquet::{
    basic::Compression,
    data_type::{ByteArray, ByteArrayType, FloatType, Int64Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use proptest::prelude::*;
use recurra_datasets::labelled::{LabelledFormat, NumberTable, Syntax};

/// The values of a column, with definition and repetition levels where it has any.
enum Values<'a> {
    Texts(&'a [&'a str], Option<&'a [i16]>),
    Numbers(&'a [i64]),
    Lists(&'a [f32], Vec<i16>, Vec<i16>),
}

/// A Parquet file of a row group each, compressed by Snappy.
fn parquet(schema: &str, groups: &[Vec<Values<'_>>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(&format!("message schema {{ {schema} }}")).unwrap());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for group in groups {
        let mut row_group = writer.next_row_group().unwrap();
        for values in group {
            let mut column = row_group
                .next_column()
                .unwrap()
                .expect("a column of the schema");
            match values {
                Values::Texts(texts, levels) => {
                    let texts: Vec<ByteArray> = texts.iter().map(|&text| text.into()).collect();
                    column
                        .typed::<ByteArrayType>()
                        .write_batch(&texts, *levels, None)
                }
                Values::Numbers(numbers) => {
                    column.typed::<Int64Type>().write_batch(numbers, None, None)
                }
                Values::Lists(numbers, defined, repeated) => {
                    let column = column.typed::<FloatType>();
                    column.write_batch(numbers, Some(defined), Some(repeated))
                }
            }
            .unwrap();
            column.close().unwrap();
        }
        row_group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

const TEXT: &str = "required binary text (UTF8);";
const LABEL: &str = "required int64 label;";
const LOGITS: &str =
    "optional group logits (LIST) { repeated group list { optional float element; } }";

/// Lists of floats: levels of numbers that all are there.
fn lists(rows: &[Vec<f32>]) -> (Vec<f32>, Vec<i16>, Vec<i16>) {
    let numbers = rows.concat();
    // An empty list is there, but has nothing in it.
    let defined = rows.iter().flat_map(|row| {
        if row.is_empty() {
            vec![1]
        } else {
            vec![3; row.len()]
        }
    });
    let repeated = rows
        .iter()
        .flat_map(|row| (0..row.len().max(1)).map(|place| i16::from(place > 0)));
    (numbers, defined.collect(), repeated.collect())
}

fn soft_labels(rows: &[Vec<f32>]) -> Vec<u8> {
    let (numbers, defined, repeated) = lists(rows);
    parquet(LOGITS, &[vec![Values::Lists(&numbers, defined, repeated)]])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn labelled_texts_read_back(
        groups in prop::collection::vec(
            prop::collection::vec(("[a-zé]([a-zé\n ]{0,9}[a-zé])?", -3..3i64), 1..9), 1..4,
        ),
    ) {
        let columns: Vec<(Vec<&str>, Vec<i64>)> = groups
            .iter()
            .map(|group| group.iter().map(|(text, label)| (text.as_str(), *label)).unzip())
            .collect();
        let written: Vec<Vec<Values<'_>>> = columns
            .iter()
            .map(|(texts, labels)| vec![Values::Texts(texts, None), Values::Numbers(labels)])
            .collect();
        let file = parquet(&format!("{TEXT} {LABEL}"), &written);
        let corpus = in_file("a.parquet", file, |path| LabelledFormat::of(path)?.read(path));
        let spelt = corpus.examples.iter().map(|one| {
            (one.text.clone(), corpus.classes[one.label].parse().unwrap())
        });
        prop_assert_eq!(spelt.collect::<Vec<(String, i64)>>(), groups.concat());
        prop_assert!(corpus.classes.is_sorted_by_key(|class| class.parse::<i64>().unwrap()));
    }

    #[test]
    fn lists_of_floats_read_back(
        rows in (1..5usize).prop_flat_map(|columns| {
            prop::collection::vec(prop::collection::vec(-9.0..9.0f32, columns), 1..9)
        }),
    ) {
        let table = in_file("a", soft_labels(&rows), |path| NumberTable::read_parquet(path, "logits"));
        prop_assert_eq!((table.len(), table.columns), (rows.len(), rows[0].len()));
        prop_assert_eq!(table.values, rows.concat());
    }

    #[test]
    fn a_file_that_breaks_off_is_an_error(share in 0.0..1.0f64) {
        let file = parquet(LABEL, &[vec![Values::Numbers(&[1, 2, 3])]]);
        let cut = &file[..(share * file.len() as f64) as usize];
        let error = error_in_file("a.parquet", cut, |path| LabelledFormat::of(path)?.read(path));
        prop_assert!(error.starts_with("DIR/a.parquet: whole file: expected a Parquet file, got "));
        prop_assert_eq!(error.lines().count(), 1);
    }
}

proptest! {
    // One in some hundred makes the crate that reads the file panic.
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_damaged_file_is_read_or_an_error(
        damages in prop::collection::vec((0.0..1.0f64, any::<u8>()), 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let damage = |mut file: Vec<u8>| {
            for (share, byte) in &damages {
                let place = (share * file.len() as f64) as usize;
                file[place] = *byte;
            }
            std::fs::write(&path, file).unwrap();
        };
        damage(soft_labels(&[vec![1.0, 2.0], vec![3.0, 4.0]]));
        let numbers = NumberTable::read_parquet(&path, "logits").err();
        damage(parquet(
            &format!("{TEXT} {LABEL}"),
            &[vec![Values::Texts(&["good", "bad"], None), Values::Numbers(&[1, 0])]],
        ));
        let labelled = LabelledFormat::of(&path).and_then(|it| it.read(&path)).err();
        for error in numbers.iter().chain(&labelled) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }
}

#[test]
fn columns_are_chosen_by_name_or_place_in_any_order() {
    let schema = format!("{LABEL} required binary body (UTF8); required binary title;");
    let columns = vec![
        Values::Numbers(&[7, 5]),
        Values::Texts(&["b", "d"], None),
        Values::Texts(&["a ", "c"], None),
    ];
    let file = parquet(&schema, &[columns]);
    let format = LabelledFormat::new(Syntax::Parquet);
    let by_name = format.clone().with_columns(["title", "body"], "label");
    let by_place = format.with_columns([2, 1], 0);
    for format in [by_name, by_place] {
        let corpus = in_file("a", &file, |path| format.read(path));
        let texts: Vec<&str> = corpus
            .examples
            .iter()
            .map(|one| one.text.as_str())
            .collect();
        assert_eq!(
            (texts, corpus.classes),
            (vec!["a b", "c d"], vec!["5".into(), "7".into()])
        );
    }
}

#[test]
fn mistakes_are_named_with_row_and_column() {
    let label_first = format!("{LABEL} optional binary text (UTF8);");
    let columns = vec![
        Values::Numbers(&[1, 2]),
        Values::Texts(&["a"], Some(&[1, 0])),
    ];
    let with_null = parquet(&label_first, &[columns]);
    let empty_text = vec![Values::Texts(&["a", " "], None), Values::Numbers(&[1, 2])];
    let float_label = "required binary text (UTF8); required float label;";
    let float_label = {
        let columns = vec![
            Values::Texts(&["a"], None),
            Values::Lists(&[0.5], vec![0], vec![0]),
        ];
        parquet(float_label, &[columns])
    };
    let cases = [
        (
            with_null,
            ": row 1, column text: expected a string, got null",
        ),
        (
            parquet(&format!("{TEXT} {LABEL}"), &[empty_text]),
            ": row 1: expected a text, got an empty field",
        ),
        (
            float_label,
            ": row 0, column label: expected a string, a whole number or a truth value, got 0.5",
        ),
        (
            parquet(LABEL, &[vec![Values::Numbers(&[1])]]),
            ": schema: expected a column sentence or text, got [\"label\"]",
        ),
        (
            parquet(&format!("{TEXT} {LABEL}"), &[]),
            " has no example, expected at least 1",
        ),
        (
            parquet(
                &format!("{TEXT} {}", LOGITS.replace("logits", "label")),
                &[],
            ),
            ": schema, column label: expected a single value a row, got another type",
        ),
    ];
    for (file, expected) in cases {
        let error = error_in_file("a.parquet", file, |path| {
            LabelledFormat::of(path)?.read(path)
        });
        assert_eq!(error, format!("DIR/a.parquet{expected}"));
    }
    let format = LabelledFormat::new(Syntax::Parquet).with_columns([1], 0);
    let file = parquet(LABEL, &[vec![Values::Numbers(&[1])]]);
    let error = error_in_file("a", file, |path| format.read(path));
    assert_eq!(error, "DIR/a: schema: expected at least 2 columns, got 1");
}

#[test]
fn mistakes_in_lists_are_named_with_row_and_column() {
    let cases = [
        (
            soft_labels(&[vec![1.0, 2.0], vec![1.0]]),
            "row 1, column logits: expected 2 numbers as in row 0, got 1",
        ),
        (
            soft_labels(&[vec![1.0, f32::NAN]]),
            "row 0, column logits: expected a finite float at 1, got NaN",
        ),
        (
            soft_labels(&[vec![]]),
            "row 0, column logits: expected at least 1 number, got 0",
        ),
        (
            parquet("required float logits;", &[]),
            "schema, column logits: expected a list a row, got another type",
        ),
        (
            parquet(LABEL, &[]),
            "schema: expected a column logits, got [\"label\"]",
        ),
    ];
    for (file, expected) in cases {
        let error = error_in_file("a", file, |path| NumberTable::read_parquet(path, "logits"));
        assert_eq!(error, format!("DIR/a: {expected}"));
    }
}
