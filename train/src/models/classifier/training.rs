//! How a classifier is trained: what is dropped, and the loss on rows of tokens.

use burn::tensor::{Device, Tensor};
use recurra_cells::{LayerMasks, NetworkInput, NetworkState, RecurrentCell, SeededRng};

use super::{ClassifierBatch, SequenceClassifier, TokenRows};
use crate::regularize::{layer_masks, masked, some_mask, words_dropped};
use crate::{DropoutRates, Pass, Regularization, SequenceModel, WindowLoss};

/// What a [`SequenceClassifier`] makes of rows of tokens.
#[derive(Clone, Debug)]
pub struct ClassifierPass<S> {
    /// `[B, V]`.
    pub logits: Tensor<2>,
    /// What a loss is to be added to in training, `[1]`, if anything.
    pub penalty: Option<Tensor<1>>,
    /// The state in which each row ends.
    pub state: NetworkState<S>,
}

/// The masks of one batch (variational dropout; Gal and Ghahramani 2016).
struct Masks {
    /// Multiplies the embedding of each word, `[V, 1]`.
    words: Option<Tensor<2>>,
    layers: Vec<LayerMasks>,
    /// Multiplies what the output layer reads, `[B, I]`.
    output: Option<Tensor<2>>,
}

impl<C: RecurrentCell> SequenceClassifier<C> {
    /// The logits of rows, as they are judged or as they are trained, for a loss of your own.
    ///
    /// # Panics
    ///
    /// If a token is not below the vocabulary's size.
    pub fn pass(&self, rows: &TokenRows, pass: Pass<'_>) -> ClassifierPass<C::State> {
        rows.assert_below(self.vocabulary_size());
        let (masks, regularization) = match pass {
            Pass::Evaluation => (None, &Regularization::NONE),
            Pass::Training {
                regularization,
                rng,
            } => {
                let rates = &regularization.dropout;
                let masks = self.sample_masks(rows.batch_size(), rates, rng);
                (Some(masks), regularization)
            }
        };
        let (words, layers, mask) = match masks {
            Some(masks) => (masks.words, Some(masks.layers), masks.output),
            None => (None, None, None),
        };
        let (tokens, lengths) = (rows.tokens(&self.device()), rows.lengths());
        let embedded = self.embedding.forward(tokens.clone());
        let input = NetworkInput::new(words_dropped(embedded, tokens, words))
            .with_lengths(lengths.clone())
            .with_masks(layers);
        let output = self.network.forward(input);
        let (outputs, state) = (output.outputs.clone(), output.state.clone());
        let read = self.read(self.pooler.forward(output, Some(lengths)));
        let read = match mask {
            Some(mask) => masked(read, mask),
            None => read,
        };
        ClassifierPass {
            logits: self.output.forward(read),
            penalty: regularization.penalty(outputs.clone(), outputs, Some(lengths)),
            state,
        }
    }

    /// A probability of 0 gives no mask and draws nothing.
    fn sample_masks(&self, batch: usize, rates: &DropoutRates, rng: &mut SeededRng) -> Masks {
        let (device, dtype) = (self.device(), self.embedding.weight.dtype());
        let options = (&device, dtype);
        let layers = layer_masks(&self.network, batch, rates, options, rng);
        let width = self.output.weight.dims()[0];
        Masks {
            layers,
            output: some_mask([batch, width], rates.output, options, rng),
            words: some_mask([self.vocabulary_size(), 1], rates.words, options, rng),
        }
    }
}

/// Each row is a whole sequence: a batch does not continue the one before, and starts from the network's initial state
/// whatever that has left. Batches may have any number of rows.
impl<C: RecurrentCell> SequenceModel for SequenceClassifier<C> {
    type Window = ClassifierBatch;
    type State = C::State;

    fn device(&self) -> Device {
        self.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        self.network.initial_state(batch_size, &self.device())
    }

    fn window_loss(
        &self,
        batch: &ClassifierBatch,
        _: Option<NetworkState<C::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<C::State> {
        let run = self.pass(batch.rows(), pass);
        WindowLoss {
            mean: self.loss(run.logits, batch.labels(&self.device())),
            penalty: run.penalty,
            state: run.state,
        }
    }

    fn assert_fits(&self, batch: &ClassifierBatch) {
        batch.assert_labels_below(self.classes());
    }
}
