//! What an encoder's `config.json` says of it, as far as it decides what is computed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use recurra_cells::SeededRng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kind::refuse_others;
use super::{Encoder, EncoderClassifier, HiddenAct, Pooling, head, parameters::Drawn};
use crate::Error;
use burn::tensor::Device;

/// How a family of encoders counts positions and names its tensors. MiniLM has BERT's layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Devlin et al. (2019): positions from 0.
    Bert,
    /// Liu et al. (2019): positions from one after the padding's id.
    Roberta,
}

/// Configuration of an [`Encoder`], by the names of Hugging Face's `config.json`. What else stands in such a file is ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncoderConfig {
    /// The family.
    #[serde(rename = "model_type")]
    pub layout: Layout,
    /// How many tokens there are, at least 1.
    pub vocab_size: usize,
    /// `W`, a multiple of the number of heads.
    pub hidden_size: usize,
    /// `L`, at least 1.
    pub num_hidden_layers: usize,
    /// Into how many parts attention cuts `W`, at least 1.
    pub num_attention_heads: usize,
    /// The width of the feed-forward layers, at least 1.
    pub intermediate_size: usize,
    /// The feed-forward layers' nonlinearity. Default: [`HiddenAct::Gelu`].
    #[serde(default)]
    pub hidden_act: HiddenAct,
    /// The rows of the table of positions; see [`max_length`](Self::max_length). Default: 512.
    #[serde(default = "positions")]
    pub max_position_embeddings: usize,
    /// The rows of the table of token types, of which the first is used. Default: 2.
    #[serde(default = "token_types")]
    pub type_vocab_size: usize,
    /// What the layer norms add to the variance. Default: 1e-12.
    #[serde(default = "eps")]
    pub layer_norm_eps: f64,
    /// How probable it is in training that a unit is dropped, in `[0, 1)`. Default: 0.1.
    #[serde(default = "dropout")]
    pub hidden_dropout_prob: f64,
    /// The same for attention's weights. Default: 0.1.
    #[serde(default = "dropout")]
    pub attention_probs_dropout_prob: f64,
    /// The same for what the classifier reads. Default: `hidden_dropout_prob`.
    #[serde(default)]
    pub classifier_dropout: Option<f64>,
    /// The token of padding. Default: 0 for BERT, 1 for RoBERTa.
    #[serde(default)]
    pub pad_token_id: Option<usize>,
    /// The standard deviation of weights that are drawn. Default: 0.02.
    #[serde(default = "initializer_range")]
    pub initializer_range: f64,
    /// What the classifier reads, where there is one. Default: [`Pooling::First`], which is all that `transformers` knows.
    #[serde(default)]
    pub classifier_pooling: Pooling,
    /// The classes' names, where there is a classifier.
    #[serde(default)]
    pub id2label: BTreeMap<usize, String>,
}

impl EncoderConfig {
    /// A BERT of this size with feed-forward layers of `4 * hidden_size`.
    pub fn new(
        vocab_size: usize,
        hidden_size: usize,
        num_hidden_layers: usize,
        num_attention_heads: usize,
    ) -> Self {
        Self {
            layout: Layout::Bert,
            vocab_size,
            hidden_size,
            num_hidden_layers,
            num_attention_heads,
            intermediate_size: 4 * hidden_size,
            hidden_act: HiddenAct::default(),
            max_position_embeddings: positions(),
            type_vocab_size: token_types(),
            layer_norm_eps: eps(),
            hidden_dropout_prob: dropout(),
            attention_probs_dropout_prob: dropout(),
            classifier_dropout: None,
            pad_token_id: None,
            initializer_range: initializer_range(),
            classifier_pooling: Pooling::default(),
            id2label: BTreeMap::new(),
        }
    }

    /// Reads a `config.json`.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Unsupported`] for another kind of network, [`Error::InvalidFile`] if a field is missing or
    /// out of its range.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let json = fs::read(path).map_err(|cause| Error::read(path, cause))?;
        let invalid =
            |cause: String| Error::invalid_file(path, "an encoder's configuration", cause);
        let value: Value =
            serde_json::from_slice(&json).map_err(|cause| invalid(cause.to_string()))?;
        refuse_others(path, &value)?;
        let config: Self =
            serde_json::from_value(value).map_err(|cause| invalid(cause.to_string()))?;
        config
            .validate()
            .map_err(|error| invalid(error.to_string()))?;
        Ok(config)
    }

    /// Says which field is out of its range, if one is.
    ///
    /// # Errors
    /// [`Error::Config`] with the field.
    pub fn validate(&self) -> Result<(), Error> {
        for (field, size) in [
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("type_vocab_size", self.type_vocab_size),
        ] {
            at_least(field, 1, size)?;
        }
        at_least("vocab_size", self.padding_id() + 1, self.vocab_size)?;
        // Two tokens stand at the ends of every text.
        let positions = self.first_position() + 2;
        at_least(
            "max_position_embeddings",
            positions,
            self.max_position_embeddings,
        )?;
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let expected = format!(
                "a multiple of num_attention_heads {}",
                self.num_attention_heads
            );
            return Err(Error::config("hidden_size", expected, self.hidden_size));
        }
        for (field, probability) in [
            ("hidden_dropout_prob", self.hidden_dropout_prob),
            (
                "attention_probs_dropout_prob",
                self.attention_probs_dropout_prob,
            ),
            ("classifier_dropout", self.classifier_dropout()),
        ] {
            if !(0.0..1.0).contains(&probability) {
                return Err(Error::config(field, "in [0, 1)", probability));
            }
        }
        Ok(())
    }

    /// An encoder with weights drawn from `rng`: `N(0, initializer_range^2)`, zero biases, and layer norms that change
    /// nothing.
    ///
    /// # Panics
    /// If [`validate`](Self::validate) reports an error.
    pub fn init(&self, device: &Device, rng: &mut SeededRng) -> Encoder {
        self.assert_valid();
        let mut drawn = Drawn::new(self.initializer_range, device, rng);
        Encoder::build(self, &mut drawn).expect("draws have every name and shape")
    }

    /// An encoder as [`init`](Self::init) draws it, below a classifier drawn likewise. It has a class for each of
    /// [`id2label`](Self::id2label).
    ///
    /// # Panics
    /// If [`validate`](Self::validate) reports an error, or there is no class.
    pub fn init_classifier(
        &self,
        pooling: Pooling,
        device: &Device,
        rng: &mut SeededRng,
    ) -> EncoderClassifier {
        let encoder = self.init(device, rng);
        let mut drawn = Drawn::new(self.initializer_range, device, rng);
        head::build(encoder, pooling, self.classes(), None, &mut drawn)
            .expect("draws have every name and shape")
    }

    /// The same with classes of these names.
    #[must_use]
    pub fn with_classes<S: Into<String>>(mut self, classes: impl IntoIterator<Item = S>) -> Self {
        self.id2label = classes.into_iter().map(Into::into).enumerate().collect();
        self
    }

    /// The classes' names in the order of the logits; empty where there is no classifier.
    pub fn classes(&self) -> Vec<String> {
        self.id2label.values().cloned().collect()
    }

    /// The token of padding.
    pub fn padding_id(&self) -> usize {
        self.pad_token_id.unwrap_or(match self.layout {
            Layout::Bert => 0,
            Layout::Roberta => 1,
        })
    }

    /// The most tokens that a text may have, those at its ends included.
    pub fn max_length(&self) -> usize {
        self.max_position_embeddings - self.first_position()
    }

    /// How probable it is in training that a unit is dropped which the classifier reads.
    pub fn classifier_dropout(&self) -> f64 {
        self.classifier_dropout.unwrap_or(self.hidden_dropout_prob)
    }

    /// The position of a text's first token.
    pub(super) fn first_position(&self) -> usize {
        match self.layout {
            Layout::Bert => 0,
            Layout::Roberta => self.padding_id() + 1,
        }
    }

    fn assert_valid(&self) {
        if let Err(error) = self.validate() {
            panic!("{error}");
        }
    }
}

fn at_least(field: &'static str, least: usize, got: usize) -> Result<(), Error> {
    match got < least {
        true => Err(Error::config(field, format!("at least {least}"), got)),
        false => Ok(()),
    }
}

fn positions() -> usize {
    512
}

fn token_types() -> usize {
    2
}

fn eps() -> f64 {
    1e-12
}

fn dropout() -> f64 {
    0.1
}

fn initializer_range() -> f64 {
    0.02
}
