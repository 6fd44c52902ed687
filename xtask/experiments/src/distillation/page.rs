//! What a run's page shows: who saw what, how right and how fast each is, and where student and teacher disagree.

mod charts;

use super::Given;
use super::arm::Arm;
use super::judged::Judged;
use super::latency::Latency;
use super::protocol::{Count, Seed};
use super::results::gain;
use crate::progress::duration;
use crate::report::{Page, Table};
use charts::{learning_curve, reliability, speed_and_accuracy};

/// How many texts are shown on which student and teacher disagree, of each kind.
const SHOWN: usize = 5;

const HEAD: [&str; 9] = [
    "model",
    "labelled texts",
    "texts the teacher labelled",
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
            "On {}, a small recurrent student learns from {}.",
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

/// Accuracy and calibration error, means over seeds.
fn judged(seeds: &[&Seed], of: impl Fn(&Count) -> Option<&Judged>) -> [String; 2] {
    let accuracy = mean(seeds, |count| Some(of(count)?.accuracy));
    let error = mean(seeds, |count| Some(of(count)?.calibration_error));
    [format!("{accuracy:.2}"), format!("{error:.1}")]
}

/// The milliseconds of one and of 32 texts, where they were measured.
fn milliseconds(seed: &Seed, of: impl Fn(&Latency) -> f64) -> [String; 2] {
    [0, 1].map(|index| {
        let found = seed.latencies.get(index);
        found.map_or_else(String::new, |it| format!("{:.3}", of(it)))
    })
}

fn rows(seeds: &[&Seed], seed: &Seed, count: &Count) -> Vec<Vec<String>> {
    let mut rows = vec![teacher_row(seeds, seed, count)];
    rows.extend(count.students.iter().map(|student| {
        let arm = student.arm;
        let [accuracy, error] = judged(seeds, |count| student_of(count, arm));
        // All students are one network, so one of them is timed.
        let [one, many] = milliseconds(seed, |it| it.student_ms);
        let soft = match arm {
            Arm::Student => 0,
            Arm::Pseudo | Arm::Distilled | Arm::Augmented => student.texts,
        };
        vec![
            arm.title().to_owned(),
            count.labels.to_string(),
            soft.to_string(),
            accuracy,
            error,
            student.parameters.to_string(),
            one,
            many,
            duration(student.seconds),
        ]
    }));
    let words = mean(seeds, |count| Some(count.bag_of_words));
    let mut row = vec!["bag of words".to_owned(), count.labels.to_string()];
    row.extend(["0".to_owned(), format!("{words:.2}")]);
    row.resize(HEAD.len(), String::new());
    rows.push(row);
    rows
}

fn teacher_row(seeds: &[&Seed], seed: &Seed, count: &Count) -> Vec<String> {
    let (facts, _) = &count.teacher;
    let [accuracy, error] = judged(seeds, |count| Some(&count.teacher.1));
    let [one, many] = milliseconds(seed, |it| it.teacher.best());
    let known = |number: usize| match number {
        0 => "not known".to_owned(),
        number => number.to_string(),
    };
    vec![
        "teacher".to_owned(),
        known(facts.labels),
        "0".to_owned(),
        accuracy,
        error,
        known(facts.parameters),
        one,
        many,
        duration(facts.seconds),
    ]
}

/// Who saw what, and what distillation gains.
fn notes(seeds: &[&Seed], count: &Count) -> Vec<String> {
    let (facts, _) = &count.teacher;
    let (teacher, unseen) = match facts.labels {
        0 => (
            "The teacher came trained: what it has seen is not known here.".to_owned(),
            "none of them has seen",
        ),
        labels => (
            format!("The teacher was trained on {labels} labelled texts."),
            "neither they nor the teacher have seen",
        ),
    };
    let pool = match count.pool {
        0 => "its own labelled texts, as the teacher sees them".to_owned(),
        pool => format!(
            "the teacher's soft labels of these and of {pool} texts whose labels nobody sees"
        ),
    };
    let mut notes = vec![format!(
        "{teacher} The student alone has {} labelled texts; the distilled student has {pool}. All students are \
         the same network, and all are judged by texts that {unseen}.",
        count.labels
    )];
    for (from, to) in [
        (Arm::Student, Arm::Distilled),
        (Arm::Pseudo, Arm::Distilled),
        (Arm::Distilled, Arm::Augmented),
    ] {
        notes.extend(gained(seeds, from, to));
    }
    notes
}

/// How much better one arm is than another, where there are both.
fn gained(seeds: &[&Seed], from: Arm, to: Arm) -> Option<String> {
    let gain = gain(seeds, from, to)?;
    let interval = gain.half_width.map_or_else(
        || "one seed, so without an interval".to_owned(),
        |half| format!("±{half:.2} at 95 %, paired over {} seeds", seeds.len()),
    );
    let (better, than) = (to.title(), from.title());
    Some(format!(
        "{better} against {than}: {:+.2} points ({interval}).",
        gain.mean
    ))
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
