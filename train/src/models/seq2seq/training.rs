//! How an encoder and a decoder are trained: what is dropped, and the loss on pairs of token sequences.
//!
//! ```text
//! loss = (1 - e) * -log p(target) + e * mean over v of -log p(v)
//! ```
//!
//! where `e` is the label smoothing (Szegedy et al. 2016), the mean is over the whole vocabulary, and the loss is that of
//! training alone.

use burn::tensor::{DType, Device, Tensor};
use recurra_cells::{LayerMasks, NetworkInput, NetworkState, RecurrentCell, SeededRng};

use super::writing::Reading;
use super::{Encoded, Seq2Seq, Seq2SeqBatch};
use crate::regularize::{dropped, layer_masks, some_mask, words_dropped};
use crate::{DropoutRates, Pass, Regularization, SequenceModel, SequenceWindow, WindowLoss};

/// What a [`Seq2Seq`] makes of pairs of token sequences, with the true token fed at every step.
#[derive(Clone, Debug)]
pub struct Seq2SeqPass<S> {
    /// `[B, T, V]`; those beyond a target's length mean nothing.
    pub logits: Tensor<3>,
    /// What a loss is to be added to in training, `[1]`, if anything.
    pub penalty: Option<Tensor<1>>,
    /// The decoder's state behind the last valid step of each target.
    pub state: NetworkState<S>,
}

/// The masks of one batch, each the same at every step (variational dropout; Gal and Ghahramani 2016).
#[derive(Default)]
struct Masks {
    encoder: Option<Vec<LayerMasks>>,
    /// Multiplies what the attention looks at, `[B, He]`.
    memory: Option<Tensor<2>>,
    /// Of the layers below the attention, and above it.
    decoder: [Option<Vec<LayerMasks>>; 2],
    /// Multiplies what the output layer reads, `[B, Ho]`.
    output: Option<Tensor<2>>,
    /// Multiplies the embedding of each source token, `[source vocabulary, 1]`.
    source_words: Option<Tensor<2>>,
    /// Multiplies the embedding of each target token, `[V, 1]`.
    target_words: Option<Tensor<2>>,
}

impl<C: RecurrentCell> Seq2Seq<C> {
    /// The logits of a batch under teacher forcing, as they are judged or as they are trained, for a loss of your own.
    ///
    /// What is dropped in training is the same at all steps of a row. Each rate is that of both networks: `input` drops from
    /// both embeddings, `words` from both vocabularies, `between` from what the attention looks at and what the layers above it
    /// read as well; `output` drops from what the attention gives to the output layer.
    ///
    /// # Panics
    ///
    /// If a token is not below its vocabulary.
    pub fn pass(&self, batch: &Seq2SeqBatch, pass: Pass<'_>) -> Seq2SeqPass<C::State> {
        self.assert_fits(batch);
        let (masks, regularization) = match pass {
            Pass::Evaluation => (Masks::default(), &Regularization::NONE),
            Pass::Training {
                regularization,
                rng,
            } => {
                let rates = &regularization.dropout;
                let masks = self.sample_masks(batch.batch_size(), rates, rng);
                (masks, regularization)
            }
        };
        let (tokens, lengths) = (batch.sources(&self.device()), batch.source_lengths());
        let embedded = self.source_embedding.forward(tokens.clone());
        let input = NetworkInput::new(words_dropped(embedded, tokens, masks.source_words))
            .with_lengths(lengths.clone())
            .with_masks(masks.encoder);
        let Encoded { memory, state } = self.encode_embedded(input, Some(lengths), masks.memory);
        let (tokens, lengths) = (batch.inputs(&self.device()), batch.target_lengths());
        let embedded = self.target_embedding.forward(tokens.clone());
        let reading = Reading {
            inputs: words_dropped(embedded, tokens, masks.target_words),
            state,
            lengths: Some(lengths.clone()),
            masks: masks.decoder,
        };
        let written = self.write(reading, &memory);
        let read = dropped(written.attended, masks.output);
        Seq2SeqPass {
            logits: self.logits(read.clone()),
            penalty: regularization.penalty(read, written.outputs, Some(lengths)),
            state: written.state.network,
        }
    }

    /// A probability of 0 gives no mask and draws nothing.
    fn sample_masks(&self, rows: usize, rates: &DropoutRates, rng: &mut SeededRng) -> Masks {
        let device = self.device();
        let options: (&Device, DType) = (&device, self.target_embedding.weight.dtype());
        let encoder = layer_masks(&self.encoder, rows, rates, options, rng);
        let decoder = layer_masks(&self.decoder, rows, rates, options, rng);
        let above = DropoutRates {
            input: rates.between,
            ..*rates
        };
        let upper = self.upper.as_ref();
        let upper = upper.map(|it| layer_masks(it, rows, &above, options, rng));
        let [sources, targets] = self.vocabulary_sizes();
        let mut mask = |shape, rate| some_mask(shape, rate, options, rng);
        Masks {
            encoder: Some(encoder),
            memory: mask([rows, self.encoder.output_size()], rates.between),
            decoder: [Some(decoder), upper],
            output: mask([rows, self.attention.output_size()], rates.output),
            source_words: mask([sources, 1], rates.words),
            target_words: mask([targets, 1], rates.words),
        }
    }
}

/// Each pair is whole; every token of the targets counts, their end marks among them.
impl SequenceWindow for Seq2SeqBatch {
    fn batch_size(&self) -> usize {
        self.target_lengths().as_slice().len()
    }

    fn valid_steps(&self) -> usize {
        self.tokens()
    }
}

/// Each pair is whole: a batch does not continue the one before, and its encoder starts from the initial state whatever that has
/// left; the state is the decoder's. Batches may have any number of pairs. In training the loss has the model's label
/// smoothing, in evaluation it has none.
impl<C: RecurrentCell> SequenceModel for Seq2Seq<C> {
    type Window = Seq2SeqBatch;
    type State = C::State;

    fn device(&self) -> Device {
        self.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        self.blank_state(batch_size)
    }

    fn window_loss(
        &self,
        batch: &Seq2SeqBatch,
        _: Option<NetworkState<C::State>>,
        pass: Pass<'_>,
    ) -> WindowLoss<C::State> {
        let smoothing = match pass {
            Pass::Evaluation => 0.0,
            Pass::Training { .. } => self.label_smoothing,
        };
        let run = self.pass(batch, pass);
        let (targets, lengths) = (batch.targets(&self.device()), batch.target_lengths());
        WindowLoss {
            mean: self.smoothed_loss(run.logits, targets, Some(lengths), smoothing),
            penalty: run.penalty,
            state: run.state,
        }
    }

    fn assert_fits(&self, batch: &Seq2SeqBatch) {
        if let Err(error) = batch.check_below(self.vocabulary_sizes()) {
            panic!("{error}");
        }
    }
}
