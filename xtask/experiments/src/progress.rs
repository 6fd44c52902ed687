//! Progress on standard error: one rewritten line on a terminal, plain lines now and then without one.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often a terminal's line is rewritten.
const TERMINAL_PAUSE: Duration = Duration::from_millis(200);
/// How often a plain line is written.
const PLAIN_PAUSE: Duration = Duration::from_secs(5);

/// The progress of one training.
pub struct Progress {
    label: String,
    /// What is counted a second.
    unit: &'static str,
    steps: usize,
    started: Instant,
    shown: Instant,
    terminal: bool,
}

impl Progress {
    /// Begins a training of `steps` steps, whose rate is in `unit` a second.
    pub fn start(label: String, unit: &'static str, steps: usize) -> Self {
        let now = Instant::now();
        Self {
            label,
            unit,
            steps,
            started: now,
            shown: now,
            terminal: io::stderr().is_terminal(),
        }
    }

    /// After `done` steps, if the last line is old enough.
    pub fn step(&mut self, done: usize, loss: f64, rate: f64) {
        let pause = if self.terminal {
            TERMINAL_PAUSE
        } else {
            PLAIN_PAUSE
        };
        if self.shown.elapsed() < pause {
            return;
        }
        self.shown = Instant::now();
        let left = self.started.elapsed().as_secs_f64() / done as f64 * (self.steps - done) as f64;
        let text = format!(
            "{} step {done}/{} loss {loss:.3} {rate:.0} {}/s {} left",
            self.label,
            self.steps,
            self.unit,
            duration(left)
        );
        self.show(&text);
    }

    /// Something that stays to be read.
    pub fn note(&self, text: &str) {
        self.show(&format!("{} {text}", self.label));
        if self.terminal {
            writeln!(io::stderr()).ok();
        }
    }

    fn show(&self, text: &str) {
        let mut stderr = io::stderr();
        // A terminal that has gone away is no reason to end a run.
        if self.terminal {
            // Back to the line's beginning, then clear what the last text leaves over.
            write!(stderr, "\r{text}\x1b[K").ok();
            stderr.flush().ok();
        } else {
            writeln!(stderr, "{text}").ok();
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
