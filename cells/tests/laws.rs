//! The laws of `RecurrentCell`, for every cell of this crate, on every device.

#[path = "support/properties.rs"]
mod properties;

use burn::tensor::Device;
use properties::{check, small};
use proptest::prelude::*;
use recurra_cells::laws::{self, Case};
use recurra_cells::{
    AnyCellConfig, CellConfig, GruConfig, Init, InputGate, LstmConfig, Nonlinearity,
    PeepholeLstmConfig, Peepholes, Reset, RnnConfig, SeededRng, WeightInit, device_tests,
};

/// A cell's laws hold for these shapes.
fn lawful<C: CellConfig>(
    config: &C,
    input_size: usize,
    case: Case,
    device: &Device,
) -> Result<(), TestCaseError> {
    let device = device.clone().autodiff();
    let cell = config.init(input_size, &device, &mut SeededRng::new(case.seed));
    laws::check(&cell, &device, case)
        .map_err(|violation| TestCaseError::fail(format!("{violation} ({config:?})")))
}

fn cases(device: &Device) -> impl Strategy<Value = (usize, usize, Case)> + use<> {
    let (size, steps) = (small(device), small(device));
    (size.clone(), size.clone(), size, steps, any::<u64>()).prop_map(
        |(input, hidden, batch, steps, seed)| (input, hidden, Case { batch, steps, seed }),
    )
}

/// Every bias and peephole away from zero, so that a mistake in one shows.
fn spread() -> WeightInit {
    WeightInit {
        bias: Init::Normal { std: 0.5 },
        ..WeightInit::default()
    }
}

fn rnn(device: &Device) {
    let options = (any::<bool>(), any::<bool>());
    check(
        device,
        (cases(device), options),
        |((input, hidden, case), (bias, relu))| {
            let nonlinearity = if relu {
                Nonlinearity::Relu
            } else {
                Nonlinearity::Tanh
            };
            let config = RnnConfig::new(hidden)
                .with_bias(bias)
                .with_nonlinearity(nonlinearity)
                .with_init(spread());
            lawful(&config, input, case, device)
        },
    );
}

fn lstm(device: &Device) {
    let clip = || prop::option::of(0.5f64..3.0);
    let options = (any::<bool>(), any::<bool>(), any::<bool>(), clip(), clip());
    check(
        device,
        (cases(device), options),
        |((input, hidden, case), (bias, coupled, projected, cell, gate))| {
            let mut config = LstmConfig::new(hidden).with_bias(bias).with_init(spread());
            config.input_gate = if coupled {
                InputGate::Coupled
            } else {
                InputGate::Independent
            };
            config.projection_size = (projected && hidden > 1).then(|| 1 + hidden / 3);
            (config.cell_clip, config.gate_clip) = (cell, gate);
            lawful(&config, input, case, device)
        },
    );
}

fn peephole(device: &Device) {
    let options = (
        any::<bool>(),
        any::<[bool; 3]>(),
        prop::option::of(0.5f64..3.0),
    );
    check(
        device,
        (cases(device), options),
        |((input, hidden, case), (bias, open, gate_clip))| {
            let peepholes = Peepholes {
                input: open[0],
                forget: open[1],
                output: open[2],
            };
            let mut config = PeepholeLstmConfig::new(hidden)
                .with_bias(bias)
                .with_peepholes(peepholes)
                .with_init(spread());
            config.gate_clip = gate_clip;
            lawful(&config, input, case, device)
        },
    );
}

fn gru(device: &Device) {
    let options = (any::<bool>(), any::<bool>());
    check(
        device,
        (cases(device), options),
        |((input, hidden, case), (bias, before))| {
            let reset = if before { Reset::Before } else { Reset::After };
            let config = GruConfig::new(hidden)
                .with_bias(bias)
                .with_reset(reset)
                .with_init(spread());
            lawful(&config, input, case, device)
        },
    );
}

fn any_cell(device: &Device) {
    check(
        device,
        (cases(device), 0..4),
        |((input, hidden, case), kind)| {
            let config = match kind {
                0 => AnyCellConfig::Rnn(RnnConfig::new(hidden)),
                1 => AnyCellConfig::Lstm(LstmConfig::new(hidden)),
                2 => AnyCellConfig::Peephole(PeepholeLstmConfig::new(hidden).with_init(spread())),
                _ => AnyCellConfig::Gru(GruConfig::new(hidden)),
            };
            lawful(&config, input, case, device)
        },
    );
}

device_tests!(rnn, lstm, peephole, gru, any_cell);
