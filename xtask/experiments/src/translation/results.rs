//! What a run's reports say about its outcomes.

use recurra_cells::{AnyCell, AnyCellConfig, CellConfig};
use recurra_train::{Seq2Seq, Seq2SeqConfig};

use super::config::Config;
use super::data::Data;
use crate::comparison::StudyData;
use crate::progress::duration;
use crate::report::{self, Metric, Page, Table};
use crate::training::Trained;

/// How many translations are shown.
const SHOWN: usize = 12;

/// What training one cell under one seed came to.
pub struct Outcome {
    pub trained: Trained,
    pub model_config: Seq2SeqConfig<AnyCellConfig>,
    /// With the weights of the best validation.
    pub model: Seq2Seq<AnyCell>,
    /// Of the test part.
    pub translations: Vec<String>,
    pub test_bleu: f64,
}

impl report::Outcome for Outcome {
    fn trained(&self) -> &Trained {
        &self.trained
    }

    fn metrics(&self) -> Vec<Metric> {
        vec![
            ("valid_bleu".into(), self.trained.valid),
            ("test_bleu".into(), self.test_bleu),
        ]
    }
}

/// The columns of a page's table.
const HEAD: [&str; 7] = [
    "",
    "hidden units",
    "parameters",
    "validation BLEU (greedy)",
    "test BLEU (beam)",
    "subwords/s",
    "time",
];

/// The page of a run.
pub fn page(outcomes: &[&Outcome], config: &Config, data: &Data) -> Page {
    let trained: Vec<&Trained> = outcomes.iter().map(|outcome| &outcome.trained).collect();
    let rows = outcomes.iter().map(|outcome| row(outcome));
    Page {
        title: "Translation".to_owned(),
        summary: format!(
            "Learns from {} sentences of {} with their translations, {}, in {} and {} subwords; {} choose the model, {} test \
             it. Beside it stands a dictionary that translates word by word.",
            data.train.len(),
            data.name(),
            config.training.readings(),
            data.source.len(),
            data.target.len(),
            data.valid.len(),
            data.test.len(),
        ),
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: rows.chain([word_by_word(data)]).collect(),
        },
        notes: report::notes(&trained),
        charts: report::charts(
            "Validation: BLEU of greedy translations".to_owned(),
            &trained,
        ),
        tables: outcomes
            .iter()
            .map(|outcome| shown(outcome, data))
            .collect(),
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

fn row(outcome: &Outcome) -> Vec<String> {
    let trained = &outcome.trained;
    let hidden = outcome.model_config.decoder.cell.hidden_size();
    vec![
        trained.label(),
        hidden.to_string(),
        trained.parameters.to_string(),
        format!("{:.2}", trained.valid),
        format!("{:.2}", outcome.test_bleu),
        format!("{:.0}", trained.history.rate()),
        duration(trained.seconds),
    ]
}

fn word_by_word(data: &Data) -> Vec<String> {
    let mut row = vec![String::new(); HEAD.len()];
    row[0] = "word by word".to_owned();
    row[4] = format!("{:.2}", data.word_by_word);
    row
}

/// Test sentences from all over the part.
fn shown(outcome: &Outcome, data: &Data) -> (String, Table) {
    let every = data.test.len().div_ceil(SHOWN).max(1);
    let pairs = data.test.pairs().zip(&outcome.translations);
    let rows = pairs
        .step_by(every)
        .map(|((source, reference), own)| [source, reference, own].map(str::to_owned).to_vec());
    let table = Table {
        head: ["source", "reference", "translation"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
    };
    (
        format!("Test sentences, {}", outcome.trained.label()),
        table,
    )
}
