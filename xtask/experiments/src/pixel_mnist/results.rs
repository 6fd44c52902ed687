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
    /// What training on the images at smaller sizes came to before, the smallest first.
    pub smaller: Vec<Trained>,
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
    let cells = outcomes.iter().flat_map(|outcome| rows(outcome, data));
    let perceptrons = outcomes.iter().filter_map(|outcome| perceptron(outcome));
    Page {
        title: "Digits, pixel by pixel".to_owned(),
        summary: summary(config, data),
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

/// What was done, in words.
fn summary(config: &Config, data: &Data) -> String {
    let order = match config.order {
        Order::Pixels => "a pixel a step, row by row",
        Order::Permuted => "a pixel a step, in an order that was drawn once",
        Order::Rows => "a row a step",
    };
    let before = match data.smaller.is_empty() {
        true => "",
        false => {
            " Before, it has learned the same images at smaller sizes, which have fewer steps (a curriculum; Bengio et al. 2009)."
        }
    };
    format!(
        "Reads {} images of {} as {} steps, {order}, {}, and tells the digit at the end.{before} A perceptron with as \
         many parameters sees all pixels at once.",
        data.lesson.train.labels.len(),
        data.name(),
        data.lesson.train.shape[0],
        config.training.readings(),
    )
}

/// The rows of a cell: of its trainings on the images at smaller sizes, and of the last, which may be one of those in a run that was
/// interrupted.
fn rows(outcome: &Outcome, data: &Data) -> Vec<Vec<String>> {
    let row = |(index, trained): (usize, &Trained)| {
        let before = data.smaller.get(index).map_or(String::new(), |parts| {
            format!(", as {} steps before", parts.train.shape[0])
        });
        let test = match index == outcome.smaller.len() {
            true => format!("{:.2}", outcome.confusion.accuracy()),
            false => String::new(),
        };
        vec![
            trained.label() + &before,
            outcome.model_config.network.cell.hidden_size().to_string(),
            trained.parameters.to_string(),
            format!("{:.2}", trained.valid),
            test,
            format!("{:.0}", trained.history.rate()),
            duration(trained.seconds),
        ]
    };
    let trainings = outcome.smaller.iter().chain([&outcome.trained]);
    trainings.enumerate().map(row).collect()
}

fn perceptron(outcome: &Outcome) -> Option<Vec<String>> {
    let (parameters, accuracy) = outcome.perceptron?;
    let mut row = vec![String::new(); HEAD.len()];
    row[0] = format!("perceptron, seed {}", outcome.trained.seed);
    (row[2], row[4]) = (parameters.to_string(), format!("{accuracy:.2}"));
    Some(row)
}
