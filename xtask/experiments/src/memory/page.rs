//! What a run's page shows of its trainings.

use super::Scenario;
use super::config::Config;
use super::trial::{Problem, Trial};
use crate::cells::CellChoice;
use crate::progress::duration;
use crate::report::{Chart, Curve, Page, Scale, Size, Stroke, Table};

/// The page of a run, an outcome for each cell and seed.
pub fn page<S: Scenario>(outcomes: &[&Vec<Trial>], config: &Config) -> Page {
    Page {
        title: S::TITLE.to_owned(),
        summary: format!(
            "{} Each distance is a training of its own, of at most {} updates on {} fresh sequences each; it is solved with a {} below {}, \
             and whoever remembers nothing has {:.3}.",
            S::TASK,
            config.updates,
            config.batch_size,
            S::ERROR,
            config.solved_below,
            S::Problem::GUESSING
        ),
        table: Table {
            head: head(config),
            rows: outcomes.iter().filter_map(|trials| row(trials)).collect(),
        },
        notes: Vec::new(),
        charts: charts::<S>(outcomes, config),
        tables: Vec::new(),
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

/// How far each cell came at each distance, and how fast at the longest.
fn charts<S: Scenario>(outcomes: &[&Vec<Trial>], config: &Config) -> Vec<Chart> {
    let error = capitalised(S::ERROR);
    let over_distance = outcomes.iter().map(|trials| over_distance(trials));
    let over_distance = over_distance.chain([guessing(config, S::Problem::GUESSING)]);
    let at_longest = outcomes.iter().filter_map(|trials| at_longest(trials));
    let (first, second) = (
        format!("{error} over the distance"),
        format!("{error} at the longest distance, over the updates"),
    );
    vec![
        chart(first, "T", Scale::Log, over_distance.collect()),
        chart(second, "update", Scale::Linear, at_longest.collect()),
    ]
}

fn head(config: &Config) -> Vec<String> {
    let first = ["", "parameters"].map(str::to_owned).into_iter();
    let distances = config.distances.iter().map(|it| format!("T = {it}"));
    first.chain(distances).collect()
}

/// After how many updates each distance was solved, or how wrong the cell still is.
fn row(trials: &[Trial]) -> Option<Vec<String>> {
    let first = trials.first()?;
    let name = format!("{}, seed {}", first.cell.name(), first.seed);
    let entry = |trial: &Trial| {
        let time = duration(trial.seconds);
        match trial.solved {
            true => format!("solved after {} ({time})", trial.updates),
            false => format!("{:.4} after {} ({time})", trial.error, trial.updates),
        }
    };
    let parameters = first.parameters.to_string();
    Some(
        [name, parameters]
            .into_iter()
            .chain(trials.iter().map(entry))
            .collect(),
    )
}

fn chart(title: String, x_label: &str, x_scale: Scale, curves: Vec<Curve>) -> Chart {
    Chart {
        title,
        x_label: x_label.to_owned(),
        size: Size::Whole,
        x_scale,
        y_scale: Scale::Log,
        curves,
    }
}

fn over_distance(trials: &[Trial]) -> Curve {
    let points = trials.iter().map(|it| (it.distance as f64, it.error));
    curve(trials, points.collect())
}

/// How wrong whoever remembers nothing is.
fn guessing(config: &Config, error: f64) -> Curve {
    let distances = config.distances.iter();
    Curve {
        label: "guessing".to_owned(),
        // That of text: the cells have the others.
        colour: CellChoice::All as usize,
        stroke: Stroke::Plain,
        points: distances.map(|&it| (it as f64, error)).collect(),
    }
}

fn at_longest(trials: &[Trial]) -> Option<Curve> {
    let longest = trials.iter().max_by_key(|it| it.distance)?;
    let points = longest
        .judgements
        .iter()
        .map(|&(update, error)| (update as f64, error));
    Some(curve(trials, points.collect()))
}

fn curve(trials: &[Trial], points: Vec<(f64, f64)>) -> Curve {
    let cell = trials.first().map(|it| it.cell);
    Curve {
        label: cell.map_or_else(String::new, |cell| cell.name().to_owned()),
        colour: cell.map_or(0, |cell| cell as usize),
        stroke: Stroke::Marked,
        points,
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}
