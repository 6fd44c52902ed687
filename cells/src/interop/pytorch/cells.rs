//! The names of the four cells' weights.

use burn::module::Param;
use burn::tensor::Tensor;

use super::super::host_tensor::{host_values, replace_values};
use super::weights::sum;
use super::{InferCell, PytorchCell, PytorchLayout, WeightReader, WeightWriter};
use crate::{
    AnyCell, Error, GruCell, GruConfig, InputGate, LstmCell, LstmConfig, PeepholeLstmCell,
    PeepholeLstmConfig, RecurrentCell, RnnCell, RnnConfig,
};

impl PytorchCell for RnnCell {
    fn read_weights(mut self, weights: &mut WeightReader<'_>) -> Self {
        self.weight_ih = weights.fill("weight_ih", self.weight_ih);
        self.weight_hh = weights.fill("weight_hh", self.weight_hh);
        self.bias = self.bias.map(|bias| weights.fill_folded_bias(bias));
        self
    }

    fn write_weights(&self, weights: &mut WeightWriter<'_>) -> Result<(), Error> {
        weights.write("weight_ih", &self.weight_ih)?;
        weights.write("weight_hh", &self.weight_hh)?;
        write_folded_bias(weights, self.bias.as_ref())
    }
}

impl InferCell for RnnCell {
    type Config = RnnConfig;

    fn infer(layout: &PytorchLayout) -> Result<RnnConfig, Error> {
        layout.check_gates(1)?;
        Ok(RnnConfig::new(layout.hidden_size).with_bias(layout.bias))
    }
}

/// With a coupled input gate, which `nn.LSTM` lacks, there is one bias.
impl PytorchCell for LstmCell {
    fn read_weights(mut self, weights: &mut WeightReader<'_>) -> Self {
        self.weight_ih = weights.fill("weight_ih", self.weight_ih);
        self.weight_hh = weights.fill("weight_hh", self.weight_hh);
        self.weight_hr = self
            .weight_hr
            .map(|weight| weights.fill("weight_hr", weight));
        let input_gate = self.input_gate();
        self.bias = self.bias.map(|bias| match input_gate {
            InputGate::Independent => weights.fill_folded_bias(bias),
            InputGate::Coupled => weights.fill_single_bias(bias),
        });
        self
    }

    fn write_weights(&self, weights: &mut WeightWriter<'_>) -> Result<(), Error> {
        weights.write("weight_ih", &self.weight_ih)?;
        weights.write("weight_hh", &self.weight_hh)?;
        write_optional(weights, "weight_hr", self.weight_hr.as_ref())?;
        match self.input_gate() {
            InputGate::Independent => write_folded_bias(weights, self.bias.as_ref()),
            InputGate::Coupled => write_optional(weights, "bias_ih", self.bias.as_ref()),
        }
    }
}

impl InferCell for LstmCell {
    type Config = LstmConfig;

    fn infer(layout: &PytorchLayout) -> Result<LstmConfig, Error> {
        // Three gates might as well be a GRU's: a coupled input gate is for the caller's configuration to ask for.
        layout.check_gates(4)?;
        let config = LstmConfig::new(layout.hidden_size).with_bias(layout.bias);
        Ok(LstmConfig {
            projection_size: layout.projection_size,
            ..config
        })
    }
}

/// `peephole_i`, `peephole_f` and `peephole_o` `[H]`, and one bias: `torch.nn` has no such module.
impl PytorchCell for PeepholeLstmCell {
    fn read_weights(mut self, weights: &mut WeightReader<'_>) -> Self {
        self.weight_ih = weights.fill("weight_ih", self.weight_ih);
        self.weight_hh = weights.fill("weight_hh", self.weight_hh);
        self.bias = self.bias.map(|bias| weights.fill_single_bias(bias));
        self.peephole_i = self
            .peephole_i
            .map(|weight| weights.fill("peephole_i", weight));
        self.peephole_f = self
            .peephole_f
            .map(|weight| weights.fill("peephole_f", weight));
        self.peephole_o = self
            .peephole_o
            .map(|weight| weights.fill("peephole_o", weight));
        self
    }

    fn write_weights(&self, weights: &mut WeightWriter<'_>) -> Result<(), Error> {
        weights.write("weight_ih", &self.weight_ih)?;
        weights.write("weight_hh", &self.weight_hh)?;
        write_optional(weights, "bias_ih", self.bias.as_ref())?;
        write_optional(weights, "peephole_i", self.peephole_i.as_ref())?;
        write_optional(weights, "peephole_f", self.peephole_f.as_ref())?;
        write_optional(weights, "peephole_o", self.peephole_o.as_ref())
    }
}

impl InferCell for PeepholeLstmCell {
    type Config = PeepholeLstmConfig;

    fn infer(layout: &PytorchLayout) -> Result<PeepholeLstmConfig, Error> {
        layout.check_gates(4)?;
        let config = PeepholeLstmConfig::new(layout.hidden_size);
        Ok(config
            .with_bias(layout.bias)
            .with_peepholes(layout.peepholes))
    }
}

/// The candidate's two biases stay apart where the reset gate comes between them.
impl PytorchCell for GruCell {
    fn read_weights(mut self, weights: &mut WeightReader<'_>) -> Self {
        self.weight_ih = weights.fill("weight_ih", self.weight_ih);
        self.weight_hh = weights.fill("weight_hh", self.weight_hh);
        (self.bias, self.bias_hn) = match (self.bias, self.bias_hn) {
            (Some(bias), Some(bias_hn)) => {
                let (bias, bias_hn) = read_gru_biases(weights, bias, bias_hn);
                (Some(bias), Some(bias_hn))
            }
            (bias, bias_hn) => (bias.map(|bias| weights.fill_folded_bias(bias)), bias_hn),
        };
        self
    }

    fn write_weights(&self, weights: &mut WeightWriter<'_>) -> Result<(), Error> {
        weights.write("weight_ih", &self.weight_ih)?;
        weights.write("weight_hh", &self.weight_hh)?;
        match (&self.bias, &self.bias_hn) {
            (Some(bias), Some(bias_hn)) => {
                let mut hidden = vec![0.0; 2 * self.hidden_size()];
                hidden.extend(host_values(&bias_hn.val()));
                weights.write("bias_ih", bias)?;
                weights.write_values("bias_hh", hidden)
            }
            (bias, _) => write_folded_bias(weights, bias.as_ref()),
        }
    }
}

impl InferCell for GruCell {
    type Config = GruConfig;

    fn infer(layout: &PytorchLayout) -> Result<GruConfig, Error> {
        layout.check_gates(3)?;
        Ok(GruConfig::new(layout.hidden_size).with_bias(layout.bias))
    }
}

/// Those of whichever cell it is.
impl PytorchCell for AnyCell {
    fn read_weights(self, weights: &mut WeightReader<'_>) -> Self {
        match self {
            Self::Rnn(cell) => Self::Rnn(cell.read_weights(weights)),
            Self::Lstm(cell) => Self::Lstm(cell.read_weights(weights)),
            Self::Peephole(cell) => Self::Peephole(cell.read_weights(weights)),
            Self::Gru(cell) => Self::Gru(cell.read_weights(weights)),
        }
    }

    fn write_weights(&self, weights: &mut WeightWriter<'_>) -> Result<(), Error> {
        match self {
            Self::Rnn(cell) => cell.write_weights(weights),
            Self::Lstm(cell) => cell.write_weights(weights),
            Self::Peephole(cell) => cell.write_weights(weights),
            Self::Gru(cell) => cell.write_weights(weights),
        }
    }
}

/// In `bias [3*H]`, `r` and `z` take the sum of both biases, `n` the input's; `bias_hn [H]` takes the other of `n`.
fn read_gru_biases(
    weights: &mut WeightReader<'_>,
    bias: Param<Tensor<1>>,
    bias_hn: Param<Tensor<1>>,
) -> (Param<Tensor<1>>, Param<Tensor<1>>) {
    let shape = bias.dims();
    let candidate = shape[0] / 3 * 2;
    match (
        weights.read("bias_ih", &shape),
        weights.read("bias_hh", &shape),
    ) {
        (Some(input), Some(hidden)) => {
            let mut folded = sum(&input[..candidate], &hidden[..candidate]);
            folded.extend(&input[candidate..]);
            (
                replace_values(bias, folded),
                replace_values(bias_hn, hidden[candidate..].to_vec()),
            )
        }
        _ => (bias, bias_hn),
    }
}

/// The folded bias as `bias_ih`, and zeros as `bias_hh`.
fn write_folded_bias(
    weights: &mut WeightWriter<'_>,
    bias: Option<&Param<Tensor<1>>>,
) -> Result<(), Error> {
    match bias {
        Some(bias) => {
            let [size] = bias.dims();
            weights.write("bias_ih", bias)?;
            weights.write_values("bias_hh", vec![0.0; size])
        }
        None => Ok(()),
    }
}

fn write_optional<const D: usize>(
    weights: &mut WeightWriter<'_>,
    name: &str,
    param: Option<&Param<Tensor<D>>>,
) -> Result<(), Error> {
    match param {
        Some(param) => weights.write(name, param),
        None => Ok(()),
    }
}
