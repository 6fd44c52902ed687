//! What a run's reports say about its outcomes.

use recurra_cells::{AnyCell, AnyCellConfig, CellConfig};
use recurra_datasets::Unit;
use recurra_train::{LanguageModel, LanguageModelConfig};

use super::config::Config;
use super::data::Data;
use crate::progress::duration;
use crate::report::{self, Metric, Page, Table};
use crate::texts::BestNGrams;
use crate::training::Trained;

/// What training one cell under one seed came to.
pub struct Outcome {
    pub trained: Trained,
    pub model_config: LanguageModelConfig<AnyCellConfig>,
    /// With the weights of the best validation.
    pub model: LanguageModel<AnyCell>,
    /// What a token is.
    pub unit: Unit,
    /// Nats per token on the test part, where there is one.
    pub test_nats: Option<f64>,
    /// Text drawn from the model.
    pub sample: String,
}

impl report::Outcome for Outcome {
    fn trained(&self) -> &Trained {
        &self.trained
    }

    fn metrics(&self) -> Vec<Metric> {
        let nats = self.trained.valid;
        let mut metrics = vec![
            ("valid_nats_per_token".into(), nats),
            ("valid_perplexity".into(), nats.exp()),
        ];
        if self.unit == Unit::Char {
            metrics.push(("valid_nats_per_char".into(), nats));
        }
        let test = self
            .test_nats
            .map(|nats| ("test_perplexity".into(), nats.exp()));
        metrics.extend(test);
        metrics
    }
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
pub fn page(outcomes: &[&Outcome], config: &Config, data: &Data) -> Page {
    let token = match config.unit {
        Unit::Char => "character",
        Unit::Word => "word",
    };
    let trained: Vec<&Trained> = outcomes.iter().map(|outcome| &outcome.trained).collect();
    let loss = format!("Loss in nats per {token}: validation, and training in thin lines");
    let rows = outcomes.iter().map(|outcome| row(outcome));
    let samples = outcomes.iter();
    let samples = samples.map(|outcome| (outcome.trained.label(), outcome.sample.clone()));
    Page {
        title: "Language model".to_owned(),
        summary: format!(
            "Predicts the next {token} of {}: {} windows of {} steps. Beside it stand n-grams, which see only the last few {token}s.",
            data.name, config.steps, config.window
        ),
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: rows.chain([by_counting(&data.n_grams)]).collect(),
        },
        notes: report::notes(&trained),
        charts: report::charts(loss, &trained),
        tables: Vec::new(),
        rolls: Vec::new(),
        samples: samples.collect(),
    }
}

fn row(outcome: &Outcome) -> Vec<String> {
    let trained = &outcome.trained;
    vec![
        trained.label(),
        outcome.model_config.network.cell.hidden_size().to_string(),
        trained.parameters.to_string(),
        format!("{:.4}", trained.valid),
        format!("{:.2}", trained.valid.exp()),
        perplexity(outcome.test_nats),
        format!("{:.0}", trained.history.rate()),
        duration(trained.seconds),
    ]
}

fn by_counting(n_grams: &BestNGrams) -> Vec<String> {
    let mut row = vec![String::new(); HEAD.len()];
    row[0] = format!("{}-grams", n_grams.order);
    row[3] = format!("{:.4}", n_grams.valid);
    row[4] = format!("{:.2}", n_grams.valid.exp());
    row[5] = perplexity(n_grams.test);
    row
}

/// Of a part that not every corpus has.
fn perplexity(nats: Option<f64>) -> String {
    nats.map_or_else(|| "none".to_owned(), |nats| format!("{:.2}", nats.exp()))
}
