//! A label for every word of a sentence, by the word and by how it is spelled.
//!
//! ```text
//! s        = [final h of each direction of character_network(character_embedding(spelling))]
//! x_t      = [word_embedding(word_t); s of the spelling of word_t]
//! logits_t = W_out network(x)_t + b_out
//! labels   = softmax of each logits_t, or a linear-chain field over all of them
//! ```

mod batch;
mod config;
mod training;

pub use batch::{SpelledRows, SpelledWord, WordTaggerBatch};
pub use config::{TagDecoder, WordTaggerConfig};
pub use training::WordTaggerPass;

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Device, Int, Tensor};
use recurra_cells::{LayerMasks, Lengths, NetworkInput, Recurrent, RecurrentCell};

use super::crf::LinearChainCrf;
use super::cross_entropy::cross_entropy;
use super::pooling::final_hidden;
use super::tagger::likeliest;
use super::valid_steps::valid_steps;
use crate::{Pass, TokenRows};

/// Word embeddings beside what a network over their characters ends with, a network over the words, and an output layer over
/// the labels of each word (Plank et al. 2016), with a field over chains of labels or without (Lample et al. 2016; Ma and Hovy
/// 2016, whose characters are read by convolutions).
///
/// Shape letters beside the crate's: `N` distinct spellings of a batch, `L` characters, `I` the width of a word with its
/// spelling, `W` the width of the network's outputs.
///
/// ```
/// use burn::tensor::Device;
/// use recurra_cells::{Direction, LstmConfig, RecurrentConfig, SeededRng};
/// use recurra_train::{SpelledRows, SpelledWord, TagDecoder, WordTaggerConfig};
///
/// let device = Device::default();
/// let both = |size| RecurrentConfig::new(LstmConfig::new(size)).with_direction(Direction::Both);
/// let mut config = WordTaggerConfig::new([100, 8], [30, 4], [both(5), both(12)], 3);
/// config.decoder = TagDecoder::Crf;
/// let model = config.init(&device, &mut SeededRng::new(1));
///
/// let word = |word, characters: &[u32]| SpelledWord { word, characters: characters.to_vec() };
/// let rows = SpelledRows::new(&[vec![word(17, &[3, 8]), word(0, &[3, 3, 9])], vec![word(2, &[1])]]);
/// let labels = model.predict(&rows);
/// assert_eq!((labels[0].len(), labels[1].len()), (2, 1));
/// ```
#[derive(Module, Debug)]
pub struct WordTagger<C: RecurrentCell> {
    /// Weight `[vocabulary_size, E]`; training may start from given vectors.
    pub word_embedding: Embedding,
    /// Weight `[characters, Ec]`.
    pub character_embedding: Embedding,
    /// Reads each distinct spelling of a batch once; runs in any direction.
    pub character_network: Recurrent<C>,
    /// Reads words `[B, T, I]`; runs in any direction.
    pub network: Recurrent<C>,
    /// Weight `[W, V]`, bias `[V]`.
    pub output: Linear,
    /// The field over chains of labels; none where each step has a softmax of its own.
    pub crf: Option<LinearChainCrf>,
}

impl<C: RecurrentCell> WordTagger<C> {
    /// How many words there are.
    pub fn vocabulary_size(&self) -> usize {
        self.word_embedding.weight.dims()[0]
    }

    /// How many characters there are.
    pub fn characters(&self) -> usize {
        self.character_embedding.weight.dims()[0]
    }

    /// `V`, how many labels there are.
    pub fn classes(&self) -> usize {
        self.output.weight.dims()[1]
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.output.weight.device()
    }

    /// What the final states of the character network say of `N` spellings: `[N, Hc]`, or `[N, 2*Hc]` for both directions.
    /// A spelling without a character is that of the initial state.
    ///
    /// # Panics
    ///
    /// If a character is not below their number.
    pub fn spell(&self, spellings: &TokenRows) -> Tensor<2> {
        self.spell_masked(spellings, None)
    }

    fn spell_masked(&self, spellings: &TokenRows, masks: Option<Vec<LayerMasks>>) -> Tensor<2> {
        spellings.assert_below(self.characters());
        let characters = spellings.tokens(&self.device());
        let input = NetworkInput::new(self.character_embedding.forward(characters))
            .with_lengths(spellings.lengths().clone())
            .with_masks(masks);
        final_hidden(&self.character_network.forward(input).state)
    }

    /// The mean loss of `logits [B, T, V]` against `labels [B, T]` over the valid words, in nats per word: `[1]`. It is the
    /// cross-entropy, or with a field the negative log-probability of the labels of a whole row.
    ///
    /// Any number may stand in the labels' padding.
    ///
    /// # Panics
    ///
    /// If no word is valid, or the shapes do not fit each other. A valid word's label must be below `V`: the CPU devices panic
    /// on another, a GPU reads anything.
    pub fn loss(
        &self,
        logits: Tensor<3>,
        labels: Tensor<2, Int>,
        lengths: impl Into<Option<Lengths>>,
    ) -> Tensor<1> {
        match &self.crf {
            Some(crf) => crf.loss(logits, labels, lengths),
            None => {
                let (logits, labels) = valid_steps(logits, labels, lengths.into());
                cross_entropy(logits, labels)
            }
        }
    }

    /// The likeliest labels of `logits [B, T, V]`, those of each word or with a field those of each row: a list for each row,
    /// as long as the row.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit the logits.
    pub fn decode(&self, logits: Tensor<3>, lengths: impl Into<Option<Lengths>>) -> Vec<Vec<u32>> {
        match &self.crf {
            Some(crf) => crf.decode(logits, lengths),
            None => likeliest(logits, lengths.into()),
        }
    }

    /// The likeliest labels of sentences: [`decode`](Self::decode) of what a pass that drops nothing makes of them. Call it on
    /// a [`Module::valid`] model, so that no gradients are tracked.
    ///
    /// # Panics
    ///
    /// If a word is not below the vocabulary's size, or a character not below their number.
    pub fn predict(&self, rows: &SpelledRows) -> Vec<Vec<u32>> {
        let logits = self.pass(rows, Pass::Evaluation).logits;
        self.decode(logits, rows.lengths().clone())
    }
}
