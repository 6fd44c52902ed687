//! Measurements over time: read back, standardised, and mistakes named.

mod files;

use files::{error_in_file, in_file};
use proptest::prelude::*;
use recurra_datasets::series::{SeriesParts, TimeSeries};

/// Rows of two measurements.
fn any_rows() -> impl Strategy<Value = Vec<[f64; 2]>> {
    prop::collection::vec(prop::array::uniform2(-50.0..50.0f64), 1..30)
}

fn read(rows: &[[f64; 2]]) -> TimeSeries {
    let line = |(hour, [a, b]): (usize, &[f64; 2])| format!("day {hour}:00,{a},{b}\n");
    let lines: String = rows.iter().enumerate().map(line).collect();
    in_file("a.csv", format!("date,A,B\n{lines}"), |path| {
        TimeSeries::read_csv(path)
    })
}

proptest! {
    #[test]
    fn a_series_reads_back(rows in any_rows()) {
        let series = read(&rows);
        prop_assert_eq!(&series.names, &["A", "B"]);
        prop_assert_eq!(series.len(), rows.len());
        for (step, row) in rows.iter().enumerate() {
            prop_assert_eq!(series.step(step), row);
            prop_assert_eq!(&series.times[step], &format!("day {step}:00"));
        }
    }

    #[test]
    fn standardised_steps_have_mean_0_and_deviation_1(rows in any_rows(), more in any_rows()) {
        let series = read(&[rows.clone(), more].concat());
        let scaled = series.standardised(0..rows.len());
        for dimension in 0..2 {
            let part: Vec<f64> = (0..rows.len()).map(|step| scaled.step(step)[dimension]).collect();
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            let variance = part.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / part.len() as f64;
            prop_assert!(mean.abs() < 1e-9, "{}", mean);
            prop_assert!(rows.len() == 1 || (variance - 1.0).abs() < 1e-6, "{}", variance);
            // One map for the whole series: differences keep their ratios beyond the part.
            let ratio = |series: &TimeSeries| {
                let at = |step: usize| series.step(step)[dimension];
                (at(series.len() - 1) - at(0)) / (at(1) - at(0))
            };
            let (before, after) = (ratio(&series), ratio(&scaled));
            prop_assert!((before - after).abs() <= 1e-6 * before.abs().max(1.0));
        }
    }
}

#[test]
fn a_measurement_that_does_not_change_is_only_shifted() {
    let scaled = read(&[[3.0, 1.0], [3.0, 5.0], [4.0, 7.0]]).standardised(0..2);
    assert_eq!(scaled.values, [0.0, -1.0, 0.0, 1.0, 1.0, 2.0]);
}

#[test]
fn mistakes_are_named_with_their_line() {
    let cases = [
        (
            "date\n",
            ":1: expected a time and at least 1 measurement, parted by commas, got \"date\"",
        ),
        (
            "date,A\n1,2\n2\n",
            ":3: expected 2 columns as in the header, got 1",
        ),
        (
            "date,A\n1,2,3\n",
            ":2: expected 2 columns as in the header, got 3",
        ),
        (
            "date,A\n\n1,NaN\n",
            ":3: expected a finite number for A, got \"NaN\"",
        ),
        (
            "date,A,B\n1,2,\n",
            ":2: expected a finite number for B, got \"\"",
        ),
        ("date,A\n", " has no example, expected at least 1"),
    ];
    for (content, expected) in cases {
        let error = error_in_file("a.csv", content, |path| TimeSeries::read_csv(path));
        assert_eq!(error, format!("DIR/a.csv{expected}"));
    }
}

#[test]
fn the_published_split_of_ett_follows_on_itself() {
    let parts = SeriesParts::ett_hourly();
    assert_eq!(
        (parts.train, parts.valid, parts.test),
        (0..8640, 8640..11_520, 11_520..14_400)
    );
}

#[test]
#[should_panic(expected = "steps 0..2 must be some of the 1 of the series")]
fn steps_beyond_the_series_are_a_mistake() {
    read(&[[1.0, 2.0]]).standardised(0..2);
}
