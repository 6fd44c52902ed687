//! How a recogniser is trained: what is dropped, and the loss on rows of frames.

use burn::tensor::{Device, Tensor};
use recurra_cells::{Lengths, NetworkInput, NetworkState, RecurrentCell};

use super::{CtcBatch, CtcRecognizer};
use crate::regularize::{dropped, layer_masks, some_mask};
use crate::{Error, Pass, Regularization, SequenceModel, WindowLoss};

/// What a [`CtcRecognizer`] makes of rows of frames.
#[derive(Clone, Debug)]
pub struct CtcPass<S> {
    /// The log-probabilities `[B, T, V + 1]` of each frame, in nats.
    pub log_probs: Tensor<3>,
    /// What a loss is to be added to in training, `[1]`, if anything.
    pub penalty: Option<Tensor<1>>,
    /// The state in which each row ends.
    pub state: NetworkState<S>,
}

impl<C: RecurrentCell> CtcRecognizer<C> {
    /// The log-probabilities of `features [B, T, D]`, as they are judged or as they are trained, for a loss of your own. What
    /// is dropped in training is the same at all frames of a row; there are no words to drop.
    ///
    /// # Panics
    ///
    /// If the shape of the features or the lengths does not fit.
    pub fn pass(
        &self,
        features: Tensor<3>,
        lengths: Option<&Lengths>,
        pass: Pass<'_>,
    ) -> CtcPass<C::State> {
        let [rows, _, _] = features.dims();
        let dtype = self.output.weight.dtype();
        let (layers, mask, regularization) = match pass {
            Pass::Evaluation => (None, None, &Regularization::NONE),
            Pass::Training {
                regularization,
                rng,
            } => {
                let (rates, device) = (&regularization.dropout, self.device());
                let layers = layer_masks(&self.network, rows, rates, (&device, dtype), rng);
                let shape = [rows, self.network.output_size()];
                let output = some_mask(shape, rates.output, (&device, dtype), rng);
                (Some(layers), output, regularization)
            }
        };
        // The weights may have been cast to half precision, the features not.
        let input = NetworkInput::new(features.cast(dtype))
            .with_lengths(lengths.cloned())
            .with_masks(layers);
        let output = self.network.forward(input);
        let read = dropped(output.outputs.clone(), mask);
        CtcPass {
            log_probs: self.log_probs(read.clone()),
            penalty: regularization.penalty(read, output.outputs, lengths),
            state: output.state,
        }
    }

    /// Says which row of a batch cannot be learned from, if one cannot.
    ///
    /// # Errors
    ///
    /// As [`loss`](Self::loss).
    ///
    /// # Panics
    ///
    /// If the width of the frames does not fit.
    pub fn check_batch(&self, batch: &CtcBatch) -> Result<(), Error> {
        batch.assert_width(self.network.input_size());
        self.check_targets(batch.targets(), batch.lengths().as_slice())
    }

    /// The [`loss`](Self::loss) of a batch, with nothing dropped.
    ///
    /// # Errors
    ///
    /// As [`loss`](Self::loss).
    ///
    /// # Panics
    ///
    /// If the width of the frames does not fit.
    pub fn batch_loss(&self, batch: &CtcBatch) -> Result<Tensor<1>, Error> {
        self.check_batch(batch)?;
        let (features, lengths) = (batch.features(&self.device()), batch.lengths());
        let log_probs = self
            .pass(features, Some(lengths), Pass::Evaluation)
            .log_probs;
        self.loss(log_probs, Some(lengths), batch.targets())
    }
}

/// Each row is a whole sequence: a batch does not continue the one before, and starts from the network's initial state
/// whatever that has left. Batches may have any number of rows. Where [`CtcRecognizer::check_batch`] reports an error, a pass
/// panics with it.
impl<C: RecurrentCell> SequenceModel for CtcRecognizer<C> {
    type Window = CtcBatch;
    type State = C::State;

    fn device(&self) -> Device {
        self.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        self.network.initial_state(batch_size, &self.device())
    }

    fn window_loss(
        &self,
        batch: &CtcBatch,
        _: Option<NetworkState<C::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<C::State> {
        let (features, lengths) = (batch.features(&self.device()), batch.lengths());
        let run = self.pass(features, Some(lengths), pass);
        let mean = self.loss(run.log_probs, Some(lengths), batch.targets());
        WindowLoss {
            mean: mean.unwrap_or_else(|error| panic!("{error}")),
            penalty: run.penalty,
            state: run.state,
        }
    }

    fn assert_fits(&self, batch: &CtcBatch) {
        if let Err(error) = self.check_batch(batch) {
            panic!("{error}");
        }
    }
}
