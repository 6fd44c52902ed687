//! The settings of the experiment, and where they start from.

use recurra_cells::kernel::Path;
use recurra_train::{Course, DropoutRates};
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
    /// How many subwords each language has, at most; at least 100.
    pub subwords: usize,
    /// `E`, at least 1.
    pub embedding_size: usize,
    /// The standard deviation of the source's embeddings when training begins, above 0 and finite: where it is large, subwords that
    /// are rare stay what was drawn.
    pub embedding_std: f64,
    /// Whether the target's embeddings are the output layer's weight as well.
    pub tie_embeddings: bool,
    /// `H` of an LSTM that reads in each direction, and of the ones that write; at least 1. Other cells have as many parameters.
    pub hidden_size: usize,
    /// `A` of an additive attention (Bahdanau et al. 2015); 0 for the general score of Luong et al. (2015).
    pub attention_size: usize,
    /// Whether what the attention gave at a step is read at the next (Luong et al. 2015); steps are then computed one by one.
    pub input_feeding: bool,
    /// How many layers write above the attention, beside the one below it.
    pub upper_layers: usize,
    /// The share of a token to predict that is spread over all, in [0, 1).
    pub label_smoothing: f64,
    /// How many hypotheses the search for a translation of the test part continues at a time, at least 1; 1 is greedy, as in
    /// validation.
    pub beam: usize,
    /// How strongly it prefers long ones, finite and at least 0 (`alpha` of Wu et al. 2016).
    pub length_penalty: f64,
    /// The most subwords of a translation, at least 1.
    pub longest: usize,
    /// How many pairs there are to learn from, at most; 0 for all.
    pub pairs: usize,
    /// How many pairs choose the model and test it, each, at most; 0 for all.
    pub judged: usize,
    /// How many pairs the generated language that stands in for `--data` has to learn from, at least 1.
    pub generated_pairs: usize,
    /// How the pairs are learned.
    pub training: Recipe,
}

impl Config {
    /// About the sizes of Caglayan et al. (2017), text only.
    pub fn full() -> Self {
        Self {
            cell: CellChoice::Gru,
            path: Path::Fused,
            subwords: 5000,
            embedding_size: 256,
            embedding_std: 0.1,
            tie_embeddings: true,
            hidden_size: 256,
            attention_size: 256,
            input_feeding: false,
            upper_layers: 0,
            label_smoothing: 0.1,
            beam: 5,
            length_penalty: 1.0,
            longest: 60,
            pairs: 0,
            judged: 0,
            generated_pairs: 4000,
            training: Recipe {
                epochs: 14,
                updates: 0,
                batch_size: 64,
                validations: 1,
                learning_rate: 1e-3,
                schedule: Course::Cosine,
                max_norm: 1.0,
                dropout: DropoutRates {
                    input: 0.3,
                    between: 0.3,
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
            subwords: 1000,
            embedding_size: 96,
            // It learns faster so, and not as far.
            embedding_std: 1.0,
            tie_embeddings: false,
            hidden_size: 96,
            attention_size: 0,
            beam: 1,
            longest: 40,
            pairs: 8000,
            judged: 200,
            training: Recipe {
                epochs: 3,
                learning_rate: 8e-3,
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
            ("hidden_size", self.hidden_size),
            ("beam", self.beam),
            ("longest", self.longest),
            ("generated_pairs", self.generated_pairs),
        ] {
            check(key, "at least 1", size as f64, |size| size >= 1.0)?;
        }
        let subwords = self.subwords as f64;
        check("subwords", "at least 100", subwords, |it| it >= 100.0)?;
        let (std, expected) = (self.embedding_std, "above 0 and finite");
        check("embedding_std", expected, std, |std| {
            std > 0.0 && std.is_finite()
        })?;
        let smoothing = self.label_smoothing;
        check("label_smoothing", "in [0, 1)", smoothing, |it| {
            (0.0..1.0).contains(&it)
        })?;
        let penalty = self.length_penalty;
        check("length_penalty", "finite and at least 0", penalty, |it| {
            it >= 0.0 && it.is_finite()
        })?;
        self.training.validate()
    }

    fn shorten(&mut self) {
        self.training.updates = 100;
    }
}
