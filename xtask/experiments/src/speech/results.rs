//! What a run's reports say about its outcomes.

use recurra_cells::{AnyCell, AnyCellConfig, CellConfig};
use recurra_train::{CtcRecognizer, CtcRecognizerConfig};

use super::config::Config;
use super::data::Data;
use crate::comparison::StudyData;
use crate::progress::duration;
use crate::report::{self, Metric, Page, Table};
use crate::training::Trained;

/// How many recordings are shown.
const SHOWN: usize = 12;

/// What is said, and what was recognised.
pub type Heard = (Vec<u32>, Vec<u32>);

/// What training one cell under one seed came to.
pub struct Outcome {
    pub trained: Trained,
    pub model_config: CtcRecognizerConfig<AnyCellConfig>,
    /// With the weights of the best validation.
    pub model: CtcRecognizer<AnyCell>,
    /// The test part.
    pub heard: Vec<Heard>,
    /// Its word error, in percent.
    pub test_wer: f64,
    /// A speaker whom another model never heard, and its word error there.
    pub unseen: Option<(String, f64)>,
}

impl report::Outcome for Outcome {
    fn trained(&self) -> &Trained {
        &self.trained
    }

    fn metrics(&self) -> Vec<Metric> {
        let unseen = self.unseen.iter();
        let unseen = unseen.map(|&(_, error)| ("unseen_speaker_wer".into(), error));
        [
            ("valid_wer".into(), self.trained.valid),
            ("test_wer".into(), self.test_wer),
        ]
        .into_iter()
        .chain(unseen)
        .collect()
    }
}

/// The columns of a page's table.
const HEAD: [&str; 8] = [
    "",
    "hidden units",
    "parameters",
    "validation, % word error",
    "test, % word error",
    "unseen speaker, % word error",
    "recordings/s",
    "time",
];

/// The page of a run.
pub fn page(outcomes: &[&Outcome], config: &Config, data: &Data) -> Page {
    let trained: Vec<&Trained> = outcomes.iter().map(|outcome| &outcome.trained).collect();
    let samples = |outcome: &&Outcome| {
        let heading = format!("Said and recognised, {}", outcome.trained.label());
        (heading, table(&outcome.heard))
    };
    let baselines = data.baselines();
    let nearest = baselines.values().next().copied().unwrap_or(f64::NAN);
    Page {
        title: "Strings of spoken digits".to_owned(),
        summary: format!(
            "Learns from {} strings of 1 to {} digits of {}, {}, without being told where a digit begins (connectionist \
             temporal classification); {} others, of other recordings, test it.",
            data.seen.train.len(),
            config.longest,
            data.name(),
            config.training.readings(),
            data.seen.test.len(),
        ),
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: outcomes.iter().map(|outcome| row(outcome)).collect(),
        },
        notes: [format!(
            "Told by the nearest recording's mean spectrum, which knows no order, {nearest:.1} % of single digits are wrong."
        )]
        .into_iter()
        .chain(report::notes(&trained))
        .collect(),
        charts: report::charts("Validation: word error in percent, and training loss in thin lines".to_owned(), &trained),
        tables: outcomes.iter().map(samples).collect(),
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

fn row(outcome: &Outcome) -> Vec<String> {
    let trained = &outcome.trained;
    let unseen = outcome.unseen.as_ref();
    vec![
        trained.label(),
        outcome.model_config.network.cell.hidden_size().to_string(),
        trained.parameters.to_string(),
        format!("{:.2}", trained.valid),
        format!("{:.2}", outcome.test_wer),
        unseen.map_or_else(String::new, |(name, error)| format!("{error:.2} ({name})")),
        format!("{:.0}", trained.history.rate()),
        duration(trained.seconds),
    ]
}

/// Mistakes first.
fn table(heard: &[Heard]) -> Table {
    let digits = |digits: &[u32]| {
        let digits: Vec<String> = digits.iter().map(u32::to_string).collect();
        digits.join(" ")
    };
    let (right, wrong): (Vec<&Heard>, Vec<&Heard>) = heard
        .iter()
        .partition(|(said, recognised)| said == recognised);
    let shown = wrong.into_iter().chain(right).take(SHOWN);
    let rows = shown.map(|(said, recognised)| {
        let verdict = if said == recognised { "" } else { "wrong" };
        vec![digits(said), digits(recognised), verdict.to_owned()]
    });
    Table {
        head: ["said", "recognised", ""].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}
