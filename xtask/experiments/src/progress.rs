//! The progress of a training: burn's dashboard on a terminal, plain lines on standard error otherwise.

mod dashboard;
mod plain;
mod terminal;

pub use terminal::restore as restore_terminal;

use std::io::{self, IsTerminal};

use dashboard::Dashboard;
use plain::Lines;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    Plain,
    Dashboard,
}

impl Display {
    /// The dashboard where standard output and standard error are terminals, unless plain lines are asked for.
    pub fn choose(plain: bool) -> Self {
        match !plain && io::stdout().is_terminal() && io::stderr().is_terminal() {
            true => Self::Dashboard,
            false => Self::Plain,
        }
    }
}

/// What progress is shown of.
pub struct Subject {
    pub label: String,
    /// What is counted a second, such as `tokens`.
    pub counted: &'static str,
    /// The steps that an earlier run has made.
    pub done: usize,
    /// All steps.
    pub steps: usize,
}

/// What a step of training showed.
pub struct Seen {
    /// Counted from 1.
    pub step: usize,
    pub loss: f64,
    /// Before clipping.
    pub grad_norm: f64,
    pub learning_rate: f64,
    /// In what the subject counts, a second.
    pub rate: f64,
}

/// The progress of one training.
pub enum Progress {
    Plain(Lines),
    Dashboard(Dashboard),
}

impl Progress {
    /// Begins to show progress. A terminal that does not take a dashboard gets plain lines.
    pub fn start(display: Display, subject: Subject) -> Self {
        match display {
            Display::Plain => Self::Plain(Lines::start(subject)),
            Display::Dashboard => match Dashboard::open(subject) {
                Ok(dashboard) => Self::Dashboard(dashboard),
                Err(subject) => Self::Plain(Lines::start(subject)),
            },
        }
    }

    /// After a step.
    pub fn step(&mut self, seen: &Seen) {
        match self {
            Self::Plain(lines) => lines.step(seen),
            Self::Dashboard(dashboard) => dashboard.step(seen),
        }
    }

    /// After a validation; `text` says all about it.
    pub fn validation(&mut self, value: f64, text: &str) {
        match self {
            Self::Plain(lines) => lines.note(text),
            Self::Dashboard(dashboard) => dashboard.validation(value, text),
        }
    }
}

/// Seconds as `42 s`, or `3 min 07 s`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..=99 => format!("{whole} s"),
        _ => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_short_to_read() {
        assert_eq!(
            [duration(3.6), duration(99.0), duration(187.2)],
            ["4 s", "99 s", "3 min 07 s"]
        );
    }
}
