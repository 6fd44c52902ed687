//! The figures of a page.

use super::super::arm::Arm;
use super::super::protocol::{Count, Seed};
use super::student_of;
use crate::report::{Chart, Curve, Scale, Size, Stroke};

/// Accuracy by the number of labels, where there are several.
pub fn learning_curve(seed: &Seed) -> Option<Chart> {
    if seed.counts.len() < 2 {
        return None;
    }
    let mut counts: Vec<&Count> = seed.counts.iter().collect();
    counts.sort_by_key(|count| count.labels);
    let curve = |label: &str, colour, of: &dyn Fn(&Count) -> Option<f64>| Curve {
        label: label.to_owned(),
        colour,
        stroke: Stroke::Marked,
        points: counts
            .iter()
            .filter_map(|count| Some((count.labels as f64, of(count)?)))
            .collect(),
    };
    let arm = |arm| move |count: &Count| Some(student_of(count, arm)?.accuracy);
    Some(Chart {
        title: format!(
            "Test accuracy in % by the number of labels, seed {}",
            seed.seed
        ),
        x_label: "labelled texts".to_owned(),
        size: Size::Whole,
        x_scale: Scale::Log,
        y_scale: Scale::Linear,
        curves: vec![
            curve("teacher", 3, &|count| Some(count.teacher.1.accuracy)),
            curve("distilled", 1, &arm(Arm::Distilled)),
            curve("augmented", 4, &arm(Arm::Augmented)),
            curve("pseudo", 2, &arm(Arm::Pseudo)),
            curve("alone", 0, &arm(Arm::Student)),
        ],
    })
}

/// Each model as a point, where they were timed.
pub fn speed_and_accuracy(seed: &Seed, count: &Count) -> Option<Chart> {
    let latency = seed.latencies.first()?;
    let point = |label: &str, colour, milliseconds, accuracy| Curve {
        label: label.to_owned(),
        colour,
        stroke: Stroke::Marked,
        points: vec![(milliseconds, accuracy)],
    };
    let mut curves = vec![point(
        "teacher",
        3,
        latency.teacher.best(),
        count.teacher.1.accuracy,
    )];
    for (colour, label, arm) in [(1, "distilled", Arm::Distilled), (0, "alone", Arm::Student)] {
        let judged = student_of(count, arm).map(|it| it.accuracy);
        curves.extend(judged.map(|accuracy| point(label, colour, latency.student_ms, accuracy)));
    }
    Some(Chart {
        title: "Test accuracy in % by the milliseconds that one text takes".to_owned(),
        x_label: "milliseconds, tokenisation included".to_owned(),
        size: Size::Whole,
        x_scale: Scale::Log,
        y_scale: Scale::Linear,
        curves,
    })
}

/// Confidence against accuracy, before and after distillation.
pub fn reliability(count: &Count) -> Chart {
    let curve = |label: &str, colour, points: &[(f64, f64)]| Curve {
        label: label.to_owned(),
        colour,
        stroke: Stroke::Marked,
        points: points.to_vec(),
    };
    let mut curves = vec![Curve {
        label: String::new(),
        colour: 4,
        stroke: Stroke::Thin,
        points: vec![(0.0, 0.0), (100.0, 100.0)],
    }];
    curves.push(curve("teacher", 3, &count.teacher.1.reliability));
    for (colour, label, arm) in [(1, "distilled", Arm::Distilled), (0, "alone", Arm::Student)] {
        let judged = student_of(count, arm);
        curves.extend(judged.map(|it| curve(label, colour, &it.reliability)));
    }
    Chart {
        title: "Calibration: accuracy in % by confidence; the thin line is perfect".to_owned(),
        x_label: "confidence in %".to_owned(),
        size: Size::Whole,
        x_scale: Scale::Linear,
        y_scale: Scale::Linear,
        curves,
    }
}
