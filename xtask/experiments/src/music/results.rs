//! What a run's reports say about its outcomes.

use recurra_cells::{AnyCell, AnyCellConfig, CellConfig};
use recurra_train::{MultiLabelPredictor, MultiLabelPredictorConfig};

use super::config::Config;
use crate::progress::duration;
use crate::report::{self, Metric, Page, Roll, Table};
use crate::training::Trained;

/// What training one cell under one seed came to.
pub struct Outcome {
    pub trained: Trained,
    pub model_config: MultiLabelPredictorConfig<AnyCellConfig>,
    /// With the weights of the best validation.
    pub model: MultiLabelPredictor<AnyCell>,
    /// Nats per step of music on the test part.
    pub test_nll: f64,
    /// The beginning of a validation piece, and how the model goes on from there.
    pub sample: Vec<Vec<usize>>,
}

impl report::Outcome for Outcome {
    fn trained(&self) -> &Trained {
        &self.trained
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![
            ("valid_nll".into(), self.trained.valid),
            ("test_nll".into(), self.test_nll),
        ]
    }
}

/// The columns of a page's table.
const HEAD: [&str; 7] = [
    "cell",
    "hidden units",
    "parameters",
    "validation NLL",
    "test NLL",
    "steps of music/s",
    "time",
];

/// The page of a run.
pub fn page(outcomes: &[&Outcome], config: &Config, data: &str) -> Page {
    let trained: Vec<&Trained> = outcomes.iter().map(|outcome| &outcome.trained).collect();
    let loss = "Negative log-likelihood in nats per step: validation, and training (under dropout) in thin lines";
    Page {
        title: "Polyphonic music".to_owned(),
        summary: format!(
            "Predicts which of a piano's 88 keys sound at the next step of {data}: {} epochs of whole pieces.",
            config.epochs
        ),
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: outcomes.iter().map(|outcome| row(outcome)).collect(),
        },
        notes: report::notes(&trained),
        charts: report::charts(loss.to_owned(), &trained),
        tables: Vec::new(),
        rolls: outcomes
            .iter()
            .map(|outcome| roll(outcome, config))
            .collect(),
        samples: Vec::new(),
    }
}

fn roll(outcome: &Outcome, config: &Config) -> Roll {
    let given = config.sample.given.min(outcome.sample.len());
    Roll {
        title: format!(
            "Drawn from {}: the first {given} steps were given",
            outcome.trained.label()
        ),
        steps: outcome.sample.clone(),
        given,
    }
}

fn row(outcome: &Outcome) -> Vec<String> {
    let trained = &outcome.trained;
    vec![
        trained.label(),
        outcome.model_config.network.cell.hidden_size().to_string(),
        trained.parameters.to_string(),
        format!("{:.4}", trained.valid),
        format!("{:.4}", outcome.test_nll),
        format!("{:.0}", trained.history.rate()),
        duration(trained.seconds),
    ]
}
