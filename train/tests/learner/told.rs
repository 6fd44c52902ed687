//! A renderer that draws nothing and writes down what it is told.

use std::sync::{Arc, Mutex, MutexGuard};

use burn_train::logger::{EvaluationProgressLogger, TrainingProgressLogger};
use burn_train::metric::{MetricDefinition, MetricId, NumericEntry};
use burn_train::renderer::{
    EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation,
    MetricsRendererTraining,
};
use burn_train::{Interrupter, LearnerSummary};

/// What the renderer was told. Clones write in the same book.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Book>>);

#[derive(Default)]
pub struct Book {
    metrics: Vec<(MetricId, String)>,
    values: Vec<Value>,
    /// The epochs that were begun, finished, and how many there were to be.
    pub starting_epoch: usize,
    pub finished_epochs: Vec<usize>,
    pub total_epochs: usize,
    pub summary: Option<String>,
    /// Stops the training when so many windows have been trained on.
    pub stop_at: Option<(usize, Interrupter)>,
}

struct Value {
    split: &'static str,
    metric: String,
    entry: NumericEntry,
}

impl Told {
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().expect("nobody panicked with it")
    }

    /// A metric's value of each window.
    pub fn windows(&self, split: &str, metric: &str) -> Vec<f64> {
        self.values(split, metric, |entry| match entry {
            NumericEntry::Final(_) => None,
            of_a_window => Some(of_a_window.current()),
        })
    }

    /// A metric's value of each epoch.
    pub fn epochs(&self, split: &str, metric: &str) -> Vec<f64> {
        self.values(split, metric, |entry| match entry {
            NumericEntry::Final(value) => Some(*value),
            _ => None,
        })
    }

    fn values(
        &self,
        split: &str,
        metric: &str,
        choose: impl Fn(&NumericEntry) -> Option<f64>,
    ) -> Vec<f64> {
        let book = self.book();
        let wanted = |value: &&Value| value.split == split && value.metric == metric;
        let values = book.values.iter().filter(wanted);
        values.filter_map(|value| choose(&value.entry)).collect()
    }

    fn take(&self, split: &'static str, state: MetricState) {
        let mut book = self.book();
        let MetricState::Numeric(entry, Some(value)) = state else {
            return;
        };
        let known = book.metrics.iter().find(|(id, _)| *id == entry.metric_id);
        let metric = known.expect("a metric is registered first").1.clone();
        book.values.push(Value {
            split,
            metric,
            entry: value,
        });
    }
}

impl MetricsRendererTraining for Told {
    fn update_train(&mut self, state: MetricState) {
        self.take("train", state);
        let book = self.book();
        if let Some((windows, interrupter)) = &book.stop_at
            && book.values.len() >= *windows
        {
            interrupter.stop(Some("enough"));
        }
    }

    fn update_valid(&mut self, state: MetricState) {
        self.take("valid", state);
    }

    fn on_train_end(
        &mut self,
        summary: Option<LearnerSummary>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        self.book().summary = summary.map(|summary| summary.to_string());
        Ok(())
    }
}

impl TrainingProgressLogger for Told {
    fn start(&mut self, total: usize, starting: usize, _: Option<usize>, _: Option<&str>) {
        let mut book = self.book();
        (book.total_epochs, book.starting_epoch) = (total, starting);
    }

    fn update_epoch(&mut self, epoch: usize) {
        self.book().finished_epochs.push(epoch);
    }

    fn start_split(&mut self, _: &str, _: usize) {}
    fn update_split(&mut self, _: usize) {}
    fn end_split(&mut self) {}
    fn end(&mut self) {}
    fn log_event_training(&mut self, _: String) {}
}

impl EvaluationProgressLogger for Told {
    fn start_global_progress(&mut self, _: usize) {}
    fn start_test(&mut self, _: &str, _: usize) {}
    fn update_test_progress(&mut self, _: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _: String) {}
}

impl MetricsRendererEvaluation for Told {
    fn update_test(&mut self, _: EvaluationName, _: MetricState) {}
}

impl MetricsRenderer for Told {
    fn manual_close(&mut self) {}

    fn register_metric(&mut self, definition: MetricDefinition) {
        let named = (definition.metric_id, definition.name.to_string());
        self.book().metrics.push(named);
    }
}
