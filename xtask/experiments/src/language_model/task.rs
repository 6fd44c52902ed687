//! Training one cell, and what that comes to.

use burn::tensor::Device;
use recurra_cells::{AnyCell, AnyCellConfig, SeededRng};
use recurra_datasets::{
    DatasetError, END_OF_LINE, LaneCursor, Lanes, LanguageModelCorpus, Unit, Window,
};
use recurra_train::checkpoint::Best;
use recurra_train::{
    LanguageModel, LanguageModelConfig, Schedule, TokenWindow, TrainingConfig, evaluate,
    redraw_uniform, sample,
};
use serde::{Deserialize, Serialize};

use super::cells::model_config;
use super::config::Config;
use super::results::Outcome;
use crate::cells::CellKind;
use crate::error::Error;
use crate::training::streams::{READING, SAMPLE};
use crate::training::{Measures, Plan, Reading, Task, Trainer};

/// How many points the curve of the training loss has, at most.
const CURVE_POINTS: usize = 100;

/// Trains a cell under a seed, tests it and draws from it.
pub fn train(
    config: &Config,
    corpus: &LanguageModelCorpus,
    (cell, seed): (CellKind, u64),
    trainer: &mut Trainer<'_>,
) -> Result<Outcome, Error> {
    let task = CellTask::new(config, corpus, cell)?;
    let (model, trained) = trainer.train(&task, seed)?;
    let test = corpus.test.as_deref();
    Ok(Outcome {
        unit: config.unit,
        test_nats: test.map(|test| task.evaluate(&model, test)).transpose()?,
        sample: task.sample(&model, seed)?,
        model_config: task.model_config,
        model,
        trained,
    })
}

/// The training of one cell.
struct CellTask<'a> {
    config: &'a Config,
    corpus: &'a LanguageModelCorpus,
    cell: CellKind,
    model_config: LanguageModelConfig<AnyCellConfig>,
    lanes: Lanes<'a>,
    /// Of the learning rate.
    schedule: Schedule,
}

/// How far the text has been read.
#[derive(Serialize, Deserialize)]
struct Place {
    cursor: LaneCursor,
    /// Draws the lengths of the windows.
    windows: SeededRng,
}

impl<'a> CellTask<'a> {
    fn new(
        config: &'a Config,
        corpus: &'a LanguageModelCorpus,
        cell: CellKind,
    ) -> Result<Self, Error> {
        let a_step = config.window * config.accumulate;
        let epoch = (corpus.train.len().saturating_sub(1) / config.batch_size).div_ceil(a_step);
        Ok(Self {
            config,
            corpus,
            cell,
            model_config: model_config(config, cell, corpus.vocabulary.len()),
            lanes: Lanes::new(&corpus.train, config.batch_size)?,
            schedule: config.schedule(epoch),
        })
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

impl Task for CellTask<'_> {
    type Model = LanguageModel<AnyCell>;
    type Place = Place;

    const MEASURES: Measures = Measures {
        train: "train_nats",
        valid: "valid_nats",
        unit: "nats per token",
        best: Best::Lowest,
        rate: "tokens_per_second",
        counted: "tokens",
    };

    fn cell(&self) -> CellKind {
        self.cell
    }

    fn plan(&self) -> Plan {
        Plan {
            steps: self.config.steps,
            validate_every: self.config.validate_every,
            checkpoint_every: self.config.checkpoint_every,
            point_every: self.config.steps.div_ceil(CURVE_POINTS),
            epoch: None,
        }
    }

    fn training(&self) -> TrainingConfig {
        self.config.training()
    }

    fn init(&self, device: &Device, rng: &mut SeededRng) -> LanguageModel<AnyCell> {
        let model = self.model_config.init(device, rng);
        match self.config.weight_range {
            0.0 => model,
            range => redraw_uniform(model, range, rng),
        }
    }

    fn begin(&self, seed: u64) -> Place {
        Place {
            cursor: LaneCursor::default(),
            windows: SeededRng::for_stream(seed, READING),
        }
    }

    /// The windows of the next step. A step ends where the text does, which then begins anew.
    fn next(&self, place: &mut Place) -> Result<Reading<TokenWindow>, Error> {
        let (mut windows, mut begins) = (Vec::new(), false);
        while windows.len() < self.config.accumulate {
            let (lengths, base) = (self.config.window_lengths, self.config.window);
            let length = lengths.next(base, &mut place.windows)?;
            match place.cursor.next_window(&self.lanes, length) {
                Some(window) => windows.push(to_tokens(window)),
                None if windows.is_empty() => {
                    begins = true;
                    place.cursor = LaneCursor::default();
                }
                None => break,
            }
        }
        Ok(Reading { windows, begins })
    }

    fn learning_rate(&self, updates: usize, windows: &[TokenWindow]) -> f64 {
        let steps: usize = windows.iter().map(TokenWindow::steps).sum();
        let base = self.config.window * windows.len();
        self.config.learning_rate
            * self.schedule.factor(updates)
            * self.config.window_lengths.rate_factor(steps, base)
    }

    fn validate(&self, model: &LanguageModel<AnyCell>) -> Result<f64, Error> {
        Ok(self.evaluate(model, &self.corpus.valid)?)
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
