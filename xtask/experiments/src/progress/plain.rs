//! Plain lines now and then.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::{Seen, Subject, duration};

/// How often a line is written.
const PAUSE: Duration = Duration::from_secs(5);

/// Lines on standard error.
pub struct Lines {
    subject: Subject,
    started: Instant,
    shown: Instant,
}

impl Lines {
    pub fn start(subject: Subject) -> Self {
        let now = Instant::now();
        Self {
            subject,
            started: now,
            shown: now,
        }
    }

    /// After a step, if the last line is old enough.
    pub fn step(&mut self, seen: &Seen) {
        if self.shown.elapsed() < PAUSE {
            return;
        }
        self.shown = Instant::now();
        let Subject {
            counted,
            done,
            steps,
            ..
        } = self.subject;
        let a_step = self.started.elapsed().as_secs_f64() / (seen.step - done) as f64;
        let left = duration(a_step * (steps - seen.step) as f64);
        let Seen {
            step, loss, rate, ..
        } = seen;
        self.note(&format!(
            "step {step}/{steps} loss {loss:.3} {rate:.0} {counted}/s {left} left"
        ));
    }

    /// Something that stays to be read.
    pub fn note(&self, text: &str) {
        // A reader that has gone away is no reason to end a run.
        writeln!(io::stderr(), "{} {text}", self.subject.label).ok();
    }
}
