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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn more_generated_series_and_steps_leave_the_others_as_they_are(
        seed: u64, steps in 0usize..200, more in 0usize..50, series in 1usize..4,
    ) {
        let few = TimeSeries::generated_sines(seed, steps, series);
        let many = TimeSeries::generated_sines(seed, steps + more, series + 1);
        prop_assert_eq!((few.len(), many.len()), (steps, steps + more));
        prop_assert_eq!(&few.times[..], &many.times[..steps]);
        for step in 0..steps {
            prop_assert_eq!(few.step(step), &many.step(step)[..series]);
        }
    }

    #[test]
    fn the_parts_follow_on_each_other(steps: usize) {
        let parts = SeriesParts::sixty_twenty_twenty(steps);
        prop_assert_eq!(parts.train.start, 0);
        prop_assert_eq!(parts.train.end, parts.valid.start);
        prop_assert_eq!(parts.valid.end, parts.test.start);
        prop_assert_eq!(parts.test.end, steps);
        let fifth = steps / 5;
        prop_assert!(parts.valid.len().abs_diff(fifth) <= 1);
        prop_assert!(parts.test.len().abs_diff(fifth) <= 1);
    }
}

/// The correlation of a series with itself, so many steps later.
fn correlation(series: &TimeSeries, dimension: usize, lag: usize) -> f64 {
    let scaled = series.standardised(0..series.len());
    let at = |step: usize| scaled.step(step)[dimension];
    let steps = series.len() - lag;
    (0..steps)
        .map(|step| at(step) * at(step + lag))
        .sum::<f64>()
        / steps as f64
}

#[test]
fn generated_series_repeat_each_day_and_each_week() {
    let series = TimeSeries::generated_sines(1, 4000, 4);
    assert_eq!(series.names, ["y1", "y2", "y3", "y4"]);
    assert_eq!(series.times[25], "day 1 01:00");
    for dimension in 0..4 {
        let [hours, day, week] = [6, 24, 168].map(|lag| correlation(&series, dimension, lag));
        assert!(day > hours + 0.2 && week > 0.6, "{hours} {day} {week}");
    }
}

/// Pins the series on every platform. If this fails, results on them are no longer comparable.
#[test]
fn the_first_generated_steps_stay_as_they_are() {
    let series = TimeSeries::generated_sines(1, 2, 2);
    let expected = [
        0.7641230130820669,
        0.4577202565859736,
        0.88525760544466,
        0.8933960431198066,
    ];
    assert_eq!(series.values, expected);
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
