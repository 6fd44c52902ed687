//! Dropout that draws its masks anew at each step, against masks that stay.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use recurra_cells::{AnyCell, AnyState, NetworkInput, NetworkState, SeededRng};
use recurra_train::{
    DropoutRates, LanguageModel, Pass, SequenceModel, TokenWindow, WindowLoss, dropout_mask,
};

use super::super::Measuring;
use super::super::claim::Claim;
use super::super::finding::{ChartData, Finding, Verdict};
use super::super::language::{MARGIN, lowest};
use crate::error::Error;

/// How probable it is that a unit is dropped.
const RATE: f64 = 0.3;

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
            "Holds if the best validation is at least {MARGIN} nats per character lower with masks of inputs and outputs that stay \
             for a window than with others at each step, both at a rate of {RATE}; variational has the recurrence's beside them. An \
             LSTM on {} characters of generated text.",
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
    let corpus = with.corpus()?;
    let model = || with.language_model(&corpus);
    let plain = |rates| with.read((model(), rates), &corpus, |model| model);
    let naive = Naive { model: model() };
    let naive = with.read((naive, DropoutRates::NONE), &corpus, |it| it.model)?;
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
