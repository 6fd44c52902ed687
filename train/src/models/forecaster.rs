//! The steps that follow a series of real numbers, all at once from its last hidden state.
//!
//! ```text
//! forecast = W_out [final h of each direction] + b_out + W_highway [last steps]
//! ```

mod batch;
mod highway;
mod training;

pub use batch::ForecastBatch;
pub use training::ForecastPass;

use burn::module::Module;
use burn::nn::Linear;
use burn::nn::loss::{MseLoss, Reduction};
use burn::tensor::{Device, Tensor};
use recurra_cells::{
    CellConfig, Lengths, NetworkInput, Recurrent, RecurrentCell, RecurrentConfig, SeededRng,
};
use serde::{Deserialize, Serialize};

use highway::{last_steps, silent};

use super::pooling::{final_hidden, final_width};
use super::weights::linear;
use crate::{Error, at_least_single};

/// Configuration of a [`Forecaster`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecasterConfig<C> {
    /// `D`, how many series are read, at least 1.
    pub input_size: usize,
    /// The network, in any direction: all it reads is past.
    pub network: RecurrentConfig<C>,
    /// How many steps are predicted, at least 1.
    pub horizon: usize,
    /// How many series are predicted, at least 1.
    pub outputs: usize,
    /// How many of the last steps a linear map sees beside the network; 0 for no such map.
    #[serde(default)]
    pub highway_steps: usize,
}

impl<C: CellConfig> ForecasterConfig<C> {
    /// A forecaster of `outputs` series over `horizon` steps.
    pub fn new(
        input_size: usize,
        network: RecurrentConfig<C>,
        horizon: usize,
        outputs: usize,
    ) -> Self {
        Self {
            input_size,
            network,
            horizon,
            outputs,
            highway_steps: 0,
        }
    }

    /// The same with a linear map of the last `steps` steps beside the network, whose forecasts are added to the network's, so that
    /// the network has to learn only what is not linear (the highway of LSTNet; Lai et al. 2018).
    #[must_use]
    pub fn with_highway_steps(mut self, steps: usize) -> Self {
        self.highway_steps = steps;
        self
    }

    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the field, or [`Error::Cells`] with one of the network's.
    pub fn validate(&self) -> Result<(), Error> {
        self.network.validate()?;
        for (field, size) in [
            ("input_size", self.input_size),
            ("horizon", self.horizon),
            ("outputs", self.outputs),
        ] {
            if size == 0 {
                return Err(Error::config(field, "at least 1", size));
            }
        }
        Ok(())
    }

    /// Builds the model with weights drawn from `rng`: the network's own, and an output layer of `I` inputs,
    /// `U(-1/sqrt(I), 1/sqrt(I))`, with a zero bias. The highway starts with zeros, and draws nothing.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> Forecaster<C::Cell> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        let network = self.network.init(self.input_size, device, rng);
        let forecasts = self.horizon * self.outputs;
        let highway = match self.highway_steps {
            0 => None,
            steps => Some(silent([steps * self.input_size, forecasts], device)),
        };
        Forecaster {
            output: linear([final_width(&network), forecasts], device, rng),
            highway,
            network,
            horizon: self.horizon,
        }
    }
}

/// A recurrent network, and an output layer that predicts every step of the horizon directly: a forecast is never read back
/// (the direct strategy; Ben Taieb et al. 2012).
#[derive(Module, Debug)]
pub struct Forecaster<C: RecurrentCell> {
    /// Runs in any direction.
    pub network: Recurrent<C>,
    /// Weight `[H, horizon * outputs]` (`2*H` for both directions), bias `[horizon * outputs]`, step by step.
    pub output: Linear,
    /// Weight `[steps * D, horizon * outputs]`, step by step, of a map of the last steps.
    pub highway: Option<Linear>,
    #[module(skip)]
    horizon: usize,
}

impl<C: RecurrentCell> Forecaster<C> {
    /// `D`, how many series are read.
    pub fn input_size(&self) -> usize {
        self.network.input_size()
    }

    /// How many steps are predicted.
    pub fn horizon(&self) -> usize {
        self.horizon
    }

    /// How many series are predicted.
    pub fn outputs(&self) -> usize {
        self.output.weight.dims()[1] / self.horizon
    }

    /// How many of the last steps the highway sees; 0 without one.
    pub fn highway_steps(&self) -> usize {
        let inputs = self.highway.as_ref().map_or(0, |it| it.weight.dims()[0]);
        inputs / self.input_size()
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.output.weight.device()
    }

    /// What follows the rows of `inputs [B, T, D]`, of which the first `lengths[b]` steps are valid, or all:
    /// `[B, horizon, outputs]`.
    ///
    /// What stands in the padding has no influence. The forecast of a row of length 0 is that of the network's initial
    /// state. A highway sees zeros where a row has fewer steps than it.
    ///
    /// # Panics
    ///
    /// If the width of the inputs, or the lengths, do not fit.
    pub fn forward(&self, inputs: Tensor<3>, lengths: impl Into<Option<Lengths>>) -> Tensor<3> {
        let lengths = lengths.into();
        let input = NetworkInput::new(inputs.clone()).with_lengths(lengths.clone());
        let hidden = final_hidden(&self.network.forward(input).state);
        self.read(hidden, (inputs, lengths.as_ref()))
    }

    /// Forecasts `[B, horizon, outputs]` from final hidden states `[B, I]` and what the highway sees.
    fn read(
        &self,
        hidden: Tensor<2>,
        (inputs, lengths): (Tensor<3>, Option<&Lengths>),
    ) -> Tensor<3> {
        let [batch, _] = hidden.dims();
        let mut forecasts = self.output.forward(hidden);
        if let Some(highway) = &self.highway {
            let last = last_steps(inputs, lengths, self.highway_steps());
            forecasts = forecasts + highway.forward(last);
        }
        forecasts.reshape([batch, self.horizon, self.outputs()])
    }

    /// The mean squared error of `forecasts` against `targets`, both `[B, horizon, outputs]`: `[1]`, in the square of the
    /// series' unit.
    ///
    /// # Panics
    ///
    /// If the shapes differ.
    pub fn loss(&self, forecasts: Tensor<3>, targets: Tensor<3>) -> Tensor<1> {
        assert_alike(&forecasts, &targets);
        MseLoss::new().forward(at_least_single(forecasts), targets, Reduction::Mean)
    }

    /// The mean absolute error of `forecasts` against `targets`, both `[B, horizon, outputs]`, in the series' unit.
    ///
    /// # Panics
    ///
    /// If the shapes differ.
    pub fn mean_absolute_error(&self, forecasts: Tensor<3>, targets: Tensor<3>) -> f64 {
        assert_alike(&forecasts, &targets);
        (at_least_single(forecasts) - targets)
            .abs()
            .mean()
            .into_scalar::<f64>()
    }
}

/// burn would stretch a 1 to the other's size, and judge something else.
fn assert_alike(forecasts: &Tensor<3>, targets: &Tensor<3>) {
    let (forecasts, targets) = (forecasts.dims(), targets.dims());
    assert_eq!(
        targets, forecasts,
        "the targets are {targets:?}, but the forecasts are {forecasts:?}"
    );
}
