//! The dashboard of burn-train, which draws curves and progress on a terminal.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use burn_train::Interrupter;
use burn_train::logger::TrainingProgressLogger;
use burn_train::metric::{
    MetricDefinition, MetricEntry, MetricId, NumericAttributes, NumericEntry, SerializedEntry,
    format_float,
};
use burn_train::renderer::tui::TuiMetricsRendererWrapper;
use burn_train::renderer::{MetricState, MetricsRenderer, MetricsRendererTraining};

use super::{Seen, Subject, terminal};
use crate::interrupt;

/// The metrics of the dashboard, by name.
const LOSS: &str = "loss";
const GRAD_NORM: &str = "gradient norm";
const LEARNING_RATE: &str = "learning rate";
/// How many digits behind the point they are shown with.
const DIGITS: usize = 4;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send>;

/// A dashboard that has the terminal until it is dropped, however that comes.
pub struct Dashboard {
    /// Always there until the end.
    renderer: Option<TuiMetricsRendererWrapper>,
    /// How the dashboard says that its user wants the run to end.
    interrupter: Interrupter,
    subject: Subject,
    /// What is to be read once the terminal is the shell's again: notes, and messages of panics.
    later: Arc<Mutex<Vec<String>>>,
    previous_hook: Option<Hook>,
}

impl Dashboard {
    /// Takes the terminal, or hands the subject back if it does not oblige.
    pub fn open(subject: Subject) -> Result<Self, Subject> {
        if terminal::take().is_err() {
            return Err(subject);
        }
        let later = Arc::new(Mutex::new(Vec::new()));
        let previous_hook = keep_messages(later.clone());
        let interrupter = Interrupter::new();
        let renderer = TuiMetricsRendererWrapper::new(interrupter.clone(), None);
        let mut dashboard = Self {
            renderer: Some(renderer),
            interrupter,
            subject,
            later,
            previous_hook: Some(previous_hook),
        };
        let rate = dashboard.rate_name();
        for name in [LOSS, GRAD_NORM, LEARNING_RATE, &rate] {
            let higher_is_better = *name == rate;
            dashboard.tell(|renderer| renderer.register_metric(definition(name, higher_is_better)));
        }
        Ok(dashboard)
    }

    /// After a step.
    pub fn step(&mut self, seen: &Seen) {
        let rate = self.rate_name();
        let (label, steps) = (self.subject.label.clone(), self.subject.steps);
        self.tell(|renderer| {
            // Without epochs, the dashboard takes the progress of the whole from the first update after a start.
            renderer.start(0, 0, Some(steps), Some(&label));
            renderer.update_split(seen.step);
            renderer.update_train(state(LOSS, seen.loss));
            renderer.update_train(state(GRAD_NORM, seen.grad_norm));
            renderer.update_train(state(LEARNING_RATE, seen.learning_rate));
            renderer.update_train(state(&rate, seen.rate));
        });
        if self.interrupter.should_stop() {
            interrupt::request();
        }
    }

    /// After a validation; `text` says all about it.
    pub fn validation(&mut self, value: f64, text: &str) {
        let text = format!("{} {text}", self.subject.label);
        lines(&self.later).push(text);
        self.tell(|renderer| renderer.update_valid(state(LOSS, value)));
    }

    fn rate_name(&self) -> String {
        format!("{}/s", self.subject.counted)
    }

    fn tell(&mut self, what: impl FnOnce(&mut TuiMetricsRendererWrapper)) {
        if let Some(renderer) = &mut self.renderer {
            or_exit(|| what(renderer));
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        let panicking = thread::panicking();
        if let Some(mut renderer) = self.renderer.take() {
            if panicking {
                // Its own end would not wait for the thread that draws.
                self.interrupter.stop(None);
                or_exit(|| renderer.manual_close());
            }
            or_exit(|| drop(renderer));
        }
        if panicking {
            terminal::give_back_after_panic();
        } else {
            terminal::give_back();
            if let Some(hook) = self.previous_hook.take() {
                panic::set_hook(hook);
            }
        }
        for line in lines(&self.later).drain(..) {
            eprintln!("{line}");
        }
    }
}

/// Messages of panics go to `later`, as the terminal is not theirs. Gives the hook that was there before.
fn keep_messages(later: Arc<Mutex<Vec<String>>>) -> Hook {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let thread = thread::current();
        let name = thread.name().unwrap_or("without a name");
        lines(&later).push(format!("thread {name} {info}"));
    }));
    previous
}

fn lines(later: &Mutex<Vec<String>>) -> impl std::ops::DerefMut<Target = Vec<String>> + '_ {
    later.lock().unwrap_or_else(PoisonError::into_inner)
}

/// burn's dashboard panics in whoever calls it once its user has asked it to kill the program.
fn or_exit(call: impl FnOnce()) {
    if panic::catch_unwind(AssertUnwindSafe(call)).is_err() {
        terminal::give_back_after_panic();
        interrupt::exit();
    }
}

fn definition(name: &str, higher_is_better: bool) -> MetricDefinition {
    let attributes = NumericAttributes {
        unit: None,
        higher_is_better,
    };
    MetricDefinition {
        metric_id: id(name),
        name: Arc::new(name.to_owned()),
        description: None,
        attributes: attributes.into(),
    }
}

fn id(name: &str) -> MetricId {
    MetricId::new(Arc::new(name.to_owned()))
}

fn state(name: &str, value: f64) -> MetricState {
    let entry = SerializedEntry::new(format_float(value, DIGITS), value.to_string());
    let plotted = value.is_finite().then_some(NumericEntry::Value(value));
    MetricState::Numeric(MetricEntry::new(id(name), entry), plotted)
}
