//! `burn::nn::Gru`, which runs forward only, and `burn::nn::BiGru`. The update gate has the same sense there.

use super::gates::{Gate, GateRows};
use super::{directions, network, require_sigmoid, require_tanh, same, some_cell};
use crate::{Direction, Error, Gru, GruCell, GruConfig, Reset};

impl TryFrom<&burn::nn::Gru> for Gru {
    type Error = Error;

    fn try_from(module: &burn::nn::Gru) -> Result<Self, Error> {
        network(config(module)?, Direction::Forward, &[gates(module)])
    }
}

impl TryFrom<&burn::nn::BiGru> for Gru {
    type Error = Error;

    fn try_from(module: &burn::nn::BiGru) -> Result<Self, Error> {
        let parts = [gates(&module.forward), gates(&module.reverse)];
        network(
            same(config(&module.forward)?, config(&module.reverse)?)?,
            Direction::Both,
            &parts,
        )
    }
}

impl TryFrom<&Gru> for burn::nn::Gru {
    type Error = Error;

    fn try_from(network: &Gru) -> Result<Self, Error> {
        let cell = some_cell(network);
        let device = cell.weight_ih.device();
        let parts = directions(network, &[Direction::Forward], &device)?;
        let mut module = burn_config(cell).init(&device);
        set_gates(&mut module, &parts[0]);
        Ok(module)
    }
}

impl TryFrom<&Gru> for burn::nn::BiGru {
    type Error = Error;

    fn try_from(network: &Gru) -> Result<Self, Error> {
        let cell = some_cell(network);
        let device = cell.weight_ih.device();
        let parts = directions(network, &[Direction::Both], &device)?;
        let config = burn_config(cell);
        let mut module = burn::nn::BiGruConfig::new(config.d_input, config.d_hidden, config.bias)
            .with_reset_after(config.reset_after)
            .init(&device);
        set_gates(&mut module.forward, &parts[0]);
        set_gates(&mut module.reverse, &parts[1]);
        Ok(module)
    }
}

fn config(module: &burn::nn::Gru) -> Result<GruConfig, Error> {
    require_sigmoid(&module.gate_activation)?;
    require_tanh(&module.hidden_activation)?;
    if let Some(clip) = module.clip {
        return Err(Error::no_counterpart(format!("clip {clip}"), "a GRU cell"));
    }
    let reset = match module.reset_after {
        true => Reset::After,
        false => Reset::Before,
    };
    let bias = gates(module).iter().any(Gate::has_bias);
    Ok(GruConfig::new(module.d_hidden)
        .with_bias(bias)
        .with_reset(reset))
}

/// `r z n`.
fn gates(module: &burn::nn::Gru) -> Vec<Gate<'_>> {
    [&module.reset_gate, &module.update_gate, &module.new_gate]
        .map(Gate::new)
        .into()
}

fn burn_config(cell: &GruCell) -> burn::nn::GruConfig {
    let ([_, input], [_, hidden]) = (cell.weight_ih.dims(), cell.weight_hh.dims());
    burn::nn::GruConfig::new(input, hidden, cell.bias.is_some())
        .with_reset_after(cell.reset() == Reset::After)
}

fn set_gates(module: &mut burn::nn::Gru, rows: &GateRows) {
    module.reset_gate = rows.gate(0);
    module.update_gate = rows.gate(1);
    module.new_gate = rows.gate(2);
}
