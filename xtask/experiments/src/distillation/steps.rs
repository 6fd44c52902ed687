//! The steps of a training on texts, the same for teachers and students.

use std::iter;
use std::time::Instant;

use recurra_datasets::batches::{BatchCursor, PaddedBatch, PaddedBatches};
use recurra_train::{Schedule, ScheduledRate, StepReport};

use crate::error::Error;
use crate::interrupt;
use crate::metrics::Line;
use crate::progress::{Progress, Seen, Subject};
use crate::training::Trainer;

/// How often a line is written, in steps.
const LINE_EVERY: usize = 50;

/// How long a training is, and by which name it is shown.
pub struct Steps<'a> {
    pub name: &'a str,
    pub seed: u64,
    /// How often each text is seen.
    pub epochs: usize,
    /// The fewest steps, however few texts there are.
    pub least: usize,
    /// `B`.
    pub batch_size: usize,
    /// At its highest.
    pub learning_rate: f64,
}

impl Steps<'_> {
    /// How many there are over so many texts.
    pub fn over(&self, texts: usize) -> usize {
        let epoch = texts.div_ceil(self.batch_size);
        (self.epochs * epoch).max(self.least).max(1)
    }

    /// Makes them: `step` is given each batch of the rows and its learning rate. Gives whether all were made, and not
    /// interrupted by Ctrl-C.
    pub fn make(
        &self,
        rows: &[Vec<u32>],
        schedule: Schedule,
        trainer: &mut Trainer<'_>,
        mut step: impl FnMut(&PaddedBatch, f64) -> Result<StepReport, Error>,
    ) -> Result<bool, Error> {
        let batches = PaddedBatches::new(rows, 0, self.batch_size)?;
        let steps = self.over(rows.len());
        let rate = ScheduledRate::new(schedule, self.learning_rate)?;
        let mut progress = Progress::start(trainer.display(), self.subject(steps));
        let begun = Instant::now();
        for (number, batch) in (1..=steps).zip(endless(&batches, self.seed)) {
            let learning_rate = rate.at(number - 1);
            let report = step(&batch, learning_rate)?;
            let seen = Seen {
                step: number,
                loss: report.loss,
                grad_norm: report.grad_norm,
                learning_rate,
                rate: (number * self.batch_size) as f64 / begun.elapsed().as_secs_f64(),
            };
            progress.step(&seen);
            if number.is_multiple_of(LINE_EVERY) || number == steps {
                trainer.metrics().write(&self.line(&seen))?;
            }
            if interrupt::requested() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn subject(&self, steps: usize) -> Subject {
        Subject {
            label: format!("{} seed {}", self.name, self.seed),
            counted: "texts",
            done: 0,
            steps,
        }
    }

    /// A line of `metrics.jsonl`.
    fn line(&self, seen: &Seen) -> Line {
        let line = Line::new(self.name, self.seed, seen.step);
        line.with("train_loss", seen.loss)
            .with("grad_norm", seen.grad_norm)
            .with("learning_rate", seen.learning_rate)
            .with("texts_per_second", seen.rate)
    }
}

/// One epoch after the other, each in an order of its own.
fn endless(batches: &PaddedBatches<'_>, seed: u64) -> impl Iterator<Item = PaddedBatch> {
    let cursors = iter::successors(Some(BatchCursor::default()), |cursor| {
        Some(cursor.next_epoch())
    });
    cursors.flat_map(move |cursor| batches.epoch(seed, cursor))
}
