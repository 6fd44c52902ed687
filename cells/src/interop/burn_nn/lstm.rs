//! `burn::nn::Lstm` and `burn::nn::BiLstm`.

use super::gates::{Gate, GateRows};
use super::{BURN, direction, directions, network, require_sigmoid, require_tanh, same, some_cell};
use crate::{Direction, Error, InputGate, Lstm, LstmCell, LstmConfig};

impl TryFrom<&burn::nn::Lstm> for Lstm {
    type Error = Error;

    fn try_from(module: &burn::nn::Lstm) -> Result<Self, Error> {
        network(
            config(module)?,
            direction(module.reverse),
            &[gates(module)?],
        )
    }
}

impl TryFrom<&burn::nn::BiLstm> for Lstm {
    type Error = Error;

    fn try_from(module: &burn::nn::BiLstm) -> Result<Self, Error> {
        let parts = [gates(&module.forward)?, gates(&module.reverse)?];
        network(
            same(config(&module.forward)?, config(&module.reverse)?)?,
            Direction::Both,
            &parts,
        )
    }
}

impl TryFrom<&Lstm> for burn::nn::Lstm {
    type Error = Error;

    fn try_from(network: &Lstm) -> Result<Self, Error> {
        let cell = some_cell(network);
        let device = cell.weight_ih.device();
        let parts = directions(network, &[Direction::Forward, Direction::Backward], &device)?;
        let reverse = network.direction() == Direction::Backward;
        let mut module = burn_config(cell)?.with_reverse(reverse).init(&device);
        set_gates(&mut module, &parts[0]);
        Ok(module)
    }
}

impl TryFrom<&Lstm> for burn::nn::BiLstm {
    type Error = Error;

    fn try_from(network: &Lstm) -> Result<Self, Error> {
        let cell = some_cell(network);
        let device = cell.weight_ih.device();
        let parts = directions(network, &[Direction::Both], &device)?;
        let config = burn_config(cell)?;
        let mut module = burn::nn::BiLstmConfig::new(config.d_input, config.d_hidden, config.bias)
            .with_clip(config.clip)
            .with_input_forget(config.input_forget)
            .init(&device);
        set_gates(&mut module.forward, &parts[0]);
        set_gates(&mut module.reverse, &parts[1]);
        Ok(module)
    }
}

fn config(module: &burn::nn::Lstm) -> Result<LstmConfig, Error> {
    require_sigmoid(&module.gate_activation)?;
    require_tanh(&module.cell_activation)?;
    require_tanh(&module.hidden_activation)?;
    let input_gate = match module.input_forget {
        true => InputGate::Coupled,
        false => InputGate::Independent,
    };
    let bias = gates(module)?.iter().any(Gate::has_bias);
    let config = LstmConfig::new(module.d_hidden)
        .with_bias(bias)
        .with_input_gate(input_gate);
    Ok(LstmConfig {
        cell_clip: module.clip,
        ..config
    })
}

/// The gates in our order, `i f g o`, or `f g o`: coupled, burn keeps the input gate and we the forget gate.
fn gates(module: &burn::nn::Lstm) -> Result<Vec<Gate<'_>>, Error> {
    let [input, cell, output] = [&module.input_gate, &module.cell_gate, &module.output_gate];
    match (&module.forget_gate, module.input_forget) {
        (_, true) => Ok(vec![
            Gate::complement(input),
            Gate::new(cell),
            Gate::new(output),
        ]),
        (Some(forget), false) => Ok([input, forget, cell, output].map(Gate::new).into()),
        (None, false) => Err(Error::no_counterpart(
            "an LSTM without forget gate",
            "an LSTM cell",
        )),
    }
}

fn burn_config(cell: &LstmCell) -> Result<burn::nn::LstmConfig, Error> {
    if cell.weight_hr.is_some() {
        return Err(Error::no_counterpart("a projection", BURN));
    }
    if let Some(clip) = cell.gate_clip() {
        return Err(Error::no_counterpart(format!("gate_clip {clip}"), BURN));
    }
    let [_, input] = cell.weight_ih.dims();
    let config = burn::nn::LstmConfig::new(input, cell.cell_size(), cell.bias.is_some());
    Ok(config
        .with_clip(cell.cell_clip())
        .with_input_forget(cell.input_gate() == InputGate::Coupled))
}

fn set_gates(module: &mut burn::nn::Lstm, rows: &GateRows) {
    if module.input_forget {
        module.input_gate = rows.complement(0);
        module.cell_gate = rows.gate(1);
        module.output_gate = rows.gate(2);
    } else {
        module.input_gate = rows.gate(0);
        module.forget_gate = Some(rows.gate(1));
        module.cell_gate = rows.gate(2);
        module.output_gate = rows.gate(3);
    }
}
