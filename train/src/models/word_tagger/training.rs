//! How a tagger of words is trained: what is dropped, and the loss on sentences.

use burn::tensor::{Device, Tensor};
use recurra_cells::{LayerMasks, NetworkInput, NetworkState, RecurrentCell, SeededRng};

use super::{SpelledRows, WordTagger, WordTaggerBatch};
use crate::regularize::{dropped, layer_masks, some_mask, words_dropped};
use crate::{DropoutRates, Pass, Regularization, SequenceModel, WindowLoss};

/// What a [`WordTagger`] makes of sentences.
#[derive(Clone, Debug)]
pub struct WordTaggerPass<S> {
    /// `[B, T, V]`; the emissions of a field, where there is one.
    pub logits: Tensor<3>,
    /// What a loss is to be added to in training, `[1]`, if anything.
    pub penalty: Option<Tensor<1>>,
    /// The state in which the network over the words ends each sentence.
    pub state: NetworkState<S>,
}

/// The masks of one batch (variational dropout; Gal and Ghahramani 2016).
#[derive(Default)]
struct Masks {
    /// Of the network over characters, a row for each spelling.
    characters: Option<Vec<LayerMasks>>,
    /// Of the network over words.
    layers: Option<Vec<LayerMasks>>,
    /// Multiplies what the output layer reads, `[B, W]`.
    output: Option<Tensor<2>>,
    /// Multiplies the vector of each word, `[vocabulary_size, 1]`.
    words: Option<Tensor<2>>,
}

impl<C: RecurrentCell> WordTagger<C> {
    /// The logits of sentences, as they are judged or as they are trained, for a loss of your own.
    ///
    /// What is dropped in training is the same at all words of a sentence, and at all characters of a spelling wherever that
    /// stands. Each rate is that of both networks, but `output`, which is dropped from what the output layer reads, and `words`:
    /// a word whose vector is dropped, in every sentence of the batch, is left with its spelling.
    ///
    /// # Panics
    ///
    /// If a word is not below the vocabulary's size, or a character not below their number.
    pub fn pass(&self, rows: &SpelledRows, pass: Pass<'_>) -> WordTaggerPass<C::State> {
        let (masks, regularization) = match pass {
            Pass::Evaluation => (Masks::default(), &Regularization::NONE),
            Pass::Training {
                regularization,
                rng,
            } => {
                let masks = self.sample_masks(rows, &regularization.dropout, rng);
                (masks, regularization)
            }
        };
        let (device, lengths) = (self.device(), rows.lengths());
        rows.words().assert_below(self.vocabulary_size());
        let tokens = rows.words().tokens(&device);
        let [batch, steps] = tokens.dims();
        let words = self.word_embedding.forward(tokens.clone());
        let words = words_dropped(words, tokens, masks.words);
        let spelled = self.spell_masked(rows.spellings(), masks.characters);
        let [_, width] = spelled.dims();
        let places = rows.places(&device).reshape([batch * steps]);
        let spelled = spelled.select(0, places).reshape([batch, steps, width]);
        let input = NetworkInput::new(Tensor::cat(vec![words, spelled], 2))
            .with_lengths(lengths.clone())
            .with_masks(masks.layers);
        let output = self.network.forward(input);
        let read = dropped(output.outputs.clone(), masks.output);
        WordTaggerPass {
            logits: self.output.forward(read.clone()),
            penalty: regularization.penalty(read, output.outputs, Some(lengths)),
            state: output.state,
        }
    }

    /// A probability of 0 gives no mask and draws nothing.
    fn sample_masks(&self, rows: &SpelledRows, rates: &DropoutRates, rng: &mut SeededRng) -> Masks {
        let (device, dtype) = (self.device(), self.output.weight.dtype());
        let (options, batch) = ((&device, dtype), rows.batch_size());
        let spellings = rows.spellings().batch_size();
        let characters = layer_masks(&self.character_network, spellings, rates, options, rng);
        let layers = layer_masks(&self.network, batch, rates, options, rng);
        let mut mask = |shape, rate| some_mask(shape, rate, options, rng);
        Masks {
            characters: Some(characters),
            layers: Some(layers),
            output: mask([batch, self.network.output_size()], rates.output),
            words: mask([self.vocabulary_size(), 1], rates.words),
        }
    }
}

/// Each row is a whole sentence: a batch does not continue the one before, and starts from the network's initial state
/// whatever that has left. Batches may have any number of rows.
impl<C: RecurrentCell> SequenceModel for WordTagger<C> {
    type Window = WordTaggerBatch;
    type State = C::State;

    fn device(&self) -> Device {
        self.device()
    }

    fn initial_state(&self, batch_size: usize) -> NetworkState<C::State> {
        self.network.initial_state(batch_size, &self.device())
    }

    fn window_loss(
        &self,
        batch: &WordTaggerBatch,
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

    fn assert_fits(&self, batch: &WordTaggerBatch) {
        batch.assert_labels_below(self.classes());
    }
}
