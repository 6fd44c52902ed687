//! What a [`WordTagger`] is built from.

use burn::tensor::Device;
use recurra_cells::{CellConfig, RecurrentConfig, SeededRng};
use serde::{Deserialize, Serialize};

use super::super::crf::LinearChainCrf;
use super::super::pooling::final_width;
use super::super::weights::{embedding, linear};
use super::WordTagger;
use crate::Error;

/// How the labels of a sentence come from the logits of its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagDecoder {
    /// Each by itself, with a softmax over the labels of a word.
    #[default]
    Softmax,
    /// All together, with a [`LinearChainCrf`].
    Crf,
}

/// Configuration of a [`WordTagger`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordTaggerConfig<C> {
    /// How many words there are, at least 1.
    pub vocabulary_size: usize,
    /// `E`, the width of a word's vector, at least 1.
    pub embedding_size: usize,
    /// How many characters there are, at least 1.
    pub characters: usize,
    /// `Ec`, the width of a character's vector, at least 1.
    pub character_embedding_size: usize,
    /// The network over the characters of a word, in any direction.
    pub character_network: RecurrentConfig<C>,
    /// The network over the words of a sentence, in any direction.
    pub network: RecurrentConfig<C>,
    /// `V`, how many labels there are, at least 1.
    pub classes: usize,
    /// How labels come from logits. Default: each by itself.
    #[serde(default)]
    pub decoder: TagDecoder,
}

impl<C: CellConfig> WordTaggerConfig<C> {
    /// A tagger with `[how many, width]` of the words and of the characters, the networks over `[characters, words]`, and a
    /// softmax over `classes` labels.
    pub fn new(
        [vocabulary_size, embedding_size]: [usize; 2],
        [characters, character_embedding_size]: [usize; 2],
        [character_network, network]: [RecurrentConfig<C>; 2],
        classes: usize,
    ) -> Self {
        Self {
            vocabulary_size,
            embedding_size,
            characters,
            character_embedding_size,
            character_network,
            network,
            classes,
            decoder: TagDecoder::default(),
        }
    }

    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the field, or [`Error::Cells`] with one of a network's.
    pub fn validate(&self) -> Result<(), Error> {
        self.character_network.validate()?;
        self.network.validate()?;
        for (field, size) in [
            ("vocabulary_size", self.vocabulary_size),
            ("embedding_size", self.embedding_size),
            ("characters", self.characters),
            ("character_embedding_size", self.character_embedding_size),
            ("classes", self.classes),
        ] {
            if size == 0 {
                return Err(Error::config(field, "at least 1", size));
            }
        }
        Ok(())
    }

    /// Builds the model with weights drawn from `rng`: standard normal embeddings, the networks' own weights, and an output
    /// layer `[W, V]`, `U(-1/sqrt(W), 1/sqrt(W))`, with a zero bias. A field begins with scores of zero.
    ///
    /// # Panics
    ///
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> WordTagger<C::Cell> {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
        let word_embedding = embedding([self.vocabulary_size, self.embedding_size], device, rng);
        let shape = [self.characters, self.character_embedding_size];
        let character_embedding = embedding(shape, device, rng);
        let width = self.character_embedding_size;
        let character_network = self.character_network.init(width, device, rng);
        let width = self.embedding_size + final_width(&character_network);
        let network = self.network.init(width, device, rng);
        let crf = match self.decoder {
            TagDecoder::Softmax => None,
            TagDecoder::Crf => Some(LinearChainCrf::new(self.classes, device)),
        };
        WordTagger {
            word_embedding,
            character_embedding,
            character_network,
            output: linear([network.output_size(), self.classes], device, rng),
            network,
            crf,
        }
    }
}
