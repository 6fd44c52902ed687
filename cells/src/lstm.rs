//! The long short-term memory (Hochreiter and Schmidhuber 1997) with a forget gate (Gers et al. 2000).
//!
//! ```text
//! [i f g o] = W_ih x_t + b + W_hh h_{t-1}
//! cell      = sigmoid(f) * c_{t-1} + sigmoid(i) * tanh(g)
//! hidden    = sigmoid(o) * tanh(cell)            (projected: W_hr hidden; Sak et al. 2014)
//! ```

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use derive_setters::Setters;
use serde::{Deserialize, Serialize};

#[cfg(feature = "fused")]
use crate::kernel::{self, CellKind, Fused, FusedCell};
use crate::{
    CellConfig, Error, LstmState, RecurrentCell, SeededRng, Sequence, WeightInit,
    init::memory_bias_offsets, ops, unroll_with,
};

/// Where an LSTM's input gate comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputGate {
    /// Weights of its own: four gates, `i f g o`.
    #[default]
    Independent,
    /// `1 - forget gate` (Greff et al. 2017): three gates, `f g o`.
    Coupled,
}

/// Configuration of an [`LstmCell`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Setters)]
#[serde(deny_unknown_fields)]
#[setters(prefix = "with_")]
pub struct LstmConfig {
    /// `H`, at least 1. With a projection it is the width of the memory cell only.
    pub hidden_size: usize,
    /// Whether the gates have biases. Default: `true`.
    #[serde(default = "ops::yes")]
    pub bias: bool,
    /// Added to the forget gate's initial bias, so that a fresh cell remembers (Jozefowicz et al. 2015). Default: 1.
    #[serde(default = "ops::one")]
    pub forget_bias: f64,
    /// The longest dependency that is expected, in steps, at least 2: chrono initialisation (Tallec and Ollivier 2018), which
    /// adds `log(U(1, chrono - 1))`, drawn anew for each unit, to the forget gate's initial bias in place of `forget_bias`,
    /// and takes it off the input gate's. Default: none.
    #[setters(strip_option)]
    #[serde(default)]
    pub chrono: Option<usize>,
    /// Whether the input gate is tied to the forget gate. Default: independent.
    #[serde(default)]
    pub input_gate: InputGate,
    /// The width `R` that the hidden state is projected to (PyTorch's `proj_size`), in `1..H`. Default: none.
    #[setters(strip_option)]
    #[serde(default)]
    pub projection_size: Option<usize>,
    /// Clips the cell state to `[-clip, clip]` at every step (Sak et al. 2014); burn's LSTM means this by `clip`.
    /// Default: none.
    #[setters(strip_option)]
    #[serde(default)]
    pub cell_clip: Option<f64>,
    /// Clips what goes into the gates' activations to `[-clip, clip]`; ONNX's LSTM means this by `clip`. Default: none.
    #[setters(strip_option)]
    #[serde(default)]
    pub gate_clip: Option<f64>,
    /// How the weights start.
    #[serde(default)]
    pub init: WeightInit,
}

impl LstmConfig {
    /// Four gates with biases, a forget bias of 1, no projection and no clipping.
    pub fn new(hidden_size: usize) -> Self {
        Self {
            hidden_size,
            bias: true,
            forget_bias: 1.0,
            chrono: None,
            input_gate: InputGate::default(),
            projection_size: None,
            cell_clip: None,
            gate_clip: None,
            init: WeightInit::default(),
        }
    }

    /// What PyTorch's `nn.LSTM` starts from.
    pub fn pytorch(hidden_size: usize) -> Self {
        Self::new(hidden_size)
            .with_forget_bias(0.0)
            .with_init(WeightInit::pytorch())
    }

    /// What is added to the initial biases, `[G*H]`.
    fn bias_offsets(&self, rng: &mut SeededRng) -> Vec<f64> {
        let others = vec![0.0; 2 * self.hidden_size];
        let [input, forget] =
            memory_bias_offsets(self.forget_bias, self.chrono, self.hidden_size, rng);
        match self.input_gate {
            InputGate::Independent => [input, forget, others].concat(),
            InputGate::Coupled => [forget, others].concat(),
        }
    }
}

impl CellConfig for LstmConfig {
    type Cell = LstmCell;

    fn validate(&self) -> Result<(), Error> {
        ops::check_size("hidden_size", self.hidden_size)?;
        self.init.validate()?;
        ops::check_finite("forget_bias", self.forget_bias)?;
        ops::check_chrono(self.chrono)?;
        ops::check_clip("cell_clip", self.cell_clip)?;
        ops::check_clip("gate_clip", self.gate_clip)?;
        match self.projection_size {
            Some(size) if !(1..self.hidden_size).contains(&size) => {
                let expected = format!("at least 1 and below the hidden size {}", self.hidden_size);
                Err(Error::config("projection_size", expected, size))
            }
            _ => Ok(()),
        }
    }

    fn hidden_size(&self) -> usize {
        self.projection_size.unwrap_or(self.hidden_size)
    }

    fn init(&self, input_size: usize, device: &Device, rng: &mut SeededRng) -> LstmCell {
        ops::assert_config(self.validate(), input_size);
        let (cell, hidden, init) = (self.hidden_size, CellConfig::hidden_size(self), self.init);
        let gates = match self.input_gate {
            InputGate::Independent => 4,
            InputGate::Coupled => 3,
        };
        let projection = self.projection_size;
        LstmCell {
            weight_ih: init
                .input
                .matrix([gates, cell, input_size], cell, device, rng),
            weight_hh: init
                .recurrent
                .matrix([gates, cell, hidden], cell, device, rng),
            bias: self
                .bias
                .then(|| self.bias_offsets(rng))
                .map(|offsets| init.bias.vector(&offsets, cell, device, rng)),
            weight_hr: projection
                .map(|size| init.recurrent.matrix([1, size, cell], cell, device, rng)),
            input_gate: self.input_gate,
            cell_clip: self.cell_clip,
            gate_clip: self.gate_clip,
        }
    }
}

/// A long short-term memory.
#[derive(Module, Debug)]
pub struct LstmCell {
    /// `[G*H, D]`, gates `i f g o` (coupled: `f g o`).
    pub weight_ih: Param<Tensor<2>>,
    /// `[G*H, H]` (`[G*H, R]` with a projection).
    pub weight_hh: Param<Tensor<2>>,
    /// `[G*H]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// The projection `[R, H]`.
    pub weight_hr: Option<Param<Tensor<2>>>,
    #[module(skip)]
    input_gate: InputGate,
    #[module(skip)]
    cell_clip: Option<f64>,
    #[module(skip)]
    gate_clip: Option<f64>,
}

impl LstmCell {
    /// Where the input gate comes from.
    pub fn input_gate(&self) -> InputGate {
        self.input_gate
    }

    /// The width of the memory cell, which a projection leaves as it is.
    pub fn cell_size(&self) -> usize {
        let gates = match self.input_gate {
            InputGate::Independent => 4,
            InputGate::Coupled => 3,
        };
        self.weight_hh.dims()[0] / gates
    }

    /// The bound of the memory cell.
    pub fn cell_clip(&self) -> Option<f64> {
        self.cell_clip
    }

    /// The bound of what goes into the gates' activations.
    pub fn gate_clip(&self) -> Option<f64> {
        self.gate_clip
    }

    /// The four gates `i f g o` after their activations, `[B, H]` each, of their sums `[B, G*H]`.
    pub(crate) fn activations(&self, sums: Tensor<2>) -> [Tensor<2>; 4] {
        let sums = ops::clip(sums, self.gate_clip);
        match self.input_gate {
            InputGate::Independent => {
                let [i, f, g, o] = ops::split_gates(sums);
                [ops::sigmoid(i), ops::sigmoid(f), g.tanh(), ops::sigmoid(o)]
            }
            InputGate::Coupled => {
                let [f, g, o] = ops::split_gates(sums);
                let f = ops::sigmoid(f);
                [1.0 - f.clone(), f, g.tanh(), ops::sigmoid(o)]
            }
        }
    }

    /// [`RecurrentCell::step`] with the recurrent weights already transposed, `[H, G*H]`.
    fn step_with(
        &self,
        weight_hh: &Tensor<2>,
        projected: Tensor<2>,
        recurrent: Tensor<2>,
        state: LstmState,
    ) -> LstmState {
        state.assert_cell(self.cell_size());
        let sums = projected + recurrent.matmul(weight_hh.clone());
        let [i, f, g, o] = self.activations(sums);
        let cell = ops::clip(f * state.cell + i * g, self.cell_clip);
        let hidden = o * cell.clone().tanh();
        let hidden = match &self.weight_hr {
            Some(weight) => hidden.matmul(ops::transposed(weight)),
            None => hidden,
        };
        LstmState { hidden, cell }
    }
}

impl RecurrentCell for LstmCell {
    type State = LstmState;

    fn input_size(&self) -> usize {
        self.weight_ih.dims()[1]
    }

    fn hidden_size(&self) -> usize {
        self.weight_hh.dims()[1]
    }

    fn initial_state(&self, batch_size: usize, device: &Device) -> LstmState {
        let widths = [self.hidden_size(), self.cell_size()];
        LstmState::zeros(batch_size, widths, &self.weight_hh, device)
    }

    fn project(&self, inputs: Tensor<3>) -> Tensor<3> {
        ops::project(inputs, &self.weight_ih, self.bias.as_ref())
    }

    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: LstmState) -> LstmState {
        self.step_with(
            &ops::transposed(&self.weight_hh),
            projected,
            recurrent,
            state,
        )
    }

    fn unroll(&self, sequence: Sequence<LstmState>) -> (Tensor<3>, LstmState) {
        #[cfg(feature = "fused")]
        if let Some(done) = kernel::unroll(self, &sequence) {
            return done;
        }
        let weight_hh = ops::transposed(&self.weight_hh);
        unroll_with(self, sequence, |projected, recurrent, state| {
            self.step_with(&weight_hh, projected, recurrent, state)
        })
    }
}

#[cfg(feature = "fused")]
impl FusedCell for LstmCell {
    fn fused(&self) -> Result<Fused, &'static str> {
        if self.weight_hr.is_some() {
            return Err("a projection");
        }
        if self.input_gate == InputGate::Coupled {
            return Err("a coupled input gate");
        }
        if self.cell_clip.or(self.gate_clip).is_some() {
            return Err("clipping");
        }
        let bias = self.bias.as_ref();
        Ok(Fused::new(
            CellKind::Lstm,
            &self.weight_ih,
            &self.weight_hh,
            bias,
        ))
    }
}
