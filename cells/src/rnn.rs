//! The plain recurrent network (Elman 1990), tanh or ReLU.
//!
//! `h_t = f(W_ih x_t + b + W_hh h_{t-1})`

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, activation};
use derive_setters::Setters;
use serde::{Deserialize, Serialize};

#[cfg(feature = "fused")]
use crate::kernel::{self, CellKind, Fused, FusedCell};
use crate::{
    CellConfig, Error, Init, RecurrentCell, SeededRng, Sequence, WeightInit, ops, unroll_with,
};

/// What an [`RnnCell`] applies to its pre-activation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nonlinearity {
    /// Hyperbolic tangent.
    #[default]
    Tanh,
    /// `max(0, x)`.
    Relu,
}

/// Configuration of an [`RnnCell`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Setters)]
#[serde(deny_unknown_fields)]
#[setters(prefix = "with_")]
pub struct RnnConfig {
    /// `H`, at least 1.
    pub hidden_size: usize,
    /// Whether there is a bias. Default: `true`.
    #[serde(default = "ops::yes")]
    pub bias: bool,
    /// The activation. Default: tanh.
    #[serde(default)]
    pub nonlinearity: Nonlinearity,
    /// How the weights start.
    #[serde(default)]
    pub init: WeightInit,
}

impl RnnConfig {
    /// A tanh network with a bias and the default initial weights.
    pub fn new(hidden_size: usize) -> Self {
        Self {
            hidden_size,
            bias: true,
            nonlinearity: Nonlinearity::default(),
            init: WeightInit::default(),
        }
    }

    /// The IRNN of Le et al. (2015): ReLU, recurrent weights that start as the identity, small normal input weights.
    pub fn irnn(hidden_size: usize) -> Self {
        Self::new(hidden_size)
            .with_nonlinearity(Nonlinearity::Relu)
            .with_init(WeightInit {
                input: Init::Normal { std: 0.001 },
                recurrent: Init::Identity { gain: 1.0 },
                bias: Init::Zeros,
            })
    }

    /// What PyTorch's `nn.RNN` starts from.
    pub fn pytorch(hidden_size: usize) -> Self {
        Self::new(hidden_size).with_init(WeightInit::pytorch())
    }
}

impl CellConfig for RnnConfig {
    type Cell = RnnCell;

    fn validate(&self) -> Result<(), Error> {
        ops::check_size("hidden_size", self.hidden_size)?;
        self.init.validate()
    }

    fn hidden_size(&self) -> usize {
        self.hidden_size
    }

    fn init(&self, input_size: usize, device: &Device, rng: &mut SeededRng) -> RnnCell {
        ops::assert_config(self.validate(), input_size);
        let (hidden, init) = (self.hidden_size, self.init);
        RnnCell {
            weight_ih: init
                .input
                .matrix([1, hidden, input_size], hidden, device, rng),
            weight_hh: init
                .recurrent
                .matrix([1, hidden, hidden], hidden, device, rng),
            bias: self
                .bias
                .then(|| init.bias.vector(&vec![0.0; hidden], hidden, device, rng)),
            nonlinearity: self.nonlinearity,
        }
    }
}

/// A plain recurrent cell; its state is its hidden state `[B, H]`.
#[derive(Module, Debug)]
pub struct RnnCell {
    /// `[H, D]`.
    pub weight_ih: Param<Tensor<2>>,
    /// `[H, H]`.
    pub weight_hh: Param<Tensor<2>>,
    /// `[H]`.
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    nonlinearity: Nonlinearity,
}

impl RnnCell {
    /// The activation.
    pub fn nonlinearity(&self) -> Nonlinearity {
        self.nonlinearity
    }

    /// [`RecurrentCell::step`] with the recurrent weights `[H, H]` already transposed.
    fn step_with(
        &self,
        weight_hh: &Tensor<2>,
        projected: Tensor<2>,
        recurrent: Tensor<2>,
    ) -> Tensor<2> {
        let sum = projected + recurrent.matmul(weight_hh.clone());
        match self.nonlinearity {
            Nonlinearity::Tanh => sum.tanh(),
            Nonlinearity::Relu => activation::relu(sum),
        }
    }
}

impl RecurrentCell for RnnCell {
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

    fn step(&self, projected: Tensor<2>, recurrent: Tensor<2>, _state: Tensor<2>) -> Tensor<2> {
        self.step_with(&ops::transposed(&self.weight_hh), projected, recurrent)
    }

    fn unroll(&self, sequence: Sequence<Tensor<2>>) -> (Tensor<3>, Tensor<2>) {
        #[cfg(feature = "fused")]
        if let Some(done) = kernel::unroll(self, &sequence) {
            return done;
        }
        let weight_hh = ops::transposed(&self.weight_hh);
        unroll_with(self, sequence, |projected, recurrent, _| {
            self.step_with(&weight_hh, projected, recurrent)
        })
    }
}

#[cfg(feature = "fused")]
impl FusedCell for RnnCell {
    fn fused(&self) -> Result<Fused, &'static str> {
        let kind = match self.nonlinearity {
            Nonlinearity::Tanh => CellKind::RnnTanh,
            Nonlinearity::Relu => CellKind::RnnRelu,
        };
        let bias = self.bias.as_ref();
        Ok(Fused::new(kind, &self.weight_ih, &self.weight_hh, bias))
    }
}
