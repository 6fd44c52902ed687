//! The peephole LSTM (Gers and Schmidhuber 2000): its gates see the memory cell.
//!
//! ```text
//! [i f g o] = W_ih x_t + b + W_hh h_{t-1}
//! cell      = sigmoid(f + p_f * c_{t-1}) * c_{t-1} + sigmoid(i + p_i * c_{t-1}) * tanh(g)
//! hidden    = sigmoid(o + p_o * cell) * tanh(cell)
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

/// Which gates see the memory cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Peepholes {
    /// The input gate, which sees the cell of the step before. Default: `true`.
    pub input: bool,
    /// The forget gate, which sees the cell of the step before. Default: `true`.
    pub forget: bool,
    /// The output gate, which sees this step's cell. Default: `true`.
    pub output: bool,
}

impl Default for Peepholes {
    fn default() -> Self {
        Self {
            input: true,
            forget: true,
            output: true,
        }
    }
}

/// Configuration of a [`PeepholeLstmCell`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Setters)]
#[serde(deny_unknown_fields)]
#[setters(prefix = "with_")]
pub struct PeepholeLstmConfig {
    /// `H`, at least 1.
    pub hidden_size: usize,
    /// Whether the gates have biases. Default: `true`.
    #[serde(default = "ops::yes")]
    pub bias: bool,
    /// Added to the forget gate's initial bias. Default: 1.
    #[serde(default = "ops::one")]
    pub forget_bias: f64,
    /// The longest dependency that is expected, in steps, at least 2: chrono initialisation (Tallec and Ollivier 2018), which
    /// adds `log(U(1, chrono - 1))`, drawn anew for each unit, to the forget gate's initial bias in place of `forget_bias`,
    /// and takes it off the input gate's. Default: none.
    #[setters(strip_option)]
    #[serde(default)]
    pub chrono: Option<usize>,
    /// Which gates see the memory cell. Default: all three.
    #[serde(default)]
    pub peepholes: Peepholes,
    /// Clips what goes into the gates' activations, peepholes included, to `[-clip, clip]`; ONNX's LSTM means this by
    /// `clip`. Default: none.
    #[setters(strip_option)]
    #[serde(default)]
    pub gate_clip: Option<f64>,
    /// How the weights start; the peepholes as the biases.
    #[serde(default)]
    pub init: WeightInit,
}

impl PeepholeLstmConfig {
    /// Three peepholes, biases, a forget bias of 1, no clipping.
    pub fn new(hidden_size: usize) -> Self {
        Self {
            hidden_size,
            bias: true,
            forget_bias: 1.0,
            chrono: None,
            peepholes: Peepholes::default(),
            gate_clip: None,
            init: WeightInit::default(),
        }
    }
}

impl CellConfig for PeepholeLstmConfig {
    type Cell = PeepholeLstmCell;

    fn validate(&self) -> Result<(), Error> {
        ops::check_size("hidden_size", self.hidden_size)?;
        self.init.validate()?;
        ops::check_finite("forget_bias", self.forget_bias)?;
        ops::check_chrono(self.chrono)?;
        ops::check_clip("gate_clip", self.gate_clip)
    }

    fn hidden_size(&self) -> usize {
        self.hidden_size
    }

    fn init(&self, input_size: usize, device: &Device, rng: &mut SeededRng) -> PeepholeLstmCell {
        ops::assert_config(self.validate(), input_size);
        let (hidden, init, holes) = (self.hidden_size, self.init, self.peepholes);
        let weight_ih = init
            .input
            .matrix([4, hidden, input_size], hidden, device, rng);
        let weight_hh = init
            .recurrent
            .matrix([4, hidden, hidden], hidden, device, rng);
        let bias = self.bias.then(|| {
            let [input, forget] = memory_bias_offsets(self.forget_bias, self.chrono, hidden, rng);
            let offsets = [input, forget, vec![0.0; 2 * hidden]].concat();
            init.bias.vector(&offsets, hidden, device, rng)
        });
        let closed = vec![0.0; hidden];
        let mut peephole =
            |open: bool| open.then(|| init.bias.vector(&closed, hidden, device, rng));
        PeepholeLstmCell {
            weight_ih,
            weight_hh,
            bias,
            peephole_i: peephole(holes.input),
            peephole_f: peephole(holes.forget),
            peephole_o: peephole(holes.output),
            gate_clip: self.gate_clip,
        }
    }
}

/// A peephole LSTM.
#[derive(Module, Debug)]
pub struct PeepholeLstmCell {
    /// `[4*H, D]`, gates `i f g o`.
    pub weight_ih: Param<Tensor<2>>,
    /// `[4*H, H]`.
    pub weight_hh: Param<Tensor<2>>,
    /// `[4*H]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// What the input gate sees of `c_{t-1}`, `[H]`.
    pub peephole_i: Option<Param<Tensor<1>>>,
    /// What the forget gate sees of `c_{t-1}`, `[H]`.
    pub peephole_f: Option<Param<Tensor<1>>>,
    /// What the output gate sees of `c_t`, `[H]`.
    pub peephole_o: Option<Param<Tensor<1>>>,
    #[module(skip)]
    gate_clip: Option<f64>,
}

impl PeepholeLstmCell {
    /// The bound of what goes into the gates' activations, peepholes included.
    pub fn gate_clip(&self) -> Option<f64> {
        self.gate_clip
    }

    /// A gate's pre-activation with what its peephole sees of `cell`, clipped.
    fn peep(
        &self,
        sum: Tensor<2>,
        peephole: Option<&Param<Tensor<1>>>,
        cell: &Tensor<2>,
    ) -> Tensor<2> {
        let seen = match peephole {
            Some(weight) => sum + cell.clone() * weight.val().unsqueeze(),
            None => sum,
        };
        ops::clip(seen, self.gate_clip)
    }

    /// The gates `i f o` after their activations, of the sums `[B, 4*H]`, and what becomes of `cell`, all `[B, H]`.
    pub(crate) fn gates_and_cell(
        &self,
        sums: Tensor<2>,
        cell: Tensor<2>,
    ) -> ([Tensor<2>; 3], Tensor<2>) {
        let [i, f, g, o] = ops::split_gates(sums);
        let i = ops::sigmoid(self.peep(i, self.peephole_i.as_ref(), &cell));
        let f = ops::sigmoid(self.peep(f, self.peephole_f.as_ref(), &cell));
        let cell = f.clone() * cell + i.clone() * ops::clip(g, self.gate_clip).tanh();
        let o = ops::sigmoid(self.peep(o, self.peephole_o.as_ref(), &cell));
        ([i, f, o], cell)
    }

    /// [`RecurrentCell::step`] with the recurrent weights already transposed, `[H, 4*H]`.
    fn step_with(
        &self,
        weight_hh: &Tensor<2>,
        projected: Tensor<2>,
        recurrent: Tensor<2>,
        state: LstmState,
    ) -> LstmState {
        state.assert_cell(self.hidden_size());
        let sums = projected + recurrent.matmul(weight_hh.clone());
        let ([_, _, o], cell) = self.gates_and_cell(sums, state.cell);
        LstmState {
            hidden: o * cell.clone().tanh(),
            cell,
        }
    }
}

impl RecurrentCell for PeepholeLstmCell {
    type State = LstmState;

    fn input_size(&self) -> usize {
        self.weight_ih.dims()[1]
    }

    fn hidden_size(&self) -> usize {
        self.weight_hh.dims()[1]
    }

    fn initial_state(&self, batch_size: usize, device: &Device) -> LstmState {
        LstmState::zeros(batch_size, [self.hidden_size(); 2], &self.weight_hh, device)
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
impl FusedCell for PeepholeLstmCell {
    fn fused(&self) -> Result<Fused, &'static str> {
        if self.gate_clip.is_some() {
            return Err("clipping");
        }
        let like = (&self.weight_hh.device(), self.weight_hh.dtype());
        let closed = || Tensor::zeros([self.hidden_size()], like);
        let holes = [&self.peephole_i, &self.peephole_f, &self.peephole_o];
        let holes = holes.map(|hole| hole.as_ref().map_or_else(closed, Param::val));
        let bias = self.bias.as_ref();
        Ok(Fused {
            extra: Some(Tensor::cat(holes.to_vec(), 0)),
            ..Fused::new(CellKind::Peephole, &self.weight_ih, &self.weight_hh, bias)
        })
    }
}
