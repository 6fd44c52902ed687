//! What a run's reports say about its outcomes.

use recurra_cells::CellConfig;

use super::config::Config;
use super::data::Data;
use crate::confusion::Confusion;
use crate::progress::duration;
use crate::report::{self, Metric, Page, Table};
use crate::texts::Model;
use crate::training::Trained;

/// What training one cell under one seed came to.
pub struct Outcome {
    pub trained: Trained,
    /// With the weights of the best validation.
    pub model: Model,
    /// Of the test part.
    pub confusion: Confusion,
}

impl report::Outcome for Outcome {
    fn trained(&self) -> &Trained {
        &self.trained
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![
            ("valid_accuracy".into(), self.trained.valid),
            ("test_accuracy".into(), self.confusion.accuracy()),
        ]
    }
}

/// The columns of a page's table.
const HEAD: [&str; 7] = [
    "",
    "hidden units",
    "parameters",
    "validation, %",
    "test, %",
    "texts/s",
    "time",
];

/// The page of a run.
pub fn page(outcomes: &[&Outcome], config: &Config, data: &Data) -> Page {
    let trained: Vec<&Trained> = outcomes.iter().map(|outcome| &outcome.trained).collect();
    let matrix = |outcome: &&Outcome| {
        let heading = format!("Test texts, {}", outcome.trained.label());
        (heading, outcome.confusion.table(&data.classes))
    };
    let rows = outcomes.iter().map(|outcome| row(outcome));
    Page {
        title: "A label for a text".to_owned(),
        summary: format!(
            "Learns from {} texts of {}, {}; {} others choose the model, {} test it. The words of a text in no order \
             (naive Bayes) and the commonest class stand beside it.",
            data.train.len(),
            data.name,
            config.training.readings(),
            data.valid.len(),
            data.test.len(),
        ),
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: rows.chain(baselines(data)).collect(),
        },
        notes: report::notes(&trained),
        charts: report::charts(
            "Validation: texts that are decided rightly, in percent".to_owned(),
            &trained,
        ),
        tables: outcomes.iter().map(matrix).collect(),
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

fn row(outcome: &Outcome) -> Vec<String> {
    let trained = &outcome.trained;
    vec![
        trained.label(),
        outcome.model.config.network.cell.hidden_size().to_string(),
        trained.parameters.to_string(),
        format!("{:.2}", trained.valid),
        format!("{:.2}", outcome.confusion.accuracy()),
        format!("{:.0}", trained.history.rate()),
        duration(trained.seconds),
    ]
}

fn baselines(data: &Data) -> [Vec<String>; 2] {
    let baselines = [
        ("bag of words", data.bag_of_words),
        ("commonest class", data.majority),
    ];
    baselines.map(|(name, accuracy)| {
        let mut row = vec![String::new(); HEAD.len()];
        (row[0], row[4]) = (name.to_owned(), format!("{accuracy:.2}"));
        row
    })
}
