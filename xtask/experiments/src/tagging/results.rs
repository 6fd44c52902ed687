//! What a run's reports say about its outcomes.

use recurra_cells::{AnyCell, AnyCellConfig, CellConfig};
use recurra_datasets::tagged::{TagKind, TaggedSentence};
use recurra_train::{WordTagger, WordTaggerConfig};

use super::config::Config;
use super::data::Data;
use super::score::Score;
use crate::comparison::StudyData;
use crate::confusion::Confusion;
use crate::progress::duration;
use crate::report::{self, Metric, Page, Table};
use crate::training::Trained;

/// How many sentences with a mistake are shown.
const SHOWN: usize = 10;

/// What training one cell under one seed came to.
pub struct Outcome {
    pub kind: TagKind,
    pub trained: Trained,
    pub model_config: WordTaggerConfig<AnyCellConfig>,
    /// With the weights of the best validation.
    pub model: WordTagger<AnyCell>,
    pub dev: Score,
    pub test: Score,
    /// Of the test sentences.
    pub tags: Vec<Vec<String>>,
}

impl report::Outcome for Outcome {
    fn trained(&self) -> &Trained {
        &self.trained
    }

    fn metrics(&self) -> Vec<Metric> {
        let mut metrics: Vec<Metric> = vec![
            ("dev_accuracy".into(), self.dev.accuracy),
            ("test_accuracy".into(), self.test.accuracy),
            ("test_unknown_accuracy".into(), self.test.unknown_accuracy),
        ];
        if self.kind == TagKind::Entities {
            metrics.push(("dev_f1".into(), self.dev.f1));
            metrics.push(("test_f1".into(), self.test.f1));
        }
        metrics
    }
}

/// The page of a run.
pub fn page(outcomes: &[&Outcome], config: &Config, data: &Data) -> Page {
    let trained: Vec<&Trained> = outcomes.iter().map(|outcome| &outcome.trained).collect();
    let words = |part: &[TaggedSentence]| part.iter().map(|it| it.words.len()).sum::<usize>();
    let rows = outcomes.iter().map(|outcome| row(outcome));
    let confusion = outcomes.iter().map(|outcome| confusion(outcome, data));
    let mistakes = outcomes.iter().map(|outcome| mistakes(outcome, data));
    Page {
        title: "A tag for each word".to_owned(),
        summary: format!(
            "Learns from {} words of {} in {} sentences, {}; tags are of {} kinds. Beside it stands a lexicon that gives each \
             word the tag that it has most often.",
            words(&data.train),
            data.name(),
            data.train.len(),
            config.training.readings(),
            data.reader.tags.len(),
        ),
        table: Table {
            head: HEAD.map(str::to_owned).to_vec(),
            rows: rows.chain([lexicon(data)]).collect(),
        },
        notes: report::notes(&trained),
        charts: report::charts(
            "Validation in percent: words that are tagged rightly, or F1 of names".to_owned(),
            &trained,
        ),
        tables: confusion.chain(mistakes).collect(),
        rolls: Vec::new(),
        samples: Vec::new(),
    }
}

/// The columns of a page's table.
const HEAD: [&str; 9] = [
    "",
    "hidden units",
    "parameters",
    "dev, % of words",
    "test, % of words",
    "unknown words, %",
    "names, test F1",
    "words/s",
    "time",
];

fn row(outcome: &Outcome) -> Vec<String> {
    let trained = &outcome.trained;
    vec![
        trained.label(),
        outcome.model_config.network.cell.hidden_size().to_string(),
        trained.parameters.to_string(),
        percent(outcome.dev.accuracy),
        percent(outcome.test.accuracy),
        percent(outcome.test.unknown_accuracy),
        f1(outcome.kind, &outcome.test),
        format!("{:.0}", trained.history.rate()),
        duration(trained.seconds),
    ]
}

fn lexicon(data: &Data) -> Vec<String> {
    let mut row = vec![String::new(); HEAD.len()];
    row[0] = "lexicon".to_owned();
    row[4] = percent(data.lexicon.accuracy);
    row[5] = percent(data.lexicon.unknown_accuracy);
    row[6] = f1(data.kind, &data.lexicon);
    row
}

fn percent(value: f64) -> String {
    format!("{value:.2}")
}

fn f1(kind: TagKind, score: &Score) -> String {
    match kind {
        TagKind::PartsOfSpeech => String::new(),
        TagKind::Entities => percent(score.f1),
    }
}

fn confusion(outcome: &Outcome, data: &Data) -> (String, Table) {
    let pairs = data
        .test
        .iter()
        .zip(&outcome.tags)
        .flat_map(|(sentence, tags)| {
            let (truth, told) = (data.reader.labels(&sentence.tags), data.reader.labels(tags));
            truth.into_iter().zip(told)
        });
    let pairs = pairs.map(|(truth, told)| (truth as usize, told as usize));
    let confusion = Confusion::new(data.reader.tags.len(), pairs);
    let heading = format!("Test words, {}", outcome.trained.label());
    (heading, confusion.table(&data.reader.tags))
}

/// The first sentences that are not tagged as they should be.
fn mistakes(outcome: &Outcome, data: &Data) -> (String, Table) {
    let pairs = data.test.iter().zip(&outcome.tags);
    let wrong = pairs.filter(|(sentence, tags)| sentence.tags != **tags);
    let rows = wrong.take(SHOWN).map(|(sentence, tags)| {
        let words = sentence.words.iter().zip(sentence.tags.iter().zip(tags));
        let mistakes = words.clone().filter(|(_, (truth, told))| truth != told);
        let mistakes = mistakes.map(|(word, (truth, told))| format!("{word}: {told}, not {truth}"));
        vec![
            sentence.words.join(" "),
            mistakes.collect::<Vec<_>>().join("; "),
        ]
    });
    let table = Table {
        head: ["sentence", "mistakes"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    };
    (format!("Mistakes, {}", outcome.trained.label()), table)
}
