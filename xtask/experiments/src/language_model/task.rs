//! Training one cell after the other, and what each comes to.

use std::path::Path;
use std::time::Instant;

use super::cells::model_config;
use super::checkpoints::SessionCheckpoints;
use super::config::Config;
use super::session::{Measured, Session};
use crate::cells::CellKind;
use crate::error::Error;
use crate::interrupt;
use crate::progress::{Progress, duration};
use crate::run_folder::{Metrics, RunFolder};
use burn::module::Module;
use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_datasets::{
    DatasetError, END_OF_LINE, LaneCursor, Lanes, LanguageModelCorpus, Unit, Window,
};
use recurra_train::{
    LanguageModel, LanguageModelConfig, Schedule, StepReport, TokenWindow, TruncatedBptt, evaluate,
    redraw_uniform, sample,
};

/// The streams of random numbers under one seed.
const WEIGHTS: u64 = 0;
const DROPOUT: u64 = 1;
const SAMPLE: u64 = 2;
const WINDOWS: u64 = 3;

/// How many points the curve of the training loss has, at most.
const CURVE_POINTS: usize = 100;

/// What training one cell under one seed came to.
pub struct Outcome {
    pub kind: CellKind,
    pub seed: u64,
    pub model_config: LanguageModelConfig<AnyCellConfig>,
    /// With the weights of the best validation.
    pub model: LanguageModel<AnyCell>,
    pub parameters: usize,
    /// The best validation's cross-entropy in nats per token.
    pub valid_nats: f64,
    /// That of the same weights on the test part, where there is one.
    pub test_nats: Option<f64>,
    /// Over the time spent in training steps.
    pub tokens_per_second: f64,
    pub seconds: f64,
    /// Step and mean training loss since the point before.
    pub train_curve: Vec<(usize, f64)>,
    /// Step and validation loss.
    pub valid_curve: Vec<(usize, f64)>,
    /// Text drawn from the model.
    pub sample: String,
}

/// What the cells of a run have in common.
pub struct Trainer<'a> {
    config: &'a Config,
    corpus: &'a LanguageModelCorpus,
    device: Device,
    folder: &'a Path,
    metrics: Metrics,
    /// Of the learning rate.
    schedule: Schedule,
}

impl<'a> Trainer<'a> {
    /// Trains on `device` and writes to the run in `folder`.
    pub fn new(
        config: &'a Config,
        corpus: &'a LanguageModelCorpus,
        device: Device,
        folder: &'a RunFolder,
    ) -> Result<Self, Error> {
        let a_step = config.window * config.accumulate;
        let epoch = (corpus.train.len().saturating_sub(1) / config.batch_size).div_ceil(a_step);
        Ok(Self {
            config,
            corpus,
            device,
            folder: folder.path(),
            metrics: folder.metrics()?,
            schedule: config.schedule(epoch),
        })
    }

    /// Trains the chosen cells under one seed and adds what they come to; fewer if Ctrl-C or an error comes between.
    pub fn train_cells(&mut self, seed: u64, outcomes: &mut Vec<Outcome>) -> Result<(), Error> {
        for kind in CellKind::chosen(self.config.cell) {
            outcomes.push(self.train_cell(kind, seed)?);
            if interrupt::requested() {
                break;
            }
        }
        Ok(())
    }

    fn train_cell(&mut self, kind: CellKind, seed: u64) -> Result<Outcome, Error> {
        let started = Instant::now();
        let model_config = model_config(self.config, kind, self.corpus.vocabulary.len());
        let mut weights = SeededRng::for_stream(seed, WEIGHTS);
        let mut model = model_config.init(&self.device, &mut weights);
        if self.config.weight_range > 0.0 {
            model = redraw_uniform(model, self.config.weight_range, &mut weights);
        }
        let parameters = model.num_params();
        let dropout = SeededRng::for_stream(seed, DROPOUT);
        let training = TruncatedBptt::new(model, self.config.training(), dropout)?;
        let windows = SeededRng::for_stream(seed, WINDOWS);
        let mut session = Session::new((kind, seed), training, windows);
        self.train(&mut session)?;
        let tokens_per_second = session.tokens_per_second();
        let (valid_nats, model) = session.best.expect("training ends with a validation");
        let test = self.corpus.test.as_deref();
        Ok(Outcome {
            kind,
            seed,
            parameters,
            valid_nats,
            test_nats: test.map(|test| self.evaluate(&model, test)).transpose()?,
            tokens_per_second,
            train_curve: session.train_curve,
            valid_curve: session.valid_curve,
            sample: self.sample(&model, seed)?,
            seconds: started.elapsed().as_secs_f64(),
            model_config,
            model,
        })
    }

    /// All steps from the last checkpoint on, or those up to Ctrl-C; the last is followed by a validation.
    fn train(&mut self, session: &mut Session) -> Result<(), Error> {
        let lanes = Lanes::new(&self.corpus.train, self.config.batch_size)?;
        let mut progress = Progress::start(
            format!("{} seed {}", session.kind.name(), session.seed),
            "tokens",
            self.config.steps,
        );
        let checkpoints = SessionCheckpoints::of(self.folder, session)?;
        let (done, mut cursor) =
            checkpoints.restore(session, self.config.steps, &mut self.metrics)?;
        if done == 0 {
            checkpoints.write(0, session, cursor, &self.metrics)?;
        }
        for step in done + 1..=self.config.steps {
            let windows = self.next_windows(&lanes, &mut cursor, session)?;
            let report = self.step(session, step, &windows)?;
            progress.step(step, report.loss, session.tokens_per_second());
            let interrupted = interrupt::requested();
            let due = step == self.config.steps || step.is_multiple_of(self.config.validate_every);
            if due {
                self.validate(session, step, &progress)?;
            }
            if due || interrupted || step.is_multiple_of(self.config.checkpoint_every) {
                checkpoints.write(step, session, cursor, &self.metrics)?;
            }
            if interrupted {
                // After the checkpoint: a run that goes on must not know of a validation that it would not have made.
                if !due {
                    self.validate(session, step, &progress)?;
                }
                break;
            }
        }
        Ok(())
    }

    /// The windows of the next step. A step ends where the text does, which then begins anew.
    fn next_windows(
        &self,
        lanes: &Lanes<'_>,
        cursor: &mut LaneCursor,
        session: &mut Session,
    ) -> Result<Vec<TokenWindow>, Error> {
        let mut windows = Vec::new();
        while windows.len() < self.config.accumulate {
            let (lengths, base) = (self.config.window_lengths, self.config.window);
            let length = lengths.next(base, &mut session.windows)?;
            match cursor.next_window(lanes, length) {
                Some(window) => windows.push(to_tokens(window)),
                None if windows.is_empty() => {
                    session.begin_text();
                    *cursor = LaneCursor::default();
                }
                None => break,
            }
        }
        Ok(windows)
    }

    fn step(
        &mut self,
        session: &mut Session,
        step: usize,
        windows: &[TokenWindow],
    ) -> Result<StepReport, Error> {
        let steps: usize = windows.iter().map(TokenWindow::steps).sum();
        let base = self.config.window * windows.len();
        let learning_rate = self.config.learning_rate
            * self.schedule.factor(session.updates())
            * self.config.window_lengths.rate_factor(steps, base);
        let report = session.step(windows, learning_rate)?;
        if step.is_multiple_of(self.config.steps.div_ceil(CURVE_POINTS)) {
            let measured = Measured::Train {
                train_nats: session.end_point(step),
                grad_norm: report.grad_norm,
                learning_rate,
            };
            self.metrics.write(&session.line(step, measured))?;
        }
        Ok(report)
    }

    fn validate(
        &mut self,
        session: &mut Session,
        step: usize,
        progress: &Progress,
    ) -> Result<(), Error> {
        let (model, averaged) = (session.model(), session.is_averaging());
        let valid_nats = self.evaluate(&model, &self.corpus.valid)?;
        session.judge(step, valid_nats, model);
        let measured = Measured::Valid {
            valid_nats,
            averaged,
        };
        self.metrics.write(&session.line(step, measured))?;
        let time = duration(session.training_time());
        progress.note(&format!(
            "step {step} validation {valid_nats:.4} nats per token after {time} of training"
        ));
        Ok(())
    }

    /// Nats per token of a part, read in as many lanes as in training, or as many as it has tokens for.
    fn evaluate(&self, model: &LanguageModel<AnyCell>, part: &[u32]) -> Result<f64, DatasetError> {
        let lanes = Lanes::new(part, self.config.batch_size.min(part.len() - 1))?;
        let windows = lanes.windows(self.config.window).map(to_tokens);
        Ok(evaluate(model, windows))
    }

    /// Text that begins a new line.
    fn sample(&self, model: &LanguageModel<AnyCell>, seed: u64) -> Result<String, Error> {
        let line = match self.corpus.unit {
            Unit::Char => "\n",
            Unit::Word => END_OF_LINE,
        };
        let prompt = self.corpus.vocabulary.id(line).unwrap_or(0);
        let drawn = sample(
            model,
            &[prompt],
            self.config.sample.temperature,
            SeededRng::for_stream(seed, SAMPLE),
        )?;
        let tokens: Vec<u32> = drawn.take(self.config.sample.tokens).collect();
        Ok(self
            .corpus
            .unit
            .join(self.corpus.vocabulary.decode(&tokens)?))
    }
}

/// A window of the corpus as the model takes it.
fn to_tokens(window: Window) -> TokenWindow {
    TokenWindow::new(
        window.inputs,
        window.targets,
        [window.batch_size, window.steps],
    )
}
