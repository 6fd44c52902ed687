//! How probable it is that a unit keeps its state for a step.

use burn::tensor::{Bool, Device, Tensor, TensorData};
use recurra_cells::{
    LayerState, LayerZoneout, Recurrent, RecurrentCell, RecurrentState, SeededRng, Zoneout,
};
use serde::{Deserialize, Serialize};

use super::check_probability;
use crate::Error;

/// The probability that a unit of the state keeps its old value at a step (zoneout; Krueger et al. 2017), each in `[0, 1)`;
/// by default 0, which is not at all. The paper's language models have 0.05 and 0.5.
///
/// In training each unit of each row draws anew at each step. In evaluation every unit is the expectation of that:
/// `p * old + (1 - p) * new`. Either way sequences are run one step at a time.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use recurra_cells::{GruConfig, NetworkInput, RecurrentConfig, SeededRng};
/// use recurra_train::ZoneoutRates;
///
/// let (device, mut rng) = (Device::default(), SeededRng::new(1));
/// let network = RecurrentConfig::new(GruConfig::new(4)).init(3, &device, &mut rng);
/// let rates = ZoneoutRates { hidden: 0.1, memory: 0.0 };
/// let masks = rates.sample(&network, [2, 5], &device, &mut rng);
/// let input = NetworkInput::new(Tensor::ones([2, 5, 3], &device)).with_zoneout(masks);
/// assert_eq!(network.forward(input).outputs.dims(), [2, 5, 4]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ZoneoutRates {
    /// For the first tensor of the state, which is the hidden state of every cell of `recurra_cells` (the paper's `z_h`).
    pub hidden: f64,
    /// For every further tensor, such as an LSTM's memory cell (the paper's `z_c`).
    pub memory: f64,
}

impl ZoneoutRates {
    /// No zoneout.
    pub const NONE: Self = Self {
        hidden: 0.0,
        memory: 0.0,
    };

    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// If a probability is outside `[0, 1)`.
    pub fn validate(&self) -> Result<(), Error> {
        check_probability("zoneout.hidden", self.hidden)?;
        check_probability("zoneout.memory", self.memory)
    }

    /// Masks for `network` to train under, over `[B, T]` rows and steps; none if both probabilities are 0.
    ///
    /// # Panics
    ///
    /// If a probability is outside `[0, 1)`.
    pub fn sample<C: RecurrentCell>(
        &self,
        network: &Recurrent<C>,
        [batch, steps]: [usize; 2],
        device: &Device,
        rng: &mut SeededRng,
    ) -> Option<Vec<LayerZoneout>> {
        self.of_layers(network, batch, device, |state| {
            let mut masks = Vec::new();
            let _ = state.map_tensors(&mut |tensor| {
                let [batch, width] = tensor.dims();
                let probability = self.of_tensor(masks.len());
                masks.push(mask([batch, steps, width], probability, device, rng));
                tensor
            });
            Zoneout::Masks(masks)
        })
    }

    /// What `network` is evaluated under; none if both probabilities are 0.
    ///
    /// # Panics
    ///
    /// If a probability is outside `[0, 1)`.
    pub fn expectation<C: RecurrentCell>(
        &self,
        network: &Recurrent<C>,
        device: &Device,
    ) -> Option<Vec<LayerZoneout>> {
        self.of_layers(network, 1, device, |state| {
            let mut shares = Vec::new();
            let _ = state.map_tensors(&mut |tensor| {
                shares.push(self.of_tensor(shares.len()));
                tensor
            });
            Zoneout::Expectation(shares)
        })
    }

    /// What `zoneout` makes of the state of each layer and direction, forward first.
    fn of_layers<C: RecurrentCell>(
        &self,
        network: &Recurrent<C>,
        batch: usize,
        device: &Device,
        mut zoneout: impl FnMut(C::State) -> Zoneout,
    ) -> Option<Vec<LayerZoneout>> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        if *self == Self::NONE {
            return None;
        }
        let of_layer = |layer: LayerState<C::State>| LayerZoneout {
            forward: layer.forward.map(&mut zoneout),
            backward: layer.backward.map(&mut zoneout),
        };
        let state = network.initial_state(batch, device);
        Some(state.layers.into_iter().map(of_layer).collect())
    }

    /// The probability for the tensor of this index in the state.
    fn of_tensor(&self, index: usize) -> f64 {
        match index {
            0 => self.hidden,
            _ => self.memory,
        }
    }
}

/// True with this probability.
fn mask(
    shape: [usize; 3],
    probability: f64,
    device: &Device,
    rng: &mut SeededRng,
) -> Tensor<3, Bool> {
    let numbers = shape.iter().product();
    let keeps: Vec<bool> = match probability {
        0.0 => vec![false; numbers],
        _ => (0..numbers).map(|_| rng.unit() < probability).collect(),
    };
    Tensor::from_data(TensorData::new(keeps, shape), device)
}
