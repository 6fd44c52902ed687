//! `burn::nn::Rnn` and `burn::nn::BiRnn`.

use burn::nn::activation::{Activation, ActivationConfig};

use super::gates::Gate;
use super::{direction, directions, network, no_activation, same, some_cell};
use crate::{Direction, Error, Nonlinearity, Rnn, RnnCell, RnnConfig};

impl TryFrom<&burn::nn::Rnn> for Rnn {
    type Error = Error;

    fn try_from(module: &burn::nn::Rnn) -> Result<Self, Error> {
        network(config(module)?, direction(module.reverse), &[gates(module)])
    }
}

impl TryFrom<&burn::nn::BiRnn> for Rnn {
    type Error = Error;

    fn try_from(module: &burn::nn::BiRnn) -> Result<Self, Error> {
        let parts = [gates(&module.forward), gates(&module.reverse)];
        network(
            same(config(&module.forward)?, config(&module.reverse)?)?,
            Direction::Both,
            &parts,
        )
    }
}

impl TryFrom<&Rnn> for burn::nn::Rnn {
    type Error = Error;

    fn try_from(network: &Rnn) -> Result<Self, Error> {
        let cell = some_cell(network);
        let device = cell.weight_ih.device();
        let parts = directions(network, &[Direction::Forward, Direction::Backward], &device)?;
        let reverse = network.direction() == Direction::Backward;
        let mut module = burn_config(cell).with_reverse(reverse).init(&device);
        module.gate = parts[0].gate(0);
        Ok(module)
    }
}

impl TryFrom<&Rnn> for burn::nn::BiRnn {
    type Error = Error;

    fn try_from(network: &Rnn) -> Result<Self, Error> {
        let cell = some_cell(network);
        let device = cell.weight_ih.device();
        let parts = directions(network, &[Direction::Both], &device)?;
        let config = burn_config(cell);
        let mut module = burn::nn::BiRnnConfig::new(config.d_input, config.d_hidden, config.bias)
            .with_hidden_activation(config.hidden_activation)
            .init(&device);
        module.forward.gate = parts[0].gate(0);
        module.reverse.gate = parts[1].gate(0);
        Ok(module)
    }
}

fn config(module: &burn::nn::Rnn) -> Result<RnnConfig, Error> {
    if let Some(clip) = module.clip {
        return Err(Error::no_counterpart(format!("clip {clip}"), "an RNN cell"));
    }
    let nonlinearity = match &module.hidden_activation {
        Activation::Tanh(_) => Nonlinearity::Tanh,
        Activation::Relu(_) => Nonlinearity::Relu,
        other => return Err(no_activation(other)),
    };
    let bias = gates(module).iter().any(Gate::has_bias);
    Ok(RnnConfig::new(module.d_hidden)
        .with_bias(bias)
        .with_nonlinearity(nonlinearity))
}

fn gates(module: &burn::nn::Rnn) -> Vec<Gate<'_>> {
    vec![Gate::new(&module.gate)]
}

fn burn_config(cell: &RnnCell) -> burn::nn::RnnConfig {
    let ([_, input], [_, hidden]) = (cell.weight_ih.dims(), cell.weight_hh.dims());
    let activation = match cell.nonlinearity() {
        Nonlinearity::Tanh => ActivationConfig::Tanh,
        Nonlinearity::Relu => ActivationConfig::Relu,
    };
    burn::nn::RnnConfig::new(input, hidden, cell.bias.is_some()).with_hidden_activation(activation)
}
