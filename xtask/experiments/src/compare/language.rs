//! Language models of a generated text, for the claims on what they learn from it.

use recurra_cells::{AnyCell, RecurrentConfig, SeededRng};
use recurra_datasets::{Lanes, LanguageModelCorpus, Unit, Window, generated_text};
use recurra_train::{
    DropoutRates, LanguageModel, LanguageModelConfig, Regularization, SequenceModel, TokenWindow,
    TrainingConfig, TruncatedBptt, evaluate,
};

use super::Measuring;
use super::config::MAX_NORM;
use crate::cells::CellKind;
use crate::error::Error;
use crate::interrupt;
use crate::training::streams::{DROPOUT, WEIGHTS};

/// By how many nats per character models differ.
pub const MARGIN: f64 = 0.01;

/// `B`, `T` of a window, and `E` and `H`.
const LANES: usize = 16;
const WINDOW: usize = 32;
const WIDTH: usize = 128;
const LEARNING_RATE: f64 = 4e-3;

impl Measuring<'_, '_> {
    /// Characters, the last fifth of which validate.
    pub fn corpus(&self) -> Result<LanguageModelCorpus, Error> {
        let text = generated_text(self.seed, self.config.characters);
        Ok(LanguageModelCorpus::from_text(&text, Unit::Char, 0.2)?)
    }

    /// An LSTM that has read nothing.
    pub fn language_model(&self, corpus: &LanguageModelCorpus) -> LanguageModel<AnyCell> {
        let network = RecurrentConfig::new(CellKind::Lstm.config(WIDTH));
        let rng = &mut SeededRng::for_stream(self.seed, WEIGHTS);
        let device = self.trainer.device().clone().autodiff();
        LanguageModelConfig::new(corpus.vocabulary.len(), WIDTH, network).init(&device, rng)
    }

    /// The validation after each reading of the text, in nats per character, of the language model `inner` of `model`.
    pub fn read<M: SequenceModel<Window = TokenWindow>>(
        &self,
        (model, rates): (M, DropoutRates),
        corpus: &LanguageModelCorpus,
        inner: impl Fn(M) -> LanguageModel<AnyCell>,
    ) -> Result<Vec<f64>, Error> {
        let told = TrainingConfig {
            max_norm: MAX_NORM,
            regularization: Regularization::from(rates),
            ..TrainingConfig::default()
        };
        let dropout = SeededRng::for_stream(self.seed, DROPOUT);
        let mut training = TruncatedBptt::new(model, told, dropout)?;
        let lanes = Lanes::new(&corpus.train, LANES)?;
        let judged = Lanes::new(&corpus.valid, LANES)?;
        let mut nats = Vec::new();
        for _ in 0..self.config.readings {
            training.reset_state();
            for window in lanes.windows(WINDOW) {
                training.train_window(&tokens(window), LEARNING_RATE)?;
            }
            let windows = judged.windows(WINDOW).map(tokens);
            nats.push(evaluate(&inner(training.model_for_use()), windows));
            if interrupt::requested() {
                break;
            }
        }
        Ok(nats)
    }
}

fn tokens(window: Window) -> TokenWindow {
    let shape = [window.batch_size, window.steps];
    TokenWindow::new(window.inputs, window.targets, shape)
}

/// The best validation.
pub fn lowest(nats: &[f64]) -> f64 {
    nats.iter().copied().fold(f64::INFINITY, f64::min)
}
