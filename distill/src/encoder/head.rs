//! A classifier above an encoder.
//!
//! ```text
//! pooled = tanh(W_p h_1 + b_p)                  of the first token, [CLS]
//! pooled = sum over valid t of h_t / length     mean
//! logits = W_c pooled + b_c
//! ```

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Int, Tensor, TensorData};
use recurra_cells::{Lengths, SeededRng};
use serde::{Deserialize, Serialize};

use super::dropout::Dropout;
use super::parameters::{ParameterSource, Stored};
use super::{Encoder, Layout};
use crate::Error;

/// How the last hidden state `[B, T, W]` becomes one vector a row, `[B, W]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// A layer of tanh over the first token, as BERT and RoBERTa classify.
    #[default]
    First,
    /// The mean over the valid tokens, as sentence encoders such as all-MiniLM-L6-v2 are trained. A row of length 0 becomes
    /// zeros.
    Mean,
}

/// An encoder, a pooling, and an output layer over the classes.
#[derive(Module, Debug)]
pub struct EncoderClassifier {
    /// Reads the tokens.
    pub encoder: Encoder,
    /// The layer of tanh of [`Pooling::First`]: weight `[W, W]`, bias `[W]`.
    pub pooler: Option<Linear>,
    /// Weight `[W, V]` for `V` classes, bias `[V]`.
    pub output: Linear,
    #[module(skip)]
    classes: Vec<String>,
}

/// What the two layers are called in a state dict without prefix.
pub(super) struct HeadNames {
    pub pooler: &'static str,
    pub output: &'static str,
}

impl HeadNames {
    pub fn of(layout: Layout) -> Self {
        match layout {
            Layout::Bert => Self {
                pooler: "pooler.dense",
                output: "classifier",
            },
            Layout::Roberta => Self {
                pooler: "classifier.dense",
                output: "classifier.out_proj",
            },
        }
    }
}

/// A classifier above `encoder`. Its pooler is `stored` where there is one; the rest comes from `source`.
///
/// # Panics
/// If there is no class.
pub(super) fn build(
    encoder: Encoder,
    pooling: Pooling,
    classes: Vec<String>,
    stored: Option<&mut Stored<'_>>,
    source: &mut impl ParameterSource,
) -> Result<EncoderClassifier, Error> {
    assert!(!classes.is_empty(), "a classifier needs at least one class");
    let names = HeadNames::of(encoder.config().layout);
    let width = encoder.config().hidden_size;
    let pooler = match (pooling, stored) {
        (Pooling::Mean, _) => None,
        (Pooling::First, Some(stored)) => Some(stored.linear(names.pooler, width, width)?),
        (Pooling::First, None) => Some(source.linear(names.pooler, width, width)?),
    };
    let output = source.linear(names.output, width, classes.len())?;
    Ok(EncoderClassifier {
        encoder,
        pooler,
        output,
        classes,
    })
}

impl EncoderClassifier {
    /// The classes' names, in the order of the logits.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// How the tokens of a row are brought together.
    pub fn pooling(&self) -> Pooling {
        match self.pooler {
            Some(_) => Pooling::First,
            None => Pooling::Mean,
        }
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.encoder.device()
    }

    /// The logits `[B, V]` of the rows of `tokens [B, T]`, of which the first `lengths[b]` are valid, or all. Nothing is
    /// dropped.
    ///
    /// # Panics
    /// As [`Encoder::forward`].
    pub fn forward(
        &self,
        tokens: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<2> {
        self.run(tokens, lengths.into(), &mut Dropout::Off)
    }

    /// [`forward`](Self::forward) in training: units are dropped by masks from `rng`.
    ///
    /// # Panics
    /// As [`Encoder::forward`].
    pub fn forward_training(
        &self,
        tokens: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
        rng: &mut SeededRng,
    ) -> Tensor<2> {
        self.run(tokens, lengths.into(), &mut Dropout::On(rng))
    }

    fn run(
        &self,
        tokens: Tensor<2, Int>,
        lengths: Option<Lengths>,
        dropout: &mut Dropout<'_>,
    ) -> Tensor<2> {
        let config = self.encoder.config();
        let probability = config.classifier_dropout();
        let hidden = self.encoder.run(tokens, lengths.as_ref(), dropout, |_| {});
        let pooled = match &self.pooler {
            None => mean(hidden, lengths.as_ref()),
            Some(pooler) => {
                let first = hidden.narrow(1, 0, 1).squeeze_dim::<2>(1);
                let first = match config.layout {
                    Layout::Bert => first,
                    Layout::Roberta => dropout.apply(first, probability),
                };
                pooler.forward(first).tanh()
            }
        };
        self.output.forward(dropout.apply(pooled, probability))
    }
}

/// The mean of `hidden [B, T, W]` over the valid steps, `[B, W]`, as a product with each step's share.
fn mean(hidden: Tensor<3>, lengths: Option<&Lengths>) -> Tensor<2> {
    let [size, steps, _] = hidden.dims();
    let Some(lengths) = lengths else {
        return hidden.mean_dim(1).squeeze_dim(1);
    };
    let share = |length: usize, step: usize| match step < length {
        true => (length as f64).recip(),
        false => 0.0,
    };
    let rows = lengths.as_slice().iter();
    let shares: Vec<f64> = rows
        .flat_map(|&length| (0..steps).map(move |step| share(length, step)))
        .collect();
    let options = (&hidden.device(), hidden.dtype());
    let shares = Tensor::<3>::from_data(TensorData::new(shares, [size, 1, steps]), options);
    shares.matmul(hidden).squeeze_dim(1)
}
