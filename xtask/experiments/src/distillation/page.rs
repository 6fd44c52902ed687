//! What a run's page shows: who saw what, how right and how fast each is, and where student and teacher disagree.

use super::Given;
use super::arm::Arm;
use super::judged::Judged;
use super::protocol::{Count, Seed};
use super::results::gain;
use crate::progress::duration;
use crate::report::{Chart, Curve, Page, Scale, Size, Stroke, Table};

/// How many texts are shown on which student and teacher disagree, of each kind.
const SHOWN: usize = 5;

const HEAD: [&str; 9] = [
    "model",
    "labelled texts",
    "texts with soft labels",
    "test accuracy, %",
    "calibration error, %",
    "parameters",
    "ms a text",
    "ms for 32 texts",
    "training",
];

/// The page of a run.
pub fn page(title: &str, seeds: &[&Seed], given: &Given) -> Page {
    let mut page = Page {
        title: title.to_owned(),
        summary: format!(
            "A student learns {} from {}.",
            given.corpus.name(),
            given.teacher
        ),
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: Vec::new(),
        },
        tables: Vec::new(),
        notes: Vec::new(),
        charts: Vec::new(),
        rolls: Vec::new(),
        samples: Vec::new(),
    };
    let Some((seed, count)) = seeds.iter().find_map(|it| Some((it, it.counts.first()?))) else {
        page.notes.push("Nothing was finished.".to_owned());
        return page;
    };
    page.table.rows = rows(seeds, seed, count);
    page.notes = notes(seeds, count);
    page.charts.extend(learning_curve(seed));
    page.charts.extend(speed_and_accuracy(seed, count));
    page.charts.push(reliability(count));
    page.tables.extend(disagreements(seed, count, given));
    page
}

/// The mean over the seeds that have it.
fn mean(seeds: &[&Seed], of: impl Fn(&Count) -> Option<f64>) -> f64 {
    let firsts = seeds.iter().filter_map(|seed| seed.counts.first());
    let values: Vec<f64> = firsts.filter_map(of).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

fn student_of(count: &Count, arm: Arm) -> Option<&Judged> {
    let found = count.students.iter().find(|student| student.arm == arm);
    found.map(|student| &student.judged)
}

fn rows(seeds: &[&Seed], seed: &Seed, count: &Count) -> Vec<Vec<String>> {
    let milliseconds = |index: usize, of: fn(&super::latency::Latency) -> f64| {
        let found = seed.latencies.get(index);
        found.map_or_else(String::new, |it| format!("{:.3}", of(it)))
    };
    let judged = |of: &dyn Fn(&Count) -> Option<&Judged>| {
        let accuracy = mean(seeds, |count| Some(of(count)?.accuracy));
        let error = mean(seeds, |count| Some(of(count)?.calibration_error));
        [format!("{accuracy:.2}"), format!("{error:.1}")]
    };
    let (facts, _) = &count.teacher;
    let [accuracy, error] = judged(&|count| Some(&count.teacher.1));
    let unknown = |number: usize| match number {
        0 => "given".to_owned(),
        number => number.to_string(),
    };
    let mut rows = vec![vec![
        "teacher".to_owned(),
        unknown(facts.labels),
        "0".to_owned(),
        accuracy,
        error,
        unknown(facts.parameters),
        milliseconds(0, |it| it.teacher_ms),
        milliseconds(1, |it| it.teacher_ms),
        duration(facts.seconds),
    ]];
    for student in &count.students {
        let arm = student.arm;
        let [accuracy, error] = judged(&|count| student_of(count, arm));
        let soft = match arm {
            Arm::Student => 0,
            Arm::Pseudo | Arm::Distilled => student.texts,
        };
        // All students are one network, so one of them is timed.
        rows.push(vec![
            arm.title().to_owned(),
            count.labels.to_string(),
            soft.to_string(),
            accuracy,
            error,
            student.parameters.to_string(),
            milliseconds(0, |it| it.student_ms),
            milliseconds(1, |it| it.student_ms),
            duration(student.seconds),
        ]);
    }
    let words = mean(seeds, |count| Some(count.bag_of_words));
    let mut row = vec!["bag of words".to_owned(), count.labels.to_string()];
    row.extend(["0".to_owned(), format!("{words:.2}")]);
    row.resize(HEAD.len(), String::new());
    rows.push(row);
    rows
}

/// Who saw what, and what distillation gains.
fn notes(seeds: &[&Seed], count: &Count) -> Vec<String> {
    let (facts, _) = &count.teacher;
    let teacher = match facts.labels {
        0 => "The teacher came trained and saw none of these labels here.".to_owned(),
        labels => format!("The teacher was trained on {labels} labelled texts."),
    };
    let pool = match count.pool {
        0 => "its own labelled texts, as the teacher sees them".to_owned(),
        pool => format!(
            "the teacher's soft labels of these and of {pool} texts whose labels nobody sees"
        ),
    };
    let mut notes = vec![format!(
        "{teacher} The student alone has {} labelled texts; the distilled student has {pool}. All have the same network, \
         and are judged by texts that none of them has seen, nor the teacher.",
        count.labels
    )];
    for (from, to) in [
        (Arm::Student, Arm::Distilled),
        (Arm::Pseudo, Arm::Distilled),
    ] {
        if let Some(gain) = gain(seeds, from, to) {
            let interval = gain.half_width.map_or_else(
                || "one seed, so without an interval".to_owned(),
                |half| format!("±{half:.2} at 95 %, paired over {} seeds", seeds.len()),
            );
            notes.push(format!(
                "{} against {}: {:+.2} points ({interval}).",
                to.title(),
                from.title(),
                gain.mean
            ));
        }
    }
    notes
}

/// Accuracy by the number of labels, where there are several.
fn learning_curve(seed: &Seed) -> Option<Chart> {
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
            curve("pseudo", 2, &arm(Arm::Pseudo)),
            curve("alone", 0, &arm(Arm::Student)),
        ],
    })
}

/// Each model as a point, where they were timed.
fn speed_and_accuracy(seed: &Seed, count: &Count) -> Option<Chart> {
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
        latency.teacher_ms,
        count.teacher.1.accuracy,
    )];
    for (colour, label, arm) in [(1, "distilled", Arm::Distilled), (0, "alone", Arm::Student)] {
        let judged = student_of(count, arm).map(|it| it.accuracy);
        curves.extend(judged.map(|accuracy| point(label, colour, latency.student_ms, accuracy)));
    }
    Some(Chart {
        title: "Test accuracy in % by the milliseconds that one text takes".to_owned(),
        x_label: "milliseconds, tokenisation included".to_owned(),
        size: Size::Half,
        x_scale: Scale::Log,
        y_scale: Scale::Linear,
        curves,
    })
}

/// Confidence against accuracy, before and after distillation.
fn reliability(count: &Count) -> Chart {
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
        size: Size::Half,
        x_scale: Scale::Linear,
        y_scale: Scale::Linear,
        curves,
    }
}

/// Texts on which one of the two is right and the other wrong, those first that the wrong one is surest of.
fn disagreements(seed: &Seed, count: &Count, given: &Given) -> Option<(String, Table)> {
    let student = student_of(count, Arm::Distilled)?;
    let (teacher, classes) = (&count.teacher.1, given.corpus.classes());
    let said = |judged: &Judged, index: usize| {
        let (class, sure) = (judged.decisions[index], judged.confidences[index]);
        format!("{} ({sure:.0} %)", classes[class])
    };
    let mut rows = Vec::new();
    for (right, wrong) in [(teacher, student), (student, teacher)] {
        let mut texts: Vec<usize> = (0..seed.test.len())
            .filter(|&index| {
                let label = seed.test[index].label;
                right.decisions[index] == label && wrong.decisions[index] != label
            })
            .collect();
        texts.sort_by(|&a, &b| wrong.confidences[b].total_cmp(&wrong.confidences[a]));
        rows.extend(texts.into_iter().take(SHOWN).map(|index| {
            let text = &seed.test[index];
            vec![
                text.text.clone(),
                classes[text.label].clone(),
                said(teacher, index),
                said(student, index),
            ]
        }));
    }
    let head = ["text", "label", "teacher", "distilled student"];
    let table = Table {
        head: head.map(str::to_owned).to_vec(),
        rows,
    };
    let heading = "Texts on which teacher and distilled student disagree".to_owned();
    (!table.rows.is_empty()).then_some((heading, table))
}
