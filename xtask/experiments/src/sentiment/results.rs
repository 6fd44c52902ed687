//! What a run's reports say about its outcomes.

use recurra_cells::CellConfig;
use recurra_datasets::labelled::LabelledText;

use super::config::Config;
use super::data::Data;
use crate::progress::duration;
use crate::report::{self, Page, Table};
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

/// How often texts of each class were taken for each: `counts[true][decided]`.
pub struct Confusion(Vec<Vec<usize>>);

impl Confusion {
    /// Of texts and the classes that were decided for.
    pub fn new(classes: usize, texts: &[LabelledText], decisions: &[usize]) -> Self {
        let mut counts = vec![vec![0; classes]; classes];
        for (text, &decision) in texts.iter().zip(decisions) {
            counts[text.label][decision] += 1;
        }
        Self(counts)
    }

    /// In percent; NaN of no text.
    pub fn accuracy(&self) -> f64 {
        let right: usize = (0..self.0.len()).map(|class| self.0[class][class]).sum();
        let all: usize = self.0.iter().flatten().sum();
        100.0 * right as f64 / all as f64
    }

    /// A row for each class, with the share of its texts that was found.
    fn table(&self, classes: &[String]) -> Table {
        let head = ["class".to_owned()].into_iter();
        let decided = classes.iter().map(|class| format!("taken for {class}"));
        let row = |(own, counts): (usize, &Vec<usize>)| {
            let found = 100.0 * counts[own] as f64 / counts.iter().sum::<usize>().max(1) as f64;
            let counts = counts.iter().map(usize::to_string);
            [classes[own].clone()]
                .into_iter()
                .chain(counts)
                .chain([format!("{found:.1} %")])
                .collect()
        };
        Table {
            head: head.chain(decided).chain(["found".to_owned()]).collect(),
            rows: self.0.iter().enumerate().map(row).collect(),
        }
    }
}

impl report::Outcome for Outcome {
    fn trained(&self) -> &Trained {
        &self.trained
    }

    fn metrics(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("valid_accuracy", self.trained.valid),
            ("test_accuracy", self.confusion.accuracy()),
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
            "Learns from {} texts of {}, {} times each; {} others choose the model, {} test it. The words of a text in no order \
             (naive Bayes) and the commonest class stand beside it.",
            data.train.len(),
            data.name,
            config.epochs,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_counts_each_class_in_its_row() {
        let texts: Vec<LabelledText> = [0, 0, 0, 1]
            .map(|label| LabelledText {
                text: String::new(),
                label,
            })
            .into();
        let confusion = Confusion::new(2, &texts, &[0, 1, 0, 1]);
        assert_eq!(confusion.accuracy(), 75.0);
        let classes = ["bad", "good"].map(str::to_owned);
        let table = confusion.table(&classes);
        assert_eq!(
            table.head,
            ["class", "taken for bad", "taken for good", "found"]
        );
        assert_eq!(
            table.rows,
            [["bad", "2", "1", "66.7 %"], ["good", "0", "1", "100.0 %"]]
        );
    }
}
