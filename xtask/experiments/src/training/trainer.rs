//! The loop over the steps of a training.

use std::path::Path;
use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;
use peakmem_alloc::PeakMemAllocTrait;
use recurra_cells::SeededRng;
use recurra_train::{StepReport, TruncatedBptt};

use super::checkpoints::SessionCheckpoints;
use super::session::{Facts, Session};
use super::streams::{DROPOUT, WEIGHTS};
use super::{Task, Trained};
use crate::ALLOCATOR;
use crate::error::Error;
use crate::interrupt;
use crate::metrics::Metrics;
use crate::progress::{Display, Progress, Seen, Subject, duration};

/// What the trainings of a run have in common.
pub struct Trainer<'a> {
    device: Device,
    folder: &'a Path,
    metrics: Metrics,
    display: Display,
}

impl<'a> Trainer<'a> {
    /// Trains on `device` and writes to the run in `folder`.
    pub fn new(device: Device, folder: &'a Path, display: Display) -> Result<Self, Error> {
        Ok(Self {
            device,
            folder,
            metrics: Metrics::open(folder)?,
            display,
        })
    }

    /// Where it trains.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The run's folder.
    pub fn folder(&self) -> &Path {
        self.folder
    }

    /// How it shows progress.
    pub fn display(&self) -> Display {
        self.display
    }

    /// What it measures.
    pub fn metrics(&mut self) -> &mut Metrics {
        &mut self.metrics
    }

    /// Trains to the end, or up to Ctrl-C, from the last checkpoint on where there is one. Gives the model of the best
    /// validation, and what was seen.
    pub fn train<T: Task>(&mut self, task: &T, seed: u64) -> Result<(T::Model, Trained), Error> {
        let started = Instant::now();
        ALLOCATOR.reset_peak_memory();
        let mut weights = SeededRng::for_stream(seed, WEIGHTS);
        let model = task.init(&self.device, &mut weights);
        let parameters = model.num_params();
        let dropout = SeededRng::for_stream(seed, DROPOUT);
        let training = TruncatedBptt::new(model, task.training(), dropout)?;
        let told = (T::MEASURES, task.plan());
        let mut session = Session::new((task.cell(), seed, task.variant()), told, training);
        self.run(task, &mut session)?;
        let facts = Facts {
            parameters,
            seconds: started.elapsed().as_secs_f64(),
            peak_bytes: ALLOCATOR.get_peak_memory(),
        };
        Ok(session.end(facts))
    }

    /// All steps from the last checkpoint on, or those up to Ctrl-C; the last is followed by a validation.
    fn run<T: Task>(&mut self, task: &T, session: &mut Session<T::Model>) -> Result<(), Error> {
        let plan = session.plan;
        let checkpoints = SessionCheckpoints::of(self.folder, session)?;
        let mut place = task.begin(session.seed);
        let done = checkpoints.restore(session, &mut place, &mut self.metrics)?;
        match done {
            0 => checkpoints.write(0, session, &place, &self.metrics)?,
            done if done == plan.steps => return Ok(()),
            _ => {}
        }
        let mut progress = Progress::start(self.display, subject::<T>(session, done));
        for step in done + 1..=plan.steps {
            self.step(task, session, (step, &mut place), &mut progress)?;
            let interrupted = interrupt::requested();
            let due = plan.validates(step);
            if due {
                self.validate(task, session, step, &mut progress)?;
            }
            if due || interrupted || step.is_multiple_of(plan.checkpoint_every) {
                checkpoints.write(step, session, &place, &self.metrics)?;
            }
            if interrupted {
                // After the checkpoint: a run that goes on must not know of a validation that it would not have made.
                if !due {
                    self.validate(task, session, step, &mut progress)?;
                }
                break;
            }
        }
        Ok(())
    }

    fn step<T: Task>(
        &mut self,
        task: &T,
        session: &mut Session<T::Model>,
        (step, place): (usize, &mut T::Place),
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let reading = task.next(place)?;
        let learning_rate = task.learning_rate(session.updates(), &reading.windows);
        let report = session.step(&reading, learning_rate)?;
        if step.is_multiple_of(session.plan.point_every) {
            self.point::<T>(session, step, report, learning_rate)?;
        }
        progress.step(&Seen {
            step,
            loss: report.loss,
            grad_norm: report.grad_norm,
            learning_rate,
            rate: session.history.rate(),
        });
        Ok(())
    }

    /// A point of the curves.
    fn point<T: Task>(
        &mut self,
        session: &mut Session<T::Model>,
        step: usize,
        report: StepReport,
        learning_rate: f64,
    ) -> Result<(), Error> {
        let loss_scale = session.loss_scale();
        let history = &mut session.history;
        history
            .loss_scale
            .extend(loss_scale.map(|scale| (step, scale)));
        history.grad_norm.push((step, report.grad_norm));
        history.learning_rate.push((step, learning_rate));
        let loss = history.end_point(step);
        let rate = history.rate();
        let line = session.line(step).with(T::MEASURES.train, loss);
        let line = line.with("grad_norm", report.grad_norm);
        let line = line.with("learning_rate", learning_rate);
        let line = line.with(T::MEASURES.rate, rate);
        let line = match loss_scale {
            Some(scale) => line.with("loss_scale", scale),
            None => line,
        };
        self.metrics.write(&match session.skipped() {
            0 => line,
            skipped => line.with("skipped", skipped),
        })
    }

    fn validate<T: Task>(
        &mut self,
        task: &T,
        session: &mut Session<T::Model>,
        step: usize,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let averaged = session.is_averaging();
        let model = session.model();
        let valid = task.validate(&model)?;
        session.judge(step, valid, model);
        let line = session.line(step).with(T::MEASURES.valid, valid);
        self.metrics.write(&match averaged {
            false => line,
            true => line.with("averaged", true),
        })?;
        let (at, unit) = (session.plan.name_of(step), T::MEASURES.unit);
        let time = duration(session.history.seconds());
        let text = format!("{at} validation {valid:.4} {unit} after {time} of training");
        progress.validation(valid, &text);
        Ok(())
    }
}

/// What progress is shown of.
fn subject<T: Task>(session: &Session<T::Model>, done: usize) -> Subject {
    Subject {
        label: session.label(),
        counted: T::MEASURES.counted,
        done,
        steps: session.plan.steps,
    }
}
