//! The gated recurrent unit (Cho et al. 2014), with the reset gate after the recurrent product or before it.
//!
//! ```text
//! r, z = sigmoid([W_ir W_iz] x_t + b_rz + [W_hr W_hz] h_{t-1})
//! n    = tanh(W_in x_t + b_n + r * (W_hn h_{t-1} + b_hn))      (reset after: PyTorch, cuDNN)
//! n    = tanh(W_in x_t + b_n + W_hn (r * h_{t-1}))             (reset before: Cho et al.)
//! h    = (1 - z) * n + z * h_{t-1}
//! ```
//!
//! The update gate keeps the old state where it is 1, as in PyTorch; the textbook form is the same function with `1 - z`.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use derive_setters::Setters;
use serde::{Deserialize, Serialize};

#[cfg(feature = "fused")]
use crate::kernel::{self, CellKind, Fused, FusedCell};
use crate::{
    CellConfig, Error, RecurrentCell, SeededRng, Sequence, WeightInit, init::chrono_biases, ops,
    unroll_with,
};

/// Where a GRU's reset gate acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reset {
    /// On the recurrent product (PyTorch, cuDNN, ONNX with `linear_before_reset = 1`).
    #[default]
    After,
    /// On the hidden state, before the product (Cho et al. 2014, ONNX with `linear_before_reset = 0`).
    Before,
}

/// Configuration of a [`GruCell`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Setters)]
#[serde(deny_unknown_fields)]
#[setters(prefix = "with_")]
pub struct GruConfig {
    /// `H`, at least 1.
    pub hidden_size: usize,
    /// Whether the gates have biases. Default: `true`.
    #[serde(default = "ops::yes")]
    pub bias: bool,
    /// Where the reset gate acts. Default: after the product.
    #[serde(default)]
    pub reset: Reset,
    /// The longest dependency that is expected, in steps, at least 2: chrono initialisation (Tallec and Ollivier 2018), which
    /// adds `log(U(1, chrono - 1))` to the update gate's initial bias, drawn anew for each unit. Default: none.
    #[setters(strip_option)]
    #[serde(default)]
    pub chrono: Option<usize>,
    /// How the weights start.
    #[serde(default)]
    pub init: WeightInit,
}

impl GruConfig {
    /// Reset after the product, with biases.
    pub fn new(hidden_size: usize) -> Self {
        Self {
            hidden_size,
            bias: true,
            reset: Reset::default(),
            chrono: None,
            init: WeightInit::default(),
        }
    }

    /// What PyTorch's `nn.GRU` starts from.
    pub fn pytorch(hidden_size: usize) -> Self {
        Self::new(hidden_size).with_init(WeightInit::pytorch())
    }

    /// What is added to the initial biases, `[3*H]`.
    fn bias_offsets(&self, rng: &mut SeededRng) -> Vec<f64> {
        let mut offsets = vec![0.0; 3 * self.hidden_size];
        if let Some(longest) = self.chrono {
            let update = &mut offsets[self.hidden_size..2 * self.hidden_size];
            update.copy_from_slice(&chrono_biases(longest, self.hidden_size, rng));
        }
        offsets
    }
}

impl CellConfig for GruConfig {
    type Cell = GruCell;

    fn validate(&self) -> Result<(), Error> {
        ops::check_size("hidden_size", self.hidden_size)?;
        ops::check_chrono(self.chrono)?;
        self.init.validate()
    }

    fn hidden_size(&self) -> usize {
        self.hidden_size
    }

    fn init(&self, input_size: usize, device: &Device, rng: &mut SeededRng) -> GruCell {
        ops::assert_config(self.validate(), input_size);
        let (hidden, init) = (self.hidden_size, self.init);
        let weight_ih = init
            .input
            .matrix([3, hidden, input_size], hidden, device, rng);
        let weight_hh = init
            .recurrent
            .matrix([3, hidden, hidden], hidden, device, rng);
        let bias =
            |offsets: &[f64], rng: &mut SeededRng| init.bias.vector(offsets, hidden, device, rng);
        let candidate_bias = self.bias && self.reset == Reset::After;
        GruCell {
            weight_ih,
            weight_hh,
            bias: self.bias.then(|| bias(&self.bias_offsets(rng), rng)),
            bias_hn: candidate_bias.then(|| bias(&vec![0.0; hidden], rng)),
            reset: self.reset,
        }
    }
}

/// A gated recurrent unit; its state is its hidden state `[B, H]`.
#[derive(Module, Debug)]
pub struct GruCell {
    /// `[3*H, D]`, gates `r z n`.
    pub weight_ih: Param<Tensor<2>>,
    /// `[3*H, H]`.
    pub weight_hh: Param<Tensor<2>>,
    /// `[3*H]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// The candidate's recurrent bias `[H]`, which the reset gate scales; only with [`Reset::After`].
    pub bias_hn: Option<Param<Tensor<1>>>,
    #[module(skip)]
    reset: Reset,
}

impl GruCell {
    /// Where the reset gate acts.
    pub fn reset(&self) -> Reset {
        self.reset
    }

    /// [`RecurrentCell::step`] with the recurrent weights already transposed, `[H, 3*H]`.
    fn step_with(
        &self,
        weight_hh: &Tensor<2>,
        projected: Tensor<2>,
        recurrent: Tensor<2>,
        state: Tensor<2>,
    ) -> Tensor<2> {
        let [input_rz, input_n] = split_candidate(projected);
        let [z, n] = match self.reset {
            Reset::After => {
                let [hidden_rz, hidden_n] = split_candidate(recurrent.matmul(weight_hh.clone()));
                let [r, z] = reset_and_update(input_rz, hidden_rz);
                let hidden_n = match &self.bias_hn {
                    Some(bias) => hidden_n + bias.val().unsqueeze(),
                    None => hidden_n,
                };
                [z, (input_n + r * hidden_n).tanh()]
            }
            Reset::Before => {
                let [weight_rz, weight_n] = split_candidate(weight_hh.clone());
                let hidden_rz = recurrent.clone().matmul(weight_rz);
                let [r, z] = reset_and_update(input_rz, hidden_rz);
                [z, (input_n + (r * recurrent).matmul(weight_n)).tanh()]
            }
        };
        // (1 - z) * n + z * h, with one product less.
        n.clone() + z * (state - n)
    }
}

impl RecurrentCell for GruCell {
    type State = Tensor<2>;

    fn input_size(&self) -> usize {
        self.weight_ih.dims()[1]
    }

    fn hidden_size(&self) -> usize {
        self.weight_hh.dims()[1]
    }

    fn initial_state(&self, batch_size: usize, device: &Device) -> Tensor<2> {
        Tensor::zeros(
            [batch_size, self.hidden_size()],
            (device, self.weight_hh.dtype()),
        )
    }

    fn project(&self, inputs: Tensor<3>) -> Tensor<3> {
        ops::project(inputs, &self.weight_ih, self.bias.as_ref())
    }

    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.step_with(
            &ops::transposed(&self.weight_hh),
            projected,
            recurrent,
            state,
        )
    }

    fn unroll(&self, sequence: Sequence<Tensor<2>>) -> (Tensor<3>, Tensor<2>) {
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
impl FusedCell for GruCell {
    fn fused(&self) -> Result<Fused, &'static str> {
        if self.reset == Reset::Before {
            return Err("a reset gate before the product");
        }
        let bias = self.bias.as_ref();
        Ok(Fused {
            extra: self.bias_hn.as_ref().map(Param::val),
            ..Fused::new(CellKind::Gru, &self.weight_ih, &self.weight_hh, bias)
        })
    }
}

/// The gates `r z`, `[B, H]` each, of the input's and the recurrent half of their sums, `[B, 2*H]`.
pub(crate) fn reset_and_update(input_rz: Tensor<2>, hidden_rz: Tensor<2>) -> [Tensor<2>; 2] {
    ops::split_gates(ops::sigmoid(input_rz + hidden_rz))
}

/// The gates `[_, 3*H]` as `r z` together, `[_, 2*H]`, and the candidate `n`, `[_, H]`.
pub(crate) fn split_candidate(gates: Tensor<2>) -> [Tensor<2>; 2] {
    let [_, width] = gates.dims();
    let hidden = width / 3;
    [
        gates.clone().narrow(1, 0, 2 * hidden),
        gates.narrow(1, 2 * hidden, hidden),
    ]
}
