//! How a tagger is trained: what is dropped, and the loss on rows of tokens.

use burn::tensor::{Device, Tensor};
use recurra_cells::{NetworkInput, NetworkState, RecurrentCell};

use super::{SequenceTagger, TaggerBatch};
use crate::regularize::{dropped, layer_masks, some_mask, words_dropped};
use crate::{Pass, Regularization, SequenceModel, TokenRows, WindowLoss};

/// What a [`SequenceTagger`] makes of rows of tokens.
#[derive(Clone, Debug)]
pub struct TaggerPass<S> {
    /// `[B, T, V]`.
    pub logits: Tensor<3>,
    /// What a loss is to be added to in training, `[1]`, if anything.
    pub penalty: Option<Tensor<1>>,
    /// The state in which each row ends.
    pub state: NetworkState<S>,
}

impl<C: RecurrentCell> SequenceTagger<C> {
    /// The logits of rows, as they are judged or as they are trained, for a loss of your own. What is dropped in training is the
    /// same at all steps of a row.
    ///
    /// # Panics
    ///
    /// If a token is not below the vocabulary's size.
    pub fn pass(&self, rows: &TokenRows, pass: Pass<'_>) -> TaggerPass<C::State> {
        rows.assert_below(self.vocabulary_size());
        let (device, lengths) = (self.device(), rows.lengths());
        let tokens = rows.tokens(&device);
        let embedded = self.embedding.forward(tokens.clone());
        let (embedded, layers, mask, regularization) = match pass {
            Pass::Evaluation => (embedded, None, None, &Regularization::NONE),
            Pass::Training {
                regularization,
                rng,
            } => {
                let (rates, rows) = (&regularization.dropout, rows.batch_size());
                let options = (&device, self.embedding.weight.dtype());
                let layers = layer_masks(&self.network, rows, rates, options, rng);
                let width = self.network.output_size();
                let output = some_mask([rows, width], rates.output, options, rng);
                let words = some_mask([self.vocabulary_size(), 1], rates.words, options, rng);
                let embedded = words_dropped(embedded, tokens, words);
                (embedded, Some(layers), output, regularization)
            }
        };
        let input = NetworkInput::new(embedded)
            .with_lengths(lengths.clone())
            .with_masks(layers);
        let output = self.network.forward(input);
        let read = dropped(output.outputs.clone(), mask);
        TaggerPass {
            logits: self.output.forward(read.clone()),
            penalty: regularization.penalty(read, output.outputs, Some(lengths)),
            state: output.state,
        }
    }
}

/// Each row is a whole sequence: a batch does not continue the one before, and starts from the network's initial state
/// whatever that has left. Batches may have any number of rows.
impl<C: RecurrentCell> SequenceModel for SequenceTagger<C> {
    type Window = TaggerBatch;
    type State = C::State;

    fn device(&self) -> Device {
        self.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        self.network.initial_state(batch_size, &self.device())
    }

    fn window_loss(
        &self,
        batch: &TaggerBatch,
        _: Option<NetworkState<C::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<C::State> {
        let run = self.pass(batch.rows(), pass);
        let (labels, lengths) = (batch.labels(&self.device()), batch.rows().lengths());
        WindowLoss {
            mean: self.loss(run.logits, labels, lengths.clone()),
            penalty: run.penalty,
            state: run.state,
        }
    }

    fn assert_fits(&self, batch: &TaggerBatch) {
        batch.assert_labels_below(self.classes());
    }
}
