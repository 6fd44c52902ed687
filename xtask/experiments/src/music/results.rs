//! What a run's reports say about its outcomes.

use std::collections::BTreeMap;

use super::config::Config;
use super::train::Outcome;
use crate::progress::duration;
use crate::report::{Chart, Curve, Page, Roll, Stroke, Table, over_seeds};

/// The outcome with the best validation.
pub fn best<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Option<&'a Outcome> {
    outcomes
        .into_iter()
        .filter(|outcome| !outcome.valid_nll.is_nan())
        .min_by(|a, b| a.valid_nll.total_cmp(&b.valid_nll))
}

/// The metrics of a run: those of the best cell under their plain names, and of each cell of several under its own.
///
/// With several seeds each metric is the mean over them, and `NAME_std` its standard deviation.
pub fn summary(seeds: &[Vec<Outcome>]) -> BTreeMap<String, f64> {
    over_seeds(seeds.iter().map(|outcomes| of_one_seed(outcomes)))
}

fn of_one_seed(outcomes: &[Outcome]) -> Vec<(String, f64)> {
    let plain = best(outcomes).into_iter().flat_map(of_outcome);
    let mut metrics: Vec<(String, f64)> = plain
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    if outcomes.len() > 1 {
        for outcome in outcomes {
            let own = of_outcome(outcome).into_iter();
            metrics.extend(
                own.map(|(name, value)| (format!("{}_{name}", outcome.kind.name()), value)),
            );
        }
    }
    metrics
}

fn of_outcome(outcome: &Outcome) -> [(&'static str, f64); 4] {
    [
        ("valid_nll", outcome.valid_nll),
        ("test_nll", outcome.test_nll),
        ("music_steps_per_second", outcome.music_steps_per_second),
        ("parameters", outcome.parameters as f64),
    ]
}

/// The page of a run.
pub fn page(outcomes: &[&Outcome], config: &Config, data: &str) -> Page {
    let curves = outcomes.iter().flat_map(|outcome| curves(outcome));
    Page {
        title: "Polyphonic music".to_owned(),
        summary: format!(
            "Predicts which of a piano's 88 keys sound at the next step of {data}: {} epochs of whole pieces.",
            config.epochs
        ),
        charts: vec![Chart {
            title: "Negative log-likelihood in nats per step: validation, and training (under dropout) in thin lines".to_owned(),
            x_label: "epoch".to_owned(),
            curves: curves.collect(),
        }],
        table: Table {
            head: [
                "cell",
                "hidden units",
                "parameters",
                "validation NLL",
                "test NLL",
                "steps of music/s",
                "time",
            ]
            .map(str::to_owned)
            .to_vec(),
            rows: outcomes.iter().map(|outcome| row(outcome)).collect(),
        },
        rolls: outcomes.iter().map(|outcome| roll(outcome, config)).collect(),
        samples: Vec::new(),
    }
}

fn label(outcome: &Outcome) -> String {
    format!("{}, seed {}", outcome.kind.name(), outcome.seed)
}

fn roll(outcome: &Outcome, config: &Config) -> Roll {
    let given = config.sample.given.min(outcome.sample.len());
    Roll {
        title: format!(
            "Drawn from {}: the first {given} steps were given",
            label(outcome)
        ),
        steps: outcome.sample.clone(),
        given,
    }
}

fn curves(outcome: &Outcome) -> [Curve; 2] {
    let curve = |stroke, points: &[(usize, f64)]| Curve {
        label: outcome.kind.name().to_owned(),
        colour: outcome.kind as usize,
        stroke,
        points: points
            .iter()
            .map(|&(epoch, nll)| (epoch as f64, nll))
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
        format!("{:.4}", outcome.valid_nll),
        format!("{:.4}", outcome.test_nll),
        format!("{:.0}", outcome.music_steps_per_second),
        duration(outcome.seconds),
    ]
}
