//! What a run's reports say about its outcomes.

use recurra_cells::{AnyCell, AnyCellConfig, CellConfig};
use recurra_train::{SeriesClassifier, SeriesClassifierConfig};

use super::config::{Config, Order};
use super::data::{CLASSES, Data};
use crate::comparison::StudyData;
use crate::confusion::Confusion;
use crate::progress::duration;
use crate::report::{self, Metric, Page, Table};
use crate::training::Trained;

/// What training one cell under one seed came to.
pub struct Outcome {
    pub trained: Trained,
    pub model_config: SeriesClassifierConfig<AnyCellConfig>,
    /// With the weights of the best validation.
    pub model: SeriesClassifier<AnyCell>,
    /// Of the test part.
    pub confusion: Confusion,
    /// The parameters of a perceptron, and its accuracy on the test part in percent.
    pub perceptron: Option<(usize, f64)>,
}

impl report::Outcome for Outcome {
    fn trained(&self) -> &Trained {
        &self.trained
    }

    fn metrics(&self) -> Vec<Metric> {
        let perceptron = self.perceptron.iter();
        let perceptron = perceptron.map(|&(_, it)| ("perceptron_accuracy".into(), it));
        [
            ("valid_accuracy".into(), self.trained.valid),
            ("test_accuracy".into(), self.confusion.accuracy()),
        ]
        .into_iter()
        .chain(perceptron)
        .collect()
    }
}

/// The columns of a page's table.
const HEAD: [&str; 7] = [
    "",
    "hidden units",
    "parameters",
    "validation, %",
    "test, %",
    "images/s",
    "time",
];

/// The page of a run.
pub fn page(outcomes: &[&Outcome], config: &Config, data: &Data) -> Page {
    let trained: Vec<&Trained> = outcomes.iter().map(|outcome| &outcome.trained).collect();
    let classes: Vec<String> = (0..CLASSES).map(|digit| digit.to_string()).collect();
    let matrix = |outcome: &&Outcome| {
        let heading = format!("Test images, {}", outcome.trained.label());
        (heading, outcome.confusion.table(&classes))
    };
    let order = match config.order {
        Order::Pixels => "a pixel a step, row by row",
        Order::Permuted => "a pixel a step, in an order that was drawn once",
        Order::Rows => "a row a step",
    };
    let cells = outcomes.iter().map(|outcome| row(outcome));
    let perceptrons = outcomes.iter().filter_map(|outcome| perceptron(outcome));
    Page {
        title: "Digits, pixel by pixel".to_owned(),
        summary: format!(
            "Reads {} images of {} as {} steps, {order}, {} times each, and tells the digit at the end. A perceptron with as many \
             parameters sees all pixels at once.",
            data.train.labels.len(),
            data.name(),
            data.train.shape[0],
            config.training.epochs,
        ),
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: cells.chain(perceptrons).collect(),
        },
        notes: report::notes(&trained),
        charts: report::charts(
            "Validation: digits that are told rightly, in percent".to_owned(),
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
        outcome.model_config.network.cell.hidden_size().to_string(),
        trained.parameters.to_string(),
        format!("{:.2}", trained.valid),
        format!("{:.2}", outcome.confusion.accuracy()),
        format!("{:.0}", trained.history.rate()),
        duration(trained.seconds),
    ]
}

fn perceptron(outcome: &Outcome) -> Option<Vec<String>> {
    let (parameters, accuracy) = outcome.perceptron?;
    let mut row = vec![String::new(); HEAD.len()];
    row[0] = format!("perceptron, seed {}", outcome.trained.seed);
    (row[2], row[4]) = (parameters.to_string(), format!("{accuracy:.2}"));
    Some(row)
}
