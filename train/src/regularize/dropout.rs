//! Dropout masks, drawn on the host, and how probable each kind is.

use burn::tensor::{DType, Device, Int, Tensor, TensorCreationOptions, TensorData};
use recurra_cells::{Direction, LayerMasks, Recurrent, RecurrentCell, SeededRng};
use serde::{Deserialize, Serialize};

use super::check_probability;
use crate::Error;

/// A mask `shape` that is 0 with this probability and `1 / (1 - probability)` elsewhere, so that what it multiplies keeps
/// its mean (inverted dropout; Srivastava et al. 2014). `options` are a device, and a number type where it is not the
/// device's own.
///
/// # Panics
///
/// If `probability` is outside `[0, 1)`.
pub fn dropout_mask(
    shape: [usize; 2],
    probability: f64,
    options: impl Into<TensorCreationOptions>,
    rng: &mut SeededRng,
) -> Tensor<2> {
    assert!(
        (0.0..1.0).contains(&probability),
        "a dropout probability must be in [0, 1), got {probability}"
    );
    let kept = 1.0 / (1.0 - probability);
    let draw = |_| if rng.unit() < probability { 0.0 } else { kept };
    let values: Vec<f64> = (0..shape[0] * shape[1]).map(draw).collect();
    Tensor::from_data(TensorData::new(values, shape), options)
}

/// A [`dropout_mask`], if anything is dropped; a probability of 0 draws nothing.
pub(crate) fn some_mask(
    shape: [usize; 2],
    probability: f64,
    options: impl Into<TensorCreationOptions>,
    rng: &mut SeededRng,
) -> Option<Tensor<2>> {
    (probability != 0.0).then(|| dropout_mask(shape, probability, options, rng))
}

/// The masks of each layer of a network, for `batch_size` rows.
pub(crate) fn layer_masks<C: RecurrentCell>(
    network: &Recurrent<C>,
    batch_size: usize,
    rates: &DropoutRates,
    options: (&Device, DType),
    rng: &mut SeededRng,
) -> Vec<LayerMasks> {
    let mut mask = |width, rate| some_mask([batch_size, width], rate, options, rng);
    let hidden = network.hidden_size();
    let (forward, backward) = match network.direction() {
        Direction::Forward => (rates.recurrent, 0.0),
        Direction::Backward => (0.0, rates.recurrent),
        Direction::Both => (rates.recurrent, rates.recurrent),
    };
    let layers = network.layers.iter().enumerate();
    let layers = layers.map(|(index, layer)| {
        let width = layer.cells().next().map_or(0, C::input_size);
        let rate = match index {
            0 => rates.input,
            _ => rates.between,
        };
        LayerMasks {
            input: mask(width, rate),
            forward_recurrent: mask(hidden, forward),
            backward_recurrent: mask(hidden, backward),
        }
    });
    layers.collect()
}

/// `values` times a dropout mask.
///
/// # Panics
///
/// If their number types differ, of which burn leaves the outcome to the device: a mask belongs to the model that made it,
/// and not to another that its weights were cast to or from.
pub(crate) fn masked<const D: usize>(values: Tensor<D>, mask: Tensor<D>) -> Tensor<D> {
    let (own, expected) = (mask.dtype(), values.dtype());
    assert_eq!(
        own, expected,
        "a dropout mask is {own:?}, but what it drops from is {expected:?}"
    );
    values * mask
}

/// The embeddings `[B, T, E]` of `tokens [B, T]`, each times its word's entry of a mask `[V, 1]`, if there is one.
pub(crate) fn words_dropped(
    embedded: Tensor<3>,
    tokens: Tensor<2, Int>,
    mask: Option<Tensor<2>>,
) -> Tensor<3> {
    match mask {
        Some(mask) => {
            let [batch, steps] = tokens.dims();
            let kept = mask.select(0, tokens.reshape([batch * steps]));
            masked(embedded, kept.reshape([batch, steps, 1]))
        }
        None => embedded,
    }
}

/// `outputs [B, T, H]` times a mask `[B, H]` that is the same at every step, if there is one.
pub(crate) fn dropped(outputs: Tensor<3>, mask: Option<Tensor<2>>) -> Tensor<3> {
    match mask {
        Some(mask) => masked(outputs, mask.unsqueeze_dim(1)),
        None => outputs,
    }
}

/// How probable it is that something is dropped in a window of training, each in `[0, 1)`; by default 0, which is not at
/// all.
///
/// Every mask is drawn once a window and is the same at each of its steps (variational dropout; Gal and Ghahramani 2016).
/// The names in brackets are those of AWD-LSTM (Merity et al. 2018), which has all but `recurrent`.
///
/// ```
/// use recurra_train::DropoutRates;
///
/// let rates = DropoutRates { recurrent_weights: 0.5, ..DropoutRates::uniform(0.2) };
/// assert_eq!((rates.input, rates.words), (0.2, 0.0));
/// assert_eq!(DropoutRates::from(0.0), DropoutRates::NONE);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DropoutRates {
    /// Of what the first layer reads, a number of the embedding `[B, E]` (`dropouti`).
    pub input: f64,
    /// Of what each further layer reads, a unit `[B, H]` of the layer below (`dropouth`).
    pub between: f64,
    /// Of what the recurrent weights see, a unit `[B, H]` of the hidden state.
    pub recurrent: f64,
    /// Of what the output layer reads, a unit `[B, H]` (`dropout`).
    pub output: f64,
    /// Of a whole word of the vocabulary `[V]`, in every row of the batch (`dropoute`).
    pub words: f64,
    /// Of a recurrent weight (`wdrop`): see [`drop_recurrent_weights`](super::drop_recurrent_weights).
    pub recurrent_weights: f64,
}

impl DropoutRates {
    /// No dropout.
    pub const NONE: Self = Self::uniform(0.0);

    /// One probability for everything that a unit can be dropped from, inputs, layers, recurrence and output, and 0 for
    /// words and weights.
    pub const fn uniform(probability: f64) -> Self {
        Self {
            input: probability,
            between: probability,
            recurrent: probability,
            output: probability,
            words: 0.0,
            recurrent_weights: 0.0,
        }
    }

    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// If a probability is outside `[0, 1)`.
    pub fn validate(&self) -> Result<(), Error> {
        let rates = [
            ("dropout.input", self.input),
            ("dropout.between", self.between),
            ("dropout.recurrent", self.recurrent),
            ("dropout.output", self.output),
            ("dropout.words", self.words),
            ("dropout.recurrent_weights", self.recurrent_weights),
        ];
        rates
            .into_iter()
            .try_for_each(|(field, rate)| check_probability(field, rate))
    }
}

/// [`DropoutRates::uniform`].
impl From<f64> for DropoutRates {
    fn from(probability: f64) -> Self {
        Self::uniform(probability)
    }
}
