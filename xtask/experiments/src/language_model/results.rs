//! What a run's reports say about its outcomes.

use std::collections::BTreeMap;

use recurra_datasets::Unit;

use super::config::Config;
use super::train::Outcome;
use crate::progress::duration;
use crate::report::{Chart, Curve, Page, Stroke, Table, over_seeds};

/// The outcome with the best validation.
pub fn best<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Option<&'a Outcome> {
    outcomes
        .into_iter()
        .filter(|outcome| !outcome.valid_nats.is_nan())
        .min_by(|a, b| a.valid_nats.total_cmp(&b.valid_nats))
}

/// The metrics of a run: those of the best cell under their plain names, and of each cell of several under its own.
///
/// With several seeds each metric is the mean over them, and `NAME_std` its standard deviation.
pub fn summary(seeds: &[Vec<Outcome>], unit: Unit) -> BTreeMap<String, f64> {
    over_seeds(seeds.iter().map(|outcomes| of_one_seed(outcomes, unit)))
}

fn of_one_seed(outcomes: &[Outcome], unit: Unit) -> Vec<(String, f64)> {
    let mut metrics: Vec<(String, f64)> = Vec::new();
    let plain = best(outcomes)
        .into_iter()
        .flat_map(|outcome| of_outcome(outcome, unit));
    metrics.extend(plain.map(|(name, value)| (name.to_owned(), value)));
    if outcomes.len() > 1 {
        for outcome in outcomes {
            let own = of_outcome(outcome, unit);
            metrics.extend(
                own.into_iter()
                    .map(|(name, value)| (format!("{}_{name}", outcome.kind.name()), value)),
            );
        }
    }
    metrics
}

fn of_outcome(outcome: &Outcome, unit: Unit) -> Vec<(&'static str, f64)> {
    let mut metrics = vec![
        ("valid_nats_per_token", outcome.valid_nats),
        ("valid_perplexity", outcome.valid_nats.exp()),
        ("tokens_per_second", outcome.tokens_per_second),
        ("parameters", outcome.parameters as f64),
    ];
    if unit == Unit::Char {
        metrics.push(("valid_nats_per_char", outcome.valid_nats));
    }
    metrics.extend(
        outcome
            .test_nats
            .map(|nats| ("test_perplexity", nats.exp())),
    );
    metrics
}

/// The columns of a page's table.
const HEAD: [&str; 8] = [
    "cell",
    "hidden units",
    "parameters",
    "validation nats",
    "perplexity",
    "test perplexity",
    "tokens/s",
    "time",
];

/// The page of a run.
pub fn page(outcomes: &[&Outcome], config: &Config, data: &str) -> Page {
    let token = match config.unit {
        Unit::Char => "character",
        Unit::Word => "word",
    };
    let samples = outcomes
        .iter()
        .map(|outcome| (label(outcome), outcome.sample.clone()));
    Page {
        title: "Language model".to_owned(),
        summary: format!(
            "Predicts the next {token} of {data}: {} windows of {} steps.",
            config.steps, config.window
        ),
        charts: vec![Chart {
            title: format!("Loss in nats per {token}: validation, and training in thin lines"),
            x_label: "step".to_owned(),
            curves: outcomes
                .iter()
                .flat_map(|outcome| curves(outcome))
                .collect(),
        }],
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: outcomes.iter().map(|outcome| row(outcome)).collect(),
        },
        rolls: Vec::new(),
        samples: samples.collect(),
    }
}

fn label(outcome: &Outcome) -> String {
    format!("{}, seed {}", outcome.kind.name(), outcome.seed)
}

fn curves(outcome: &Outcome) -> [Curve; 2] {
    let curve = |stroke, points: &[(usize, f64)]| Curve {
        label: outcome.kind.name().to_owned(),
        colour: outcome.kind as usize,
        stroke,
        points: points
            .iter()
            .map(|&(step, nats)| (step as f64, nats))
            .collect(),
    };
    [
        curve(Stroke::Thin, &outcome.train_curve),
        curve(Stroke::Marked, &outcome.valid_curve),
    ]
}

fn row(outcome: &Outcome) -> Vec<String> {
    vec![
        label(outcome),
        recurra_cells::CellConfig::hidden_size(&outcome.model_config.network.cell).to_string(),
        outcome.parameters.to_string(),
        format!("{:.4}", outcome.valid_nats),
        format!("{:.2}", outcome.valid_nats.exp()),
        outcome
            .test_nats
            .map_or_else(|| "none".to_owned(), |nats| format!("{:.2}", nats.exp())),
        format!("{:.0}", outcome.tokens_per_second),
        duration(outcome.seconds),
    ]
}
