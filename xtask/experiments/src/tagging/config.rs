//! The settings of the experiment, and where they start from.

use recurra_cells::kernel::Path;
use recurra_datasets::tagged::TagKind;
use recurra_train::{Course, DropoutRates, TagDecoder};
use serde::{Deserialize, Serialize};

use crate::cells::CellChoice;
use crate::comparison::cells_config;
use crate::error::Error;
use crate::settings::{Settings, check};
use crate::training::Recipe;

/// All settings. Each can stand in the file of `--config` and be given by `--set KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The cell, or all four.
    pub cell: CellChoice,
    /// How the cells run over a sequence: as one operation where they can, or one step at a time.
    pub path: Path,
    /// `E`, the width of a word's vector, at least 1.
    pub embedding_size: usize,
    /// The deviation of the vectors that are drawn, above 0 and finite.
    pub embedding_std: f64,
    /// A file of word vectors, as GloVe has them, that embeddings start from; they may be narrower. Empty for none.
    pub vectors: String,
    /// How often a word must stand in the training part to have a vector of its own, at least 1. With 2, whatever stands there
    /// once teaches what an unknown word is.
    pub min_count: usize,
    /// `Ec`, the width of a character's vector, at least 1.
    pub character_embedding_size: usize,
    /// `H` of an LSTM over the characters in each direction, at least 1; other cells have as many parameters.
    pub character_hidden_size: usize,
    /// `H` of an LSTM over the words in each direction, at least 1; other cells have as many parameters.
    pub hidden_size: usize,
    /// `L` over the words, at least 1.
    pub num_layers: usize,
    /// How tags come from logits.
    pub decoder: Decoder,
    /// How many sentences the generated corpus that stands in for `--data` has to learn from, at least 1.
    pub generated_sentences: usize,
    /// How the sentences are learned.
    pub training: Recipe,
}

/// How tags come from logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decoder {
    /// All together where they are entities, each by itself where they are not.
    Auto,
    /// Each by itself.
    Softmax,
    /// All together, with a linear-chain conditional random field.
    Crf,
}

impl Decoder {
    /// What that is for tags of this kind.
    pub fn of(self, kind: TagKind) -> TagDecoder {
        match (self, kind) {
            (Self::Softmax, _) | (Self::Auto, TagKind::PartsOfSpeech) => TagDecoder::Softmax,
            (Self::Crf, _) | (Self::Auto, TagKind::Entities) => TagDecoder::Crf,
        }
    }
}

impl Config {
    /// A Bi-LSTM over words and over their characters (Plank et al. 2016).
    pub fn full() -> Self {
        Self {
            cell: CellChoice::Lstm,
            path: Path::Fused,
            embedding_size: 100,
            embedding_std: 0.3,
            vectors: String::new(),
            min_count: 2,
            character_embedding_size: 32,
            character_hidden_size: 64,
            hidden_size: 128,
            num_layers: 1,
            decoder: Decoder::Auto,
            generated_sentences: 2000,
            training: Recipe {
                epochs: 10,
                updates: 0,
                batch_size: 32,
                validations: 1,
                learning_rate: 3e-3,
                schedule: Course::Cosine,
                max_norm: 1.0,
                dropout: DropoutRates {
                    words: 0.1,
                    input: 0.3,
                    output: 0.4,
                    ..DropoutRates::NONE
                },
            },
        }
    }

    /// A run of less than two minutes on two cores.
    pub fn quick() -> Self {
        let full = Self::full();
        Self {
            embedding_size: 64,
            character_embedding_size: 16,
            character_hidden_size: 24,
            hidden_size: 48,
            training: Recipe {
                epochs: 1,
                learning_rate: 1e-2,
                ..full.training
            },
            ..full
        }
    }
}

cells_config!(Config);

impl Settings for Config {
    fn validate(&self) -> Result<(), Error> {
        for (key, size) in [
            ("embedding_size", self.embedding_size),
            ("min_count", self.min_count),
            ("character_embedding_size", self.character_embedding_size),
            ("character_hidden_size", self.character_hidden_size),
            ("hidden_size", self.hidden_size),
            ("num_layers", self.num_layers),
            ("generated_sentences", self.generated_sentences),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        let (std, expected) = (self.embedding_std, "above 0 and finite");
        check("embedding_std", expected, std, |std| {
            std > 0.0 && std.is_finite()
        })?;
        self.training.validate()
    }

    fn shorten(&mut self) {
        self.training.updates = 100;
    }
}
