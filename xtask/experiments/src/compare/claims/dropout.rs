//! Dropout that draws its masks anew at each step, against masks that stay.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use recurra_cells::{AnyCell, AnyState, NetworkInput, NetworkState, RecurrentConfig, SeededRng};
use recurra_datasets::{Lanes, LanguageModelCorpus, Unit, Window, generated_text};
use recurra_train::{
    DropoutRates, LanguageModel, LanguageModelConfig, Pass, Regularization, SequenceModel,
    TokenWindow, TrainingConfig, TruncatedBptt, WindowLoss, dropout_mask, evaluate,
};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::config::MAX_NORM;
use super::super::finding::{ChartData, Finding, Verdict};
use crate::cells::CellKind;
use crate::error::Error;
use crate::interrupt;
use crate::training::streams::{DROPOUT, WEIGHTS};

/// How probable it is that a unit is dropped.
const RATE: f64 = 0.3;
/// `B`, `T` of a window, and `E` and `H`.
const LANES: usize = 16;
const WINDOW: usize = 32;
const WIDTH: usize = 128;
const LEARNING_RATE: f64 = 4e-3;
/// By how many nats per character models differ.
const MARGIN: f64 = 0.01;

/// A language model under naive dropout (Zaremba et al. 2014): other units of the inputs and outputs at each step.
#[derive(Module, Debug)]
struct Naive {
    model: LanguageModel<AnyCell>,
}

impl Naive {
    fn drop(values: Tensor<3>, rng: &mut SeededRng) -> Tensor<3> {
        let [batch, steps, width] = values.dims();
        let options = (&values.device(), values.dtype());
        let mask = dropout_mask([batch * steps, width], RATE, options, rng);
        values * mask.reshape([batch, steps, width])
    }
}

impl SequenceModel for Naive {
    type Window = TokenWindow;
    type State = AnyState;

    fn device(&self) -> Device {
        self.model.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<AnyState> {
        self.model.initial_state(batch_size)
    }

    fn window_loss(
        &self,
        window: &TokenWindow,
        state: Option<NetworkState<AnyState>>,
        pass: Pass<'_>,
    ) -> WindowLoss<AnyState> {
        let Pass::Training { rng, .. } = pass else {
            return self.model.window_loss(window, state, pass);
        };
        let device = self.device();
        let embedded = self.model.embedding.forward(window.inputs(&device));
        let input = NetworkInput::new(Self::drop(embedded, rng)).with_state(state);
        let output = self.model.network.forward(input);
        let logits = self.model.logits(Self::drop(output.outputs, rng));
        let loss = self.model.loss(logits, window.targets(&device), None);
        WindowLoss::new(loss, output.state)
    }
}

/// Neither, naive dropout, and the same with masks that stay for a window, the recurrence's among them.
pub fn measure(with: &mut Measuring<'_, '_>) -> Result<Finding, Error> {
    let arms = arms(with)?;
    let best = arms.each_ref().map(|(_, nats)| lowest(nats));
    let figures = arms.iter().zip(best);
    let figures = figures.map(|((name, _), nats)| (format!("{name}_nats"), nats));
    let [_, naive, same, _] = best;
    let finding = Finding::new(
        Claim::NaiveDropout,
        "Dropout with masks that stay for a sequence serves recurrent networks better than masks drawn anew at each step.",
        figures.collect(),
        Verdict::of(same <= naive - MARGIN),
        format!(
            "Holds if the best validation is at least {MARGIN} nats per character lower with masks of inputs and outputs that stay              for a window than with others at each step, both at a rate of {RATE}; variational has the recurrence's beside them.              An LSTM on {} characters of generated text.",
            with.config.characters
        ),
    );
    let points = |nats: Vec<f64>| (1..).map(f64::from).zip(nats).collect();
    let curves = arms.map(|(name, nats)| (name.replace('_', " "), points(nats)));
    Ok(finding.with_chart(ChartData {
        title: "Validation, nats per character, over the readings of a short text".to_owned(),
        x_label: "reading".to_owned(),
        x_log: false,
        y_log: false,
        curves: curves.into(),
    }))
}

/// The validations of each way to drop.
fn arms(with: &Measuring<'_, '_>) -> Result<[(&'static str, Vec<f64>); 4], Error> {
    let text = generated_text(with.seed, with.config.characters);
    let corpus = LanguageModelCorpus::from_text(&text, Unit::Char, 0.2)?;
    let model = || fresh(with, &corpus);
    let plain = |rates| read(with, (model(), rates), &corpus, |model| model);
    let naive = Naive { model: model() };
    let naive = read(with, (naive, DropoutRates::NONE), &corpus, |it| it.model)?;
    let same = DropoutRates {
        input: RATE,
        output: RATE,
        ..DropoutRates::NONE
    };
    Ok([
        ("none", plain(DropoutRates::NONE)?),
        ("naive", naive),
        ("lasting", plain(same)?),
        ("variational", plain(DropoutRates::uniform(RATE))?),
    ])
}

fn fresh(with: &Measuring<'_, '_>, corpus: &LanguageModelCorpus) -> LanguageModel<AnyCell> {
    let network = RecurrentConfig::new(CellKind::Lstm.config(WIDTH));
    let rng = &mut SeededRng::for_stream(with.seed, WEIGHTS);
    let device = with.trainer.device().clone().autodiff();
    LanguageModelConfig::new(corpus.vocabulary.len(), WIDTH, network).init(&device, rng)
}

/// The validation after each reading of the text, in nats per character.
fn read<M: SequenceModel<Window = TokenWindow>>(
    with: &Measuring<'_, '_>,
    (model, rates): (M, DropoutRates),
    corpus: &LanguageModelCorpus,
    inner: impl Fn(M) -> LanguageModel<AnyCell>,
) -> Result<Vec<f64>, Error> {
    let told = TrainingConfig {
        max_norm: MAX_NORM,
        regularization: Regularization::from(rates),
        ..TrainingConfig::default()
    };
    let dropout = SeededRng::for_stream(with.seed, DROPOUT);
    let mut training = TruncatedBptt::new(model, told, dropout)?;
    let lanes = Lanes::new(&corpus.train, LANES)?;
    let judged = Lanes::new(&corpus.valid, LANES)?;
    let mut nats = Vec::new();
    for _ in 0..with.config.readings {
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

fn tokens(window: Window) -> TokenWindow {
    let shape = [window.batch_size, window.steps];
    TokenWindow::new(window.inputs, window.targets, shape)
}

fn lowest(nats: &[f64]) -> f64 {
    nats.iter().copied().fold(f64::INFINITY, f64::min)
}
